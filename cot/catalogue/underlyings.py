"""Which contracts stand for the same thing, which of them people mean, and the markets everybody looks at first. Pure.

`data/underlyings.csv` has a line a contract of a family: the **main** one, which traders mean by the name, a **mini**
or **micro** one of a smaller size, the **consolidated** one that the CFTC adds up from the others, and every other, a
**look-alike**: of another exchange, settled otherwise, without an end, older or larger. The main contract is not the
one with most contracts: of small ones there are more. `data/majors.txt` has the majors, a line a group.
"""

from __future__ import annotations

from functools import cache
from typing import Final, Literal, cast, get_args

from cot.catalogue.shipped import lines, words

Kind = Literal["main", "mini", "micro", "consolidated", "look-alike"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)


@cache
def majors() -> tuple[str, ...]:
    """The codes of the majors in their fixed order."""
    return words("majors.txt")


def main_code(code: str) -> str:
    """The main contract of a market's family; the market itself where it is that, or has no family."""
    return _mains().get(code, code)


def kind(code: str) -> Kind:
    """What a contract is in its family; one without a family is its own main contract."""
    return _kinds().get(code, "main")


@cache
def _kinds() -> dict[str, Kind]:
    return {row["code"]: cast("Kind", row["kind"]) for row in lines("underlyings.csv")}


@cache
def _mains() -> dict[str, str]:
    rows = lines("underlyings.csv")
    mains = {row["underlying"]: row["code"] for row in rows if row["kind"] == "main"}
    return {row["code"]: mains[row["underlying"]] for row in rows}
