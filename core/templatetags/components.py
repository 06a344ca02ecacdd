"""Building blocks that need more than an include. The looks are in static/css/components.css.

{% load components %}
{% panel _("Net positions") note=_("…one line…") guide="charts-net" %}
  <div class="controls">…links and buttons, shown at the right of the title…</div>
  …body; wrap tables in <div class="flush scroll">…
{% endpanel %}
{% sparkline values %}               inline SVG of a series, oldest first, None where there is a gap
{% bar 63.5 %}                       a bar of 0 to 100
{% position 93.5 before=88 %}        a place between 0 and 100, with ticks at 10 and 90, and where it was before
{% choices _("View") views name="view" current=chosen %}     one of a few, as links
{% icon "star" %}                    an icon of the lucide set, 16 px, hidden from screen readers
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from django import template
from django.http import QueryDict
from django.template import Context
from django.template.loader import get_template
from django.utils.safestring import SafeString
from lucide.templatetags.lucide import lucide

from core.templatetags.numbers import Number
from core.words import Words

register = template.Library()


WIDTH, HEIGHT = 75, 16
TICKS: Final = (10, 90)  # of a position; the style sheet draws them


@register.simple_block_tag
def panel(
    content: str, title: str, note: str = "", guide: str = "", key: str = "", kind: str = ""
) -> SafeString:
    """A titled part of a page. `guide` is the anchor in the guide, `key` the element's id, `kind` more classes."""
    context = {
        "content": content,
        "title": title,
        "note": note,
        "guide": guide,
        "key": key,
        "kind": kind,
    }
    return SafeString(get_template("components/panel.html").render(context))


@register.inclusion_tag("components/choices.html", takes_context=True)
def choices(
    context: Context,
    label: Words,
    options: Iterable[Any],
    *,
    name: str = "",
    current: str | None = None,
    without: str = "",
    unset: Words = "",
    shown: bool = False,
) -> dict[str, Any]:
    """One of a few as links, under a `label` that is spoken, or `shown` too.

    The options carry their `href`; or, with `name`, they are values of that parameter: a mapping of value to label, or
    to label and title, or objects with `value`, `label`, `title`, `current` and `why` it cannot be chosen. `current` is
    the chosen value, where the options do not say so; `unset` the label of the link without the parameter; `without`
    names further parameters that a choice drops.
    """
    if name:
        address = context["request"].GET.copy()
        for dropped in without.split():
            address.pop(dropped, None)
        options = [_link(option, address, name, current) for option in _listed(options)]
        if unset:
            address.pop(name, None)
            options.insert(
                0, {"label": unset, "href": f"?{address.urlencode()}", "current": not current}
            )
    return {"label": label, "options": options, "shown": shown}


def _listed(options: Iterable[Any]) -> Iterator[tuple[str, Words, Words, bool, str]]:
    if not isinstance(options, Mapping):
        yield from ((one.value, one.label, one.title, one.current, one.why) for one in options)
        return
    for value, words in options.items():
        label, title = words if isinstance(words, tuple) else (words, "")
        yield value, label, title, False, ""


def _link(
    option: tuple[str, Words, Words, bool, str], address: QueryDict, name: str, current: str | None
) -> dict[str, Any]:
    value, label, title, chosen, why = option
    query = address.copy()
    query[name] = value
    if current is not None:
        chosen = value == current
    return {
        "label": label,
        "title": title,
        "why": why,
        "current": chosen,
        "href": f"?{query.urlencode()}",
    }


@register.simple_tag(takes_context=True)
def page_at(context: dict[str, Any], number: int, name: str = "") -> str:
    """The present address at a page of its list; a second list of a page has a `name`, and is led to by it."""
    query = context["request"].GET.copy()
    query[name or "page"] = str(number)
    return f"?{query.urlencode()}#{name}" if name else f"?{query.urlencode()}"


@register.simple_tag
@cache
def icon(name: str, size: int = 16) -> SafeString:
    """The icon is decoration: its button or link says the same in words."""
    return SafeString(lucide(name, size=size, **{"class": "icon", "aria_hidden": "true"}))


def spark_path(values: Sequence[Number | None], width: int = WIDTH, height: int = HEIGHT) -> str:
    """The `d` of a line through the values, oldest first; a None lifts the pen, a flat series runs in the middle."""
    known = [float(value) for value in values if value is not None]
    if len(known) < 2:
        return ""
    low, span = min(known), max(known) - min(known)
    step, path, pen, last = width / (len(values) - 1), "", "M", (0, 0)
    for place, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        point = (
            round(place * step),
            round(height - (float(value) - low) / span * height) if span else height // 2,
        )
        path += (
            f"{pen}{point[0]} {point[1]}"
            if pen == "M"
            else f"l{point[0] - last[0]} {point[1] - last[1]}"
        )
        pen, last = "l", point
    return path.replace(" -", "-")


@register.inclusion_tag("components/sparkline.html")
def sparkline(values: Sequence[Number | None]) -> dict[str, str]:
    """An inline SVG of the series at its own size; nothing when fewer than two values are known."""
    return {"path": spark_path(values)}


@register.inclusion_tag("components/bar.html")
def bar(value: Number) -> dict[str, str]:
    """A bar filled to `value` per cent; the number stands beside it as text."""
    return {"width": f"{float(value):g}"}


@register.inclusion_tag("components/position.html")
def position(value: Number, before: Number | None = None) -> dict[str, str]:
    """A mark at its place on a line of 0 to 100, in the colour of crowding at the ticks and beyond; as text beside it.

    A thin mark stands where it was before.
    """
    place = float(value)
    return {
        "css": "position" if TICKS[0] < place < TICKS[1] else "position crowd",
        "place": f"{place:g}",
        "before": "" if before is None else f"{float(before):g}",
    }
