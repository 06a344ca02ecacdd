"""Contract codes as people type them. Pure."""

from __future__ import annotations

import re
from typing import Final

from cot.catalogue.folding import usual

WIDTH: Final = 6
_FIVE: Final = re.compile(r"\d{5}", re.ASCII)
_SHORT: Final = re.compile(r"\d[\dA-Z]{2,4}", re.ASCII)


def typed(text: str) -> list[str]:
    """The codes a text may mean, the likeliest first: in usual capitals, without blanks, with lost zeros in front.

    Five digits may also be a consolidated code; a blank behind them is its plus sign, as a query reads it.
    """
    code = usual(text).strip().upper()
    whole = code.zfill(WIDTH)
    if not (code.isascii() and code.isdigit()):
        return [code, whole] if _SHORT.fullmatch(code) else [code]
    if not _FIVE.fullmatch(code):
        return [whole]
    return [f"{code}+", whole] if text[-1:].isspace() else [whole, f"{code}+"]
