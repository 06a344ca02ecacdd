"""What joins an app to the shell: the one `Module` that its AppConfig names as `shell`.

A module is declared in `apps.py`, which is imported before any model. So it holds strings and lazy texts only: routes
by their names, code by its dotted path, looked up when a page first needs it. The shell (header, footer, search,
`check_api`, rights of people) is made from the registry; it names no app.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Protocol

from django.apps import apps
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils.module_loading import import_string

from core.words import Words

WORD = "[a-z_]{2,20}"  # of a right, as the database takes it


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a module in the shell's navigation; `letter` after `g` goes there, `public` ones need no right."""

    title: Words
    route: str
    letter: str = ""
    public: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Module:
    """One app as the shell sees it.

    `key` is the word of the right to open it. `search` is the path of a `Search`, `feed` that of a function from the
    time to a `Feed`, `personal` that of a function from a person to what the module keeps of theirs, `api_reads` are
    addresses below /api/ that answer any holder of the right with 200.
    """

    key: str
    title: Words
    home: Page
    pages: tuple[Page, ...] = ()
    search: str = ""
    feed: str = ""
    personal: str = ""
    api_reads: tuple[str, ...] = ()

    @property
    def navigation(self) -> tuple[Page, ...]:
        """Home first, then the other pages that the shell links."""
        return (self.home, *self.pages)

    def found(self, words: str) -> Found:
        """What the module's own search finds; nothing where it has none."""
        search: Search | None = import_string(self.search) if self.search else None
        return search(words) if search else Found()

    def feed_at(self, now: datetime) -> Feed | None:
        """How fresh the module's data is; None where it has no feed."""
        read: Callable[[datetime], Feed] | None = import_string(self.feed) if self.feed else None
        return read(now) if read else None


@dataclass(frozen=True, slots=True)
class Hit:
    """One answer of a search: where it leads, its code, its name, a word beside it, and its official name below."""

    href: str
    code: str
    name: str
    note: str = ""
    below: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search brought: hits under their headings, the page that lists them all, and where the best hit leads."""

    groups: Sequence[tuple[str, Sequence[Hit]]] = ()
    page: str = ""
    best: str = ""


Search = Callable[[str], Found]


@dataclass(frozen=True, slots=True)
class Band:
    """A sentence across the head of every page: what `kind` of warning, how it begins, what it says."""

    kind: str
    label: Words
    head: Words
    text: Words


class Feed(Protocol):
    """What the shell shows of a module's data: a dot and a date in the header, bands, and the source in the footer."""

    state: str
    newest: date | None
    page: str  # the route of the page that tells more

    @property
    def words(self) -> Words: ...

    @property
    def source(self) -> Words: ...

    @property
    def bands(self) -> Sequence[Band]: ...


def registered() -> list[Module]:
    """The modules of the installed apps, in the order of INSTALLED_APPS."""
    # `module` would be the shorter name, but Django keeps the app's Python module there.
    named = (getattr(config, "shell", None) for config in apps.get_app_configs())
    return [module for module in named if isinstance(module, Module)]


def openable(keys: Collection[str]) -> list[Module]:
    """Those of the registered modules that a person with these rights may open."""
    return [module for module in registered() if module.key in keys]


def titles() -> dict[str, Words]:
    """Every word that can be granted as the right to a module, with its name.

    Words of PLANNED_MODULES may be granted before their app stands.
    """
    return {module.key: module.title for module in registered()} | settings.PLANNED_MODULES


def grantable() -> list[tuple[str, Words]]:
    """The same as form and API fields want them."""
    return list(titles().items())


def feeds(now: datetime) -> dict[str, Feed]:
    """The state of the data of every module that has a feed, by the module's key: the same for everybody."""
    read = {module.key: module.feed_at(now) for module in registered()}
    return {key: feed for key, feed in read.items() if feed is not None}


def personal(user: object) -> dict[str, Any]:
    """What each module keeps of a person, by its key; modules that keep nothing are not named."""
    return {
        module.key: import_string(module.personal)(user)
        for module in registered()
        if module.personal
    }


def refuse_strange_rights() -> None:
    """Stop the start when an app names its right with a word that the database would refuse."""
    if strange := sorted(word for word in titles() if not re.fullmatch(WORD, word)):
        raise ImproperlyConfigured(
            f"The right {strange[0]!r} must have 2 to 20 small letters and underscores."
        )


def refuse_unknown_words(variable: str, given: Collection[str], known: Collection[str]) -> None:
    """Stop the start when a variable names something that does not exist."""
    if unknown := sorted(set(given) - set(known)):
        raise ImproperlyConfigured(
            f"{variable}: unknown {', '.join(unknown)}; known are {', '.join(known)}."
        )
