"""Numbers and labels on their way out: why one is missing, and the only place where anything is rounded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from core.series.windows import BoolArray, FloatArray

Number = int | float | None
CodeArray = npt.NDArray[np.int8]

# Why a number does not exist; nothing ever stands in for it. Position 0: it exists. Never stored by position.
REASONS: Final = ["", "no_data", "null_input", "window", "flat", "gap", "not_full", "sparse"]
_CODE: Final = {reason: code for code, reason in enumerate(REASONS)}


def add_reasons(*reasons: str) -> None:
    """The reasons an app has beside these; called once, where the app's own formulas stand."""
    for reason in reasons:
        if reason not in _CODE:
            _CODE[reason] = len(REASONS)
            REASONS.append(reason)


def round_half_up(values: FloatArray, digits: int) -> FloatArray:
    """HALF_UP away from zero, done once, at the border.

    A quotient whose decimal value ends in 5 may lie a hair below it in binary (37.45 as 37.449999…), so a billionth of
    the last digit is added first. A quotient of counts below 10^8 is never that near to a tie without being one.
    """
    scale = 10.0**digits
    rounded: FloatArray = np.sign(values) * np.floor(np.abs(values) * scale + 0.5 + 1e-9) / scale
    return rounded + 0.0  # no negative zero


def as_shown(value: float, digits: int) -> Number:
    """One number as it is shown: rounded, an int when it has no decimals, None when undefined."""
    if not np.isfinite(value):
        return None
    rounded = float(round_half_up(np.asarray(value), digits))
    return int(rounded) if digits == 0 else rounded


@dataclass(frozen=True, slots=True)
class Numbers:
    """Numbers at full precision, nan where undefined with the reason beside it; rounded when taken out."""

    values: FloatArray
    codes: CodeArray
    digits: int

    def rounded(self) -> FloatArray:
        """What is seen. Thresholds compare this, so that what is seen decides."""
        return round_half_up(self.values, self.digits)

    def at(self, row: int) -> Number:
        return as_shown(self.values[row], self.digits)

    def tolist(self) -> list[Number]:
        convert = int if self.digits == 0 else float
        return [convert(value) if value == value else None for value in self.rounded().tolist()]

    def reason(self, row: int) -> str | None:
        return REASONS[self.codes[row]] or None


@dataclass(frozen=True, slots=True)
class Labels:
    """Words out of a small vocabulary, 0 where there is none; a reason only where the word could not be found out."""

    places: CodeArray
    words: tuple[str | None, ...]
    codes: CodeArray

    def at(self, row: int) -> str | None:
        return self.words[int(self.places[row])]

    def tolist(self) -> list[str | None]:
        return [self.words[place] for place in self.places.tolist()]

    def reason(self, row: int) -> str | None:
        return REASONS[self.codes[row]] or None


def numbers(
    values: FloatArray,
    digits: int,
    *,
    inherited: CodeArray | None = None,
    otherwise: str = "null_input",
    **causes: BoolArray,
) -> Numbers:
    """Numbers undefined where a cause holds: the first given names the reason, then what is inherited."""
    codes = _codes(values.shape, inherited, causes)
    codes[(codes == 0) & ~np.isfinite(values)] = _CODE[otherwise]
    return Numbers(np.where(codes == 0, values, np.nan), codes, digits)


def labels(
    places: npt.NDArray[np.number],
    words: tuple[str, ...],
    *,
    inherited: CodeArray | None = None,
    **causes: BoolArray,
) -> Labels:
    """Words by their place in `words`, counted from 1; undefined where a cause holds."""
    codes = _codes(places.shape, inherited, causes)
    return Labels(np.where(codes == 0, places, 0).astype(np.int8), (None, *words), codes)


def _codes(
    shape: tuple[int, ...], inherited: CodeArray | None, causes: dict[str, BoolArray]
) -> CodeArray:
    codes = np.zeros(shape, np.int8) if inherited is None else inherited.copy()
    for reason, mask in reversed(causes.items()):
        codes[mask] = _CODE[reason]
    return codes
