"""The shape of a column in the API document, made from the registry: nobody writes a field down a second time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Final

from rest_framework import serializers
from rest_framework_dataclasses.serializers import DataclassSerializer

from cot.columns import COLUMNS
from cot.columns.column import Column, Kind
from cot.selectors import crops
from cot.variants import REPORTS, VARIANTS, Group

GROUP_KEYS: Final = sorted({group.key for report in REPORTS.values() for group in report.groups})

Field = serializers.Field
Fields = dict[str, Field]


def count(**more: Any) -> serializers.IntegerField:
    """Contracts or traders; null where the CFTC gives none, or a change has nothing to compare with."""
    return serializers.IntegerField(**{"allow_null": True} | more)


def measure(**more: Any) -> serializers.FloatField:
    """A percentage, an index of 0 to 100, or standard deviations."""
    return serializers.FloatField(**{"allow_null": True} | more)


def _truth(**more: Any) -> serializers.BooleanField:
    return serializers.BooleanField(**more | {"allow_null": False})


def _counts(**more: Any) -> serializers.ListField:
    return serializers.ListField(child=serializers.IntegerField(), **more)


FIELDS: Final[Mapping[Kind, Callable[..., Field]]] = {
    "count": count,
    "measure": measure,
    "word": serializers.CharField,
    "truth": _truth,
    "day": serializers.DateField,
    "moment": serializers.DateTimeField,
    "counts": _counts,
}


class CrowdedSerializer(serializers.Serializer[Any]):
    """Display index over 52 observations with its label, which exists only for a full window."""

    value = measure()
    signal = serializers.ChoiceField(choices=["BUY", "SELL"], allow_null=True)
    full = serializers.BooleanField()


class NumbersSerializer(DataclassSerializer[Any]):
    """A dataclass whose numbers may be whole or not, and undefined."""

    def build_union_field(self, field_name: str, type_info: Any, extra_kwargs: Any) -> Any:
        return serializers.FloatField, {}

    @property
    def serializer_dataclass_field(self) -> Any:
        return NumbersSerializer


def _groups(column: Column) -> Iterator[str]:
    """The keys of the groups that have the column in some report; a fact has a place for each, empty or not."""
    every: dict[str, list[Group]] = {}
    for report in REPORTS.values():
        for group in report.groups:
            every.setdefault(group.key, []).append(group)
    yield from (
        key
        for key, groups in sorted(every.items())
        if column.fact or any(column.belongs_to(group) for group in groups)
    )


def shapes(columns: Iterable[Column], *, required: bool) -> Fields:
    """The fields of these columns. A column of a group may be absent: not every report has every group."""
    found: Fields = {}
    for column in columns:
        make = FIELDS[column.shape]
        if column.of_group:
            for key in _groups(column):
                found[column.named(key)] = make(required=False, allow_null=not column.always)
        else:
            found[column.name] = make(required=required, allow_null=not column.always)
    return found


def exported() -> Fields:
    """The same columns as a file has them: the crowded value and its label stand apart, and so do crop years."""
    plain = [column for column in COLUMNS if column.name in ("crowded_gk", "signal_gk")]
    named = {f"{key}_name": serializers.CharField(required=False) for key in GROUP_KEYS}
    harvests = {
        f"{each}_{name}": field for each in crops.CROPS for name, field in crop_year().items()
    }
    return named | weeks() | shapes(plain, required=False) | harvests


def crop_year() -> Fields:
    """The facts of one crop year, in a file null where there is no other; the groups a report lacks are left out."""
    printed = {name for each in VARIANTS.values() for name in crops.columns(each).values()}
    facts = [replace(column, always=False) for column in COLUMNS if column.fact]
    found = shapes(facts, required=False)
    return {name: field for name, field in found.items() if name in printed}


def weeks() -> Fields:
    """Every column that some value of `fields` asks for; those of another value are absent."""
    shown = [column for column in COLUMNS if column.fact or column.weeks]
    labelled = [column for column in shown if column.name in ("crowded_gk", "signal_gk")]
    found = shapes([column for column in shown if column not in labelled], required=False)
    for column in shown:
        if column.beside:
            for name in (column.named(key) for key in _groups(column)):
                found |= {
                    f"{name}_n": count(required=False, allow_null=False),
                    f"{name}_full": _truth(required=False),
                }
    return found | {
        f"crowded_{key}": CrowdedSerializer(required=False) for key in _groups(labelled[0])
    }


def dashboard_weeks() -> Fields:
    """The columns of a week of the dashboard."""
    return shapes([column for column in COLUMNS if column.dashboard], required=True)


def board(*, best: bool) -> Fields:
    """The columns of the board of one report, or (`best`) those that only the board of primary reports adds."""
    return shapes(
        [column for column in COLUMNS if column.rows == ("best" if best else "report")],
        required=True,
    )
