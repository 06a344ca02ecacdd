"""Which of the six variants a loose file is, told by its header and content (`--file`). Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from cot.pipeline import columns
from cot.pipeline.parsing import split_header, split_line
from cot.pipeline.report_table import Rejection
from cot.variants import REPORTS, Report, Variant

# The supplemental report: legacy groups without the index traders, who are a group of their own.
_INDEX_TRADERS: Final = "cit_positions_long_all"
_SUPPLEMENTAL_WIDTH: Final = 54
_SUPPLEMENTAL_ADVICE: Final = "the supplemental report of index traders is not read"
_COMBINED_LEGACY: Final = ("deahistfo", "deacom", "annualof")
_FUTURES_LEGACY: Final = ("deacot", "deafut", "annual")


def recognise(text: bytes, names: Sequence[str], candidates: Sequence[Variant]) -> Variant:
    """The variant among `candidates` this text is a report of; `names` are file and member name, for legacy only.

    Legacy texts do not say whether options are in them: there the official file name decides, or the caller must.
    """
    report = _report(text)
    fitting = [variant for variant in candidates if variant.report == report]
    if len(fitting) > 1:
        subtype = _printed_subtype(text, report)
        if report.type == "legacy" and not subtype:
            subtype = _legacy_subtype(names)
        fitting = [variant for variant in fitting if variant.subtype == subtype]
    if not fitting:
        raise Rejection("wrong_variant", found=report.type)
    return fitting[0]


def _report(text: bytes) -> Report:
    header, _ = split_header(text)
    if header is None:
        width = len(_first_row(text))
        if width == _SUPPLEMENTAL_WIDTH:
            raise Rejection("supplemental", advice=_SUPPLEMENTAL_ADVICE)
        found = [report for report in REPORTS.values() if report.width == width]
        if not found:
            raise Rejection("unknown_header", columns=width)
        return found[0]
    if _INDEX_TRADERS in header:
        raise Rejection("supplemental", advice=_SUPPLEMENTAL_ADVICE)
    for report in REPORTS.values():
        if f"{report.groups[0].stem}_positions_long_all" in header:
            return report
    raise Rejection("unknown_header", columns=len(header))


def _first_row(text: bytes) -> list[str]:
    line = text[:10_000].lstrip().split(b"\n", 1)[0].decode("utf-8", errors="replace")
    return split_line(line)


def _printed_subtype(text: bytes, report: Report) -> str:
    header, start = split_header(text)
    names = header or list(columns.official(report))
    if columns.SUBTYPE not in names:
        return ""
    place = names.index(columns.SUBTYPE)
    row = _first_row(text[start : start + 10_000])
    printed = row[place].strip().lower() if place < len(row) else ""
    return {"futonly": "fo", "combined": "co"}.get(printed, "")


def _legacy_subtype(names: Sequence[str]) -> str:
    stems = [name.rsplit("/", 1)[-1].lower() for name in names]
    for subtype, prefixes in (("co", _COMBINED_LEGACY), ("fo", _FUTURES_LEGACY)):
        if any(stem.startswith(prefixes) for stem in stems):
            return subtype
    raise Rejection("wrong_variant", found="legacy", advice="say --type legacy --subtype fo or co")
