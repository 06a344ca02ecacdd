"""Contracts of one underlying as one line: minis, micros and look-alikes under the contract people mean. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def folded(
    markets: Iterable[tuple[str, str]], apart: Collection[str] = ()
) -> dict[str, tuple[str, ...]]:
    """Of markets and their main contracts by code: every market with a line of its own, in order, and its siblings.

    A market folds where its main contract is among the markets too; those of `apart` never do.
    """
    mains = dict(markets)
    under = {
        code: main if main in mains and code not in apart else code for code, main in mains.items()
    }
    lines: dict[str, list[str]] = {code: [] for code in mains if under[code] == code}
    for code, main in under.items():
        if main != code:
            lines[main].append(code)
    return {code: tuple(siblings) for code, siblings in lines.items()}
