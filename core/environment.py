"""Typed reading of environment variables: strict, by name, also from `<NAME>_FILE`, and remembered for the tests."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Callable, Collection
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import unquote, urlsplit
from zoneinfo import available_timezones

from django.core.exceptions import ImproperlyConfigured
from environ.fileaware_mapping import FileAwareMapping

T = TypeVar("T")
Network = IPv4Network | IPv6Network

BOOLEANS: Final = {
    "true": True,
    "yes": True,
    "on": True,
    "1": True,
    "false": False,
    "no": False,
    "off": False,
    "0": False,
}
SECRET_LENGTH: Final = 32


class Environment:
    """Each method reads one variable; empty means unset, and a bad value stops the start with the variable's name."""

    def __init__(self, variables: dict[str, str] | None = None) -> None:
        self.variables = FileAwareMapping(os.environ if variables is None else variables)
        self.defaults: dict[str, Any] = {}

    def _read(self, name: str, default: T, cast: Callable[[str], T], wanted: str) -> T:
        self.defaults[name] = default
        try:
            text = self.variables.get(name, "").strip()
        except (OSError, UnicodeDecodeError):
            raise ImproperlyConfigured(
                f"{name}_FILE must name a text file that can be read."
            ) from None
        if not text:
            return default
        try:
            return cast(text)
        except (ValueError, KeyError):
            raise ImproperlyConfigured(f"{name} must be {wanted}.") from None

    def text(self, name: str, default: str = "") -> str:
        return self._read(name, default, str, "text")

    def flag(self, name: str, default: bool) -> bool:
        return self._read(name, default, lambda text: BOOLEANS[text.lower()], "true or false")

    def whole(self, name: str, default: int, least: int = 0) -> int:
        return self._read(
            name, default, lambda text: _at_least(int(text), least), f"a whole number from {least}"
        )

    def port(self, name: str, default: int) -> int:
        return self._read(name, default, lambda text: _port(int(text)), "a port from 1 to 65535")

    def number(self, name: str, default: float) -> float:
        return self._read(name, default, lambda text: _at_least(float(text), 0), "a number from 0")

    def words(self, name: str, default: Collection[str] = ()) -> list[str]:
        """Values with commas between them."""
        return self._read(
            name, list(default), lambda text: [part.strip() for part in text.split(",")], "a list"
        )

    def choice(self, name: str, default: str, known: Collection[str]) -> str:
        return self._read(
            name,
            default,
            {value: value for value in known}.__getitem__,
            f"one of {', '.join(known)}",
        )

    def networks(self, name: str, default: Collection[str]) -> list[Network]:
        return [
            ip_network(text)
            for text in self._read(
                name, list(default), _networks, "networks like 10.0.0.0/8 with commas between them"
            )
        ]

    def rate(self, name: str, default: str) -> str:
        """A number of requests in a time, as DRF throttles read it: 100/min."""
        return self._read(name, default, _rate, "like 100/min")

    def url(self, name: str, default: str) -> str:
        """A public address of ours without a slash at its end: https://example.org."""
        return self._read(name, default, _web_address, "an address like https://example.org")

    def zone(self, name: str, default: str) -> str:
        """A time zone by its name: Europe/Kyiv."""
        return self._read(name, default, _zone, "a time zone like Europe/Kyiv")

    def service(self, name: str, *schemes: str) -> str:
        """The address of a database or broker; never shown, because it holds a password."""
        return self._read(name, "", lambda text: _of_scheme(text, schemes), _like(schemes))

    def folder(self, name: str, base: Path, default: str) -> Path | None:
        """A folder, below `base` unless absolute; None when the variable is set to nothing (switched off)."""
        off = name in self.variables and not self.variables[name].strip()
        place = "" if off else self.text(name, default)
        return base / place if place else None

    def secret(self, name: str, made_in: Path | None) -> str:
        """A secret; when none is given and `made_in` names a folder (local only), one made there once for all."""
        value = self.text(name)
        return value if value or made_in is None else _made_once(made_in / f"{name.lower()}.txt")


def _at_least(value: T, least: Any) -> T:
    if not value >= least:  # also refuses NaN
        raise ValueError
    return value


def _port(number: int) -> int:
    if not 1 <= number <= 65535:
        raise ValueError
    return number


def _of_scheme(text: str, schemes: Collection[str]) -> str:
    if urlsplit(text).scheme not in schemes or "://" not in text or sqlite_path(text) == "":
        raise ValueError
    return text


def sqlite_path(url: str) -> str | None:
    """The file of `sqlite:///from/here` or `sqlite:////from/root`; "" when it names none, None when not SQLite.

    Processes share the file, so `:memory:` names none; nor does an address with options behind `?` or `#`, which
    would be lost.
    """
    parts = urlsplit(url)
    if parts.scheme != "sqlite":
        return None
    path = unquote(parts.path).removeprefix("/")
    is_file = not (parts.netloc or parts.query or parts.fragment) and path not in ("/", ":memory:")
    return path if is_file else ""


def _like(schemes: Collection[str]) -> str:
    examples = [
        "sqlite:///path" if scheme == "sqlite" else f"{scheme}://host" for scheme in schemes
    ]
    return f"an address like {' or '.join(examples)}"


def _networks(text: str) -> list[str]:
    return [str(ip_network(part.strip())) for part in text.split(",")]


def _rate(text: str) -> str:
    if not re.fullmatch(r"[1-9][0-9]*/(s|sec|second|m|min|minute|h|hour|d|day)", text):
        raise ValueError
    return text


def _web_address(text: str) -> str:
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError
    return text.rstrip("/")


def _zone(text: str) -> str:
    if text not in available_timezones():
        raise ValueError
    return text


def _made_once(path: Path) -> str:
    if not path.exists():
        draft = path.with_suffix(f".{os.getpid()}")
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48))
        try:
            # atomic: of two processes that start at once both read the same secret
            path.hardlink_to(draft)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
    return path.read_text().strip()


def refuse_weak_secrets(values: dict[str, str]) -> None:
    """Outside ENV=local: no secret may be missing, short, a placeholder or equal to another."""
    for name, value in values.items():
        if len(value) < SECRET_LENGTH:
            raise ImproperlyConfigured(
                f"{name} must be set and have at least {SECRET_LENGTH} characters."
            )
        if len(set(value)) == 1:
            raise ImproperlyConfigured(f"{name} is one repeated character; set a secret.")
        if "changeme" in re.sub(r"[^a-z]", "", value.lower()):
            raise ImproperlyConfigured(
                f"{name} is still the placeholder; set a secret of your own."
            )
    if len(set(values.values())) < len(values):
        raise ImproperlyConfigured(f"{' and '.join(values)} must differ.")
