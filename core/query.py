"""What a query may say, declared once: the declaration reads it, documents it and fills the form of the page.

    @dataclass(frozen=True)
    class BoardQuery(Query):
        universe: str = declared(OneOf(UNIVERSES, default="core", label=_("Universe"), control="links"))
        min_oi: int = declared(Whole(label=_("Open interest from"), description="At least that open interest."))

    BoardQuery.of(request.GET)      typed values, for page and endpoint alike; what cannot be read is refused by name
    BoardQuery.openapi()            the same parameters for `extend_schema(parameters=…)`
    query.written()                 the query that says it again, defaults left out

`core.pages.tables` makes fields and links of it. What is empty is not said: a form sends every field it has.
A queryset narrowed by its own columns has django-filter for that; this is for rows and charts that are computed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, ClassVar, Final, Literal, Self

from django.http import QueryDict
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter

from core.errors import Invalid, InvalidDate, InvalidDatetime, InvalidRange
from core.templatetags.numbers import written
from core.words import Words

# Where a page asks for it: a field of its form, a row of links, or only the address, which forms carry along.
Control = Literal["field", "links", "address"]

DAY_ENDS: Final = time(23, 59, 59)
YES: Final = ("1", "true", "yes", "on")
NO: Final = ("0", "false", "no", "off")
MOST_DIGITS: Final = 18


@dataclass(frozen=True, kw_only=True)
class Parameter:
    """One word of a query. `name` where the query cannot call it by the name of the field, as `from`.

    `also` are older spellings: read where the name itself is not said, neither documented nor written.
    `narrows` says that fewer rows are left where it is said; `hint` stands in the empty field.
    """

    default: Any = ""
    label: Words = ""
    hint: Words = ""
    description: str = ""
    name: str = ""
    also: Sequence[str] = ()
    control: Control = "field"
    narrows: bool = True

    kind: ClassVar[str] = "text"
    many: ClassVar[bool] = False

    def read(self, name: str, texts: Sequence[str]) -> Any:
        """The value of what the query says, which is at least one text that is not empty."""
        raise NotImplementedError

    def write(self, value: Any) -> list[str]:
        """The texts that say the value."""
        return [str(value)]

    def words(self, value: Any) -> list[Words]:
        """The value as a person reads it."""
        return []

    def schema(self) -> dict[str, Any]:
        """Type and bounds in the OpenAPI document."""
        return {"type": "string"}


@dataclass(frozen=True, kw_only=True)
class Text(Parameter):
    """Free words, of which so many characters count."""

    most: int = 80

    def read(self, name: str, texts: Sequence[str]) -> str:
        return texts[-1].strip()[: self.most]

    def words(self, value: str) -> list[Words]:
        return [_("“%(value)s”") % {"value": value}]


@dataclass(frozen=True, kw_only=True)
class Texts(Parameter):
    """Words of which nothing is known beforehand: the parameter is repeated."""

    default: Any = ()

    many: ClassVar[bool] = True

    def read(self, name: str, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(texts)

    def write(self, value: Any) -> list[str]:
        return list(value)

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": {"type": "string"}}


@dataclass(frozen=True)
class OneOf(Parameter):
    """One of these words, with labels where a page shows them."""

    choices: Mapping[str, Words] | Collection[str]
    # what a label says in full
    titles: Mapping[str, Words] = field(default_factory=dict, kw_only=True)

    kind: ClassVar[str] = "choice"

    def read(self, name: str, texts: Sequence[str]) -> str:
        return one_of(name, texts[-1], self.choices)

    def words(self, value: str) -> list[Words]:
        return [self.labels[value]]

    @property
    def labels(self) -> Mapping[str, Words]:
        """Every word with its label; without labels it is its own."""
        return (
            self.choices
            if isinstance(self.choices, Mapping)
            else {word: word for word in self.choices}
        )

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "enum": sorted(self.choices)}


@dataclass(frozen=True, kw_only=True)
class Several(OneOf):
    """Any of these words: the parameter is repeated."""

    default: Any = ()

    kind: ClassVar[str] = "choices"
    many: ClassVar[bool] = True

    def read(self, name: str, texts: Sequence[str]) -> Any:
        return tuple(one_of(name, text, self.choices) for text in texts)

    def write(self, value: Any) -> list[str]:
        return list(value)

    def words(self, value: Any) -> list[Words]:
        return [self.labels[word] for word in value]

    def schema(self) -> dict[str, Any]:
        return {"type": "array", "items": super().schema()}


@dataclass(frozen=True, kw_only=True)
class Names(Parameter):
    """Names by comma, each perhaps with a `-` before it."""

    default: Any = ()

    def read(self, name: str, texts: Sequence[str]) -> tuple[str, ...]:
        return tuple(filter(None, texts[-1].split(",")))

    def write(self, value: Any) -> list[str]:
        return [",".join(value)]


@dataclass(frozen=True, kw_only=True)
class Whole(Parameter):
    """A whole number within its bounds."""

    default: Any = 0
    least: int = 0
    most: int | None = None

    kind: ClassVar[str] = "number"

    def read(self, name: str, texts: Sequence[str]) -> int:
        return whole(name, texts[-1], least=self.least, most=self.most)

    def words(self, value: int) -> list[Words]:
        return [f"{self.label} {written(value)}"]

    def schema(self) -> dict[str, Any]:
        bounds = {"minimum": self.least} | ({} if self.most is None else {"maximum": self.most})
        return {"type": "integer"} | bounds


@dataclass(frozen=True, kw_only=True)
class Flag(Parameter):
    """A yes or a no."""

    default: Any = False

    kind: ClassVar[str] = "flag"

    def read(self, name: str, texts: Sequence[str]) -> bool:
        word = texts[-1].lower()
        if word not in YES + NO:
            raise Invalid(details={name: [_("Say true or false.")]})
        return word in YES

    def write(self, value: bool) -> list[str]:
        return ["true" if value else "false"]

    def words(self, value: bool) -> list[Words]:
        return [self.label]

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


@dataclass(frozen=True, kw_only=True)
class Day(Parameter):
    """A date as YYYY-MM-DD."""

    default: Any = None

    kind: ClassVar[str] = "date"

    def read(self, name: str, texts: Sequence[str]) -> date:
        try:
            found = parse_date(texts[-1])
        except ValueError:
            found = None
        if found is None:
            raise InvalidDate([name], _("“%(text)s” is no date.") % {"text": texts[-1][:40]})
        return found

    def schema(self) -> dict[str, Any]:
        return {"type": "string", "format": "date"}


@dataclass(frozen=True, kw_only=True)
class Instant(Parameter):
    """A moment; a bare date means the end of that day in `zone`. A `+` of an offset that came as a space is refused.

    So is a moment within a day of either end of the calendar: some zone could not say it.
    """

    zone: tzinfo
    default: Any = None

    kind: ClassVar[str] = "instant"

    def read(self, name: str, texts: Sequence[str]) -> datetime:
        text = texts[-1]
        try:
            if day := parse_date(text):
                return sayable(datetime.combine(day, DAY_ENDS, self.zone))
            instant = parse_datetime(text)
            if instant and " " not in text.strip()[11:]:
                return sayable(instant if instant.tzinfo else instant.replace(tzinfo=UTC))
        except (ValueError, OverflowError):
            pass
        raise InvalidDatetime([name], _("“%(text)s” is no date and no time.") % {"text": text[:40]})

    def write(self, value: datetime) -> list[str]:
        return [value.isoformat()]


def sayable(moment: datetime) -> datetime:
    """The moment in UTC. Raises OverflowError where a zone could not say it."""
    found = moment.astimezone(UTC)
    for way in (-1, 1):
        found + timedelta(days=way)
    return found


def declared(parameter: Parameter) -> Any:
    """The field of a `Query` that holds the parameter's value."""
    return field(default=parameter.default, metadata={"parameter": parameter})


@dataclass(frozen=True)
class Query:
    """Typed values of a query; a subclass declares its parameters, one field each."""

    @classmethod
    def parameters(cls) -> dict[str, Parameter]:
        """Every parameter under the name of its field."""
        return {each.name: each.metadata["parameter"] for each in fields(cls)}

    @classmethod
    def names(cls) -> list[str]:
        """What the query may say, older spellings too."""
        found = cls.parameters().items()
        return [name for key, each in found for name in (each.name or key, *each.also)]

    @classmethod
    def defaults(cls) -> dict[str, str]:
        """What need not be said."""
        found = cls.parameters().items()
        return {
            each.name or key: each.write(each.default)[0]
            for key, each in found
            if each.default and not each.many
        }

    @classmethod
    def of(cls, query: QueryDict) -> Self:
        """What the query says. Raises Invalid (422), InvalidDate or InvalidDatetime (400), naming the parameter."""
        values = {}
        for key, parameter in cls.parameters().items():
            for name in (parameter.name or key, *parameter.also):
                texts = query.getlist(name)
                if said := [text for text in (texts if parameter.many else texts[-1:]) if text]:
                    values[key] = parameter.read(name, said)
                    break
        return cls(**values)

    @classmethod
    def openapi(cls) -> list[OpenApiParameter]:
        """The parameters for `extend_schema`."""
        return [
            OpenApiParameter(
                parameter.name or key,
                parameter.schema(),
                description=parameter.description,
                default=parameter.default or None,
            )
            for key, parameter in cls.parameters().items()
        ]

    def said(self) -> dict[str, list[str]]:
        """What is not as by default, as the query says it."""
        return {
            parameter.name or key: parameter.write(value)
            for key, parameter in self.parameters().items()
            if (value := getattr(self, key)) != parameter.default
        }

    def written(self) -> str:
        """The query that says this; what is as by default is left out."""
        return urlencode(self.said(), doseq=True)


def one_of(name: str, text: str, allowed: Collection[str]) -> str:
    """The text when it is allowed. Raises Invalid (422)."""
    if text not in allowed:
        known = ", ".join(sorted(allowed))
        raise Invalid(
            details={
                name: [_("“%(text)s” is none of %(known)s.") % {"text": text[:40], "known": known}]
            }
        )
    return text


def whole(name: str, text: str, *, least: int = 0, most: int | None = None) -> int:
    """The text as a whole number within its bounds. Raises Invalid (422)."""
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS) or int(text) < least:
        raise Invalid(
            details={
                name: [_("A whole number of at least %(least)d is needed.") % {"least": least}]
            }
        )
    if most is not None and int(text) > most:
        raise Invalid(details={name: [_("At most %(most)d is possible.") % {"most": most}]})
    return int(text)


def in_order(first: date | None, last: date | None, names: tuple[str, str]) -> None:
    """Two days, either of which may be open. Raises InvalidRange when they are reversed."""
    if first and last and first > last:
        raise InvalidRange(names, _("The first day lies after the last."))
