"""Parts of a page that lists rows: choices as links, fields of its form, heads that sort."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from core.pages.addresses import Address
from core.query import Control, OneOf, Parameter, Query
from core.words import Words


@dataclass(frozen=True, slots=True)
class Option:
    """A link that chooses something."""

    label: Words
    href: str
    current: bool
    title: Words = ""
    count: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few."""

    label: Words
    options: list[Option]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of the form, for `components/query_field.html`. `options` are those of a select, without links."""

    name: str
    kind: str
    label: Words
    hint: Words
    value: Any
    options: list[tuple[str, Words]]


class Cell(NamedTuple):
    """A cell of a long table, for `components/cells.html`: words, classes, heat of 0 to 16, why it says what it says.

    `mark` names a template that draws the cell where it is more than words; `value` and `end` are what that needs.
    A tuple, which the template unpacks, and the heat as text: looking attributes up and formatting a number for the
    language would cost more than all the rest of the cell, and there are ten thousand.
    """

    text: str = ""
    css: str = ""
    title: str = ""
    heat: str = ""
    mark: str = ""
    value: Any = None
    end: str = ""

    def of(self, css: str) -> Cell:
        """The same cell in a column with classes of its own."""
        return self._replace(css=f"{self.css} {css}" if self.css else css) if css else self


class Sortable(Protocol):
    """What a head needs of a column."""

    @property
    def field(self) -> str: ...
    @property
    def label(self) -> Words: ...
    @property
    def title(self) -> Words: ...
    @property
    def css(self) -> str: ...
    @property
    def sorts(self) -> bool: ...
    @property
    def guide(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Head:
    """A column's head with the link that sorts by it, the present order, and where the column is defined."""

    label: Words
    title: Words
    css: str
    href: str
    order: str
    guide: str = ""


def heads(
    columns: Iterable[Sortable], address: Address, sort: str, *, texts: Collection[str] = ()
) -> list[Head]:
    """A number sorts from the largest first, one of `texts` from A; asked again, the other way round."""
    field, order = sort.lstrip("-"), "descending" if sort.startswith("-") else "ascending"
    made = []
    for column in columns:
        current = order if column.field == field else ""
        first = column.field if column.field in texts else f"-{column.field}"
        turned = column.field if first.startswith("-") else f"-{column.field}"
        href = (
            address.to(sort=turned if current and sort == first else first) if column.sorts else ""
        )
        made.append(Head(column.label, column.title, column.css, href, current, column.guide))
    return made


def choices(query: Query, address: Address) -> list[Choice]:
    """A row of links for every parameter that is chosen by links."""
    return [
        Choice(parameter.label, list(_options(parameter, name, value, address)), name)
        for name, parameter, value in _asked_by(query, "links")
        if isinstance(parameter, OneOf)
    ]


def _options(parameter: OneOf, name: str, chosen: str, address: Address) -> Iterator[Option]:
    for value, label in parameter.labels.items():
        yield Option(
            label, address.to(**{name: value}), value == chosen, parameter.titles.get(value, "")
        )


def form_fields(query: Query) -> list[Field]:
    """Every parameter that a field of the form asks for, filled with what the query says."""
    return [
        Field(
            name, parameter.kind, parameter.label, parameter.hint, value,
            list(parameter.labels.items()) if isinstance(parameter, OneOf) else [],
        )
        for name, parameter, value in _asked_by(query, "field")
    ]  # fmt: skip


def carried(query: Query, address: Address) -> list[tuple[str, str]]:
    """What the form must carry along: all the address says that no field of the form says."""
    asked = {name for name, _parameter, _value in _asked_by(query, "field")}
    return [
        (name, value)
        for name in address.query
        if name not in asked
        for value in address.query.getlist(name)
    ]


def narrowed(query: Query) -> list[Words]:
    """In words, what leaves fewer rows than there are by default."""
    return [
        word
        for key, parameter in query.parameters().items()
        if parameter.narrows and (value := getattr(query, key)) != parameter.default
        for word in parameter.words(value)
    ]


def widest(query: Query, address: Address) -> str:
    """The address with every field of the form empty and nothing narrowed."""
    found = query.parameters().items()
    dropped = [each.name or key for key, each in found if each.narrows or each.control == "field"]
    return address.to(**dict.fromkeys(dropped))


def _asked_by(query: Query, control: Control) -> list[tuple[str, Parameter, Any]]:
    """Name in the query, parameter and value."""
    return [
        (parameter.name or key, parameter, getattr(query, key))
        for key, parameter in query.parameters().items()
        if parameter.control == control
    ]
