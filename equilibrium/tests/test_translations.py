"""The catalogues of other languages: complete, certain, with the placeholders of the English text (house rule).

Strings are found without gettext's programs: calls in Python by its syntax tree, templates through Django's
`templatize`, which is what makemessages reads too.
"""

from __future__ import annotations

import ast
import gettext
import io
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.utils.translation.template import templatize

LANGUAGES = [code for code, _name in settings.LANGUAGES if code != "en"]
APPS = [
    config.name
    for config in apps.get_app_configs()
    if Path(config.path).parent == settings.BASE_DIR
]
# Function: its arguments that are text; the last two of a plural are singular and plural.
CALLS = {
    "_": 1, "gettext": 1, "gettext_lazy": 1, "gettext_noop": 1, "ngettext": 2, "ngettext_lazy": 2, "pgettext": 2,
    "pgettext_lazy": 2, "npgettext": 3, "npgettext_lazy": 3,
}  # fmt: skip
PLACES = re.compile(r"%\(\w+\)[sd]|%%|%\{[^}]+\}|</?\w+>|\{\w*\}")

Key = tuple[str | None, str | tuple[str, str]]


@cache
def catalogue(language: str) -> Catalog:
    with (settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po").open("rb") as file:
        return read_po(file, locale=language)


def messages(language: str) -> list[Message]:
    return [message for message in catalogue(language) if message.id]


def key_of(name: str, texts: list[str]) -> Key:
    context = texts.pop(0) if "pgettext" in name else None
    return context, (texts[0], texts[1]) if len(texts) == 2 else texts[0]


def in_python(source: str) -> Iterator[Key]:
    """Every call of gettext with text in it, in f-strings too."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node.func, "id", None) if isinstance(node, ast.Call) else None
        texts = (
            [arg.value for arg in node.args[: CALLS[name]] if isinstance(arg, ast.Constant)]
            if name in CALLS
            else []
        )
        if len(texts) == CALLS.get(name):
            yield key_of(name, texts)


def only_in_f_strings(source: str) -> set[Key]:
    """What makemessages does not see, and would throw out of a catalogue with `--no-obsolete`."""
    every = Counter(in_python(source))
    strings = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.JoinedStr)]
    inside = Counter(key for node in strings for key in in_python(ast.unparse(node)))
    return {key for key, times in inside.items() if times >= every[key]}


def in_template(source: str) -> Iterator[Key]:
    lines = "\n".join(line.lstrip() for line in templatize(source).splitlines())
    for _line, name, texts, _notes in extract_python(
        io.BytesIO(lines.encode()), list(CALLS), [], {}
    ):
        yield key_of(
            name, [text for text in ([texts] if isinstance(texts, str) else texts) if text]
        )


def python_files() -> list[Path]:
    return [
        path
        for app in APPS
        for path in (settings.BASE_DIR / app).rglob("*.py")
        if "tests" not in path.parts
    ]


@cache
def in_source() -> frozenset[Key]:
    """Every string of the product that goes through gettext."""
    pages = [
        path
        for path in (settings.BASE_DIR / "templates").rglob("*")
        if path.suffix in {".html", ".txt"}
    ]
    found = [key for path in python_files() for key in in_python(path.read_text())]
    return frozenset(found + [key for path in pages for key in in_template(path.read_text())])


def in_catalogue(language: str) -> set[Key]:
    return {(m.context, (m.id[0], m.id[1]) if m.pluralizable else m.id) for m in messages(language)}


def test_text_is_found_wherever_gettext_is_called():
    """By hand: one call of each kind."""
    python = """f"{_('in an f-string')}"; ngettext("%(n)s day", "%(n)s days", n); pgettext("noun", "change"); _(name)"""
    assert set(in_python(python)) == {
        (None, "in an f-string"), (None, ("%(n)s day", "%(n)s days")), ("noun", "change"),
    }  # fmt: skip
    page = """<p>
      {% translate "10 % of it" %}{{ name|default:_("nobody") }}
      {% blocktranslate count n=rows %}{{ n }} row{% plural %}{{ n }} rows{% endblocktranslate %}
      {% translate "change" context "noun" %}</p>"""
    assert set(in_template(page)) == {
        (None, "10 %% of it"), (None, "nobody"), (None, ("%(n)s row", "%(n)s rows")), ("noun", "change"),
    }  # fmt: skip


def test_no_string_stands_where_makemessages_does_not_look():
    assert only_in_f_strings("f\"{_('here alone')} {_('there too')}\"; _('there too')") == {
        (None, "here alone")
    }
    every = "\n".join(path.read_text() for path in python_files())
    assert only_in_f_strings(every) == set()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_of_the_product_is_in_the_catalogue(language):
    missing = in_source() - in_catalogue(language)
    assert len(in_source()) > 1000
    assert not missing, (
        f"run manage.py makemessages -l {language} --no-obsolete --add-location file, and translate"
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_catalogue_holds_nothing_that_nobody_says_any_more(language):
    assert not in_catalogue(language) - in_source()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated_in_all_its_forms_and_none_is_a_guess(language):
    unsure = [message.id for message in messages(language) if message.fuzzy]
    empty = [
        m.id for m in messages(language) if not all(m.string if m.pluralizable else [m.string])
    ]
    assert (unsure, empty, catalogue(language).fuzzy) == ([], [], False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_blanks_are_those_of_the_english_text(language):
    """Nothing is lost or misspelt: a page that fills in a value must not break in one language."""

    def shape(text: str) -> tuple[object, ...]:
        return Counter(PLACES.findall(text)), text[:1].isspace(), text[-1:].isspace()

    def pairs(message: Message) -> Iterator[tuple[str, str]]:
        for text in message.string if message.pluralizable else [message.string]:
            yield (message.id[-1] if message.pluralizable else message.id), text

    wrong = [
        pair for m in messages(language) for pair in pairs(m) if shape(pair[0]) != shape(pair[1])
    ]
    assert wrong == []
    assert [(m.id, errors) for m, errors in catalogue(language).check()] == []


@pytest.mark.parametrize(
    ("count", "words"),
    [(1, "1 ринок із"), (3, "3 ринки з"), (11, "11 ринків із"), (21, "21 ринок із")],
)
def test_a_number_chooses_the_ukrainian_form(count, words):
    """Unicode CLDR: one for 1, 21; few for 2 to 4; many for the rest."""
    compiled = io.BytesIO()
    write_mo(compiled, catalogue("uk"))
    compiled.seek(0)
    text = gettext.GNUTranslations(compiled).ngettext(
        "%(written)s market of %(total)s", "%(written)s markets of %(total)s", count
    )
    assert text % {"written": count, "total": 400} == f"{words} 400"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("cookie", "shown"), [("uk", "uk"), ("en", "en"), ("ru", "en"), ("xx", "en")]
)
def test_a_page_comes_in_the_language_of_the_cookie_or_in_english(client, cookie, shown):
    """A profile may say `ru`; there is no such catalogue, so the page is English."""
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = cookie
    assert f'<html lang="{shown}"' in client.get("/").content.decode()
