"""A parameter declared once: how it is read, documented, written again and asked for by a form."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from django.http import QueryDict

from core.errors import BadRequest, Invalid, InvalidRange
from core.pages import tables
from core.pages.addresses import Address
from core.query import (
    Day,
    Flag,
    Instant,
    Names,
    OneOf,
    Query,
    Several,
    Text,
    Texts,
    Whole,
    declared,
    in_order,
)

COLOURS = {"red": "Red", "blue": "Blue"}


@dataclass(frozen=True)
class Asked(Query):
    q: str = declared(Text(label="Words", most=9))
    colour: str = declared(OneOf(COLOURS, default="red", label="Colour", control="links"))
    shapes: tuple[str, ...] = declared(Several(("round", "flat"), control="address"))
    tags: tuple[str, ...] = declared(Texts(control="address"))
    size: int = declared(Whole(label="At least", least=2, most=9, default=2))
    new: bool = declared(Flag(label="New"))
    open: bool = declared(Flag(default=True, narrows=False))
    sort: tuple[str, ...] = declared(Names(control="address", narrows=False))
    first: date | None = declared(Day(name="from"))
    as_of: datetime | None = declared(Instant(zone=ZoneInfo("America/New_York"), control="address"))


def of(text: str) -> Asked:
    return Asked.of(QueryDict(text))


def test_a_query_is_read_as_typed_values():
    asked = of(
        "q=%20words&colour=blue&shapes=round&shapes=flat&tags=x&tags=y&size=7&new=yes&open=0&sort=-a,b&from=2026-01-02"
    )
    assert asked == Asked(
        q="words", colour="blue", shapes=("round", "flat"), tags=("x", "y"), size=7, new=True, open=False, sort=("-a", "b"),
        first=date(2026, 1, 2),
    )  # fmt: skip


def test_what_is_empty_is_not_said():
    """A form sends all its fields."""
    assert of("q=&colour=&shapes=&size=&new=&open=&sort=&from=&as_of=") == of("") == Asked()


def test_a_bare_date_is_the_end_of_that_day_where_the_reports_are_made():
    assert of("as_of=2026-01-02").as_of == datetime(2026, 1, 3, 4, 59, 59, tzinfo=UTC)
    assert of("as_of=2026-01-02T10:00:00-05:00").as_of == datetime(2026, 1, 2, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    "text", ["colour=green", "shapes=round&shapes=long", "size=1", "size=10", "size=many", "size=-3", "size=²", "new=perhaps"]
)  # fmt: skip
def test_what_cannot_be_read_is_refused_under_its_name(text):
    with pytest.raises(Invalid) as refused:
        of(text)
    assert list(refused.value.details) == [text.partition("=")[0]]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("from=yesterday", "invalid_date"), ("from=2026-02-30", "invalid_date"), ("as_of=now", "invalid_datetime"),
        ("as_of=2026-01-02T10:00:00 05:00", "invalid_datetime"), ("as_of=0001-01-01T00:00:00+10:00", "invalid_datetime"),
        ("as_of=0001-01-01T00:00:00Z", "invalid_datetime"), ("as_of=9999-12-31T23:59:59Z", "invalid_datetime"),
    ],
)  # fmt: skip
def test_no_date_is_a_malformed_request(text, code):
    with pytest.raises(BadRequest) as refused:
        of(text)
    name, _, value = text.partition("=")
    assert (refused.value.code, list(refused.value.details)) == (code, [name])
    (said,) = refused.value.details[name]
    assert f"“{value.replace('+', ' ')}”" in said


def test_reversed_days_are_no_range():
    in_order(date(2026, 1, 1), date(2026, 1, 1), ("from", "to"))
    in_order(None, date(2026, 1, 1), ("from", "to"))
    with pytest.raises(InvalidRange) as refused:
        in_order(date(2026, 1, 2), date(2026, 1, 1), ("from", "to"))
    said = ["The first day lies after the last."]
    assert refused.value.details == {"from": said, "to": said}


def test_a_query_is_written_as_it_is_read_without_what_is_by_default():
    asked = Asked(
        q="a b", shapes=("round", "flat"), open=False, sort=("-a",), first=date(2026, 1, 2)
    )
    assert asked.written() == "q=a+b&shapes=round&shapes=flat&open=false&sort=-a&from=2026-01-02"
    assert of(asked.written()) == asked
    assert Asked().written() == ""


def test_the_document_says_type_bounds_and_default():
    found = {parameter.name: (parameter.type, parameter.default) for parameter in Asked.openapi()}
    assert (
        list(found)
        == Asked.names()
        == ["q", "colour", "shapes", "tags", "size", "new", "open", "sort", "from", "as_of"]
    )
    assert found["colour"] == ({"type": "string", "enum": ["blue", "red"]}, "red")
    assert found["shapes"] == (
        {"type": "array", "items": {"type": "string", "enum": ["flat", "round"]}},
        None,
    )
    assert found["size"] == ({"type": "integer", "minimum": 2, "maximum": 9}, 2)
    assert found["from"] == ({"type": "string", "format": "date"}, None)


@dataclass(frozen=True)
class Renamed(Query):
    date_from: date | None = declared(Day(also=("from", "since")))
    kinds: tuple[str, ...] = declared(Several(("round", "flat"), also=("shapes",)))


def test_an_older_spelling_is_read_and_refused_but_neither_documented_nor_written():
    asked = Renamed.of(QueryDict("since=2026-01-02&shapes=round&shapes=flat"))
    assert asked == Renamed(date_from=date(2026, 1, 2), kinds=("round", "flat"))
    assert asked.written() == "date_from=2026-01-02&kinds=round&kinds=flat"
    assert [parameter.name for parameter in Renamed.openapi()] == ["date_from", "kinds"]
    assert set(Renamed.names()) == {"date_from", "from", "since", "kinds", "shapes"}
    with pytest.raises(BadRequest) as refused:
        Renamed.of(QueryDict("from=never"))
    assert list(refused.value.details) == ["from"]


def test_the_name_itself_counts_where_an_older_spelling_stands_beside_it():
    both = Renamed.of(QueryDict("from=2026-01-02&date_from=2026-03-04"))
    assert both.date_from == date(2026, 3, 4)
    assert Renamed.of(QueryDict("date_from=&from=2026-01-02")).date_from == date(2026, 1, 2)


def test_fields_and_links_show_what_is_asked_and_the_form_carries_the_rest_along():
    query = QueryDict("q=a&colour=blue&shapes=flat&shapes=round&new=1")
    asked, address = Asked.of(query), Address(query, Asked.defaults())
    assert [(each.name, each.kind, each.value) for each in tables.form_fields(asked)] == [
        ("q", "text", "a"), ("size", "number", 2), ("new", "flag", True), ("open", "flag", True), ("from", "date", None),
    ]  # fmt: skip
    assert tables.carried(asked, address) == [
        ("colour", "blue"),
        ("shapes", "flat"),
        ("shapes", "round"),
    ]
    [colours] = tables.choices(asked, address)
    assert [(link.label, link.href, link.current) for link in colours.options] == [
        ("Red", "?q=a&shapes=flat&shapes=round&new=1", False),
        ("Blue", "?q=a&colour=blue&shapes=flat&shapes=round&new=1", True),
    ]
    assert tables.narrowed(asked) == ["“a”", "Blue", "flat", "round", "New"]
    assert tables.widest(asked, address) == "?"
