"""No GPL or AGPL package at run time."""

from __future__ import annotations

import re
from importlib.metadata import distribution

import pytest

from equilibrium.settings import BASE_DIR

PINNED = re.findall(r"^([A-Za-z0-9._-]+)==", (BASE_DIR / "requirements.txt").read_text(), re.M)


def licences(name: str) -> str:
    """What the installed package says of its licence, in all three places where it may say so."""
    metadata = distribution(name).metadata
    classifiers = [
        line for line in metadata.get_all("Classifier", []) if line.startswith("License")
    ]
    return " | ".join(
        filter(
            None,
            [
                metadata.get("License-Expression"),
                (metadata.get("License") or "")[:200],
                *classifiers,
            ],
        )
    )


def is_copyleft(text: str) -> bool:
    """GPL or AGPL, not LGPL: psycopg may be used. A choice (`MIT OR GPL`) is ours to make."""
    text = re.sub(r"L(?:esser )?GPL|GNU (?:Library or )?Lesser General Public License", "", text)
    return bool(re.search(r"\bA?GPL|Affero|GNU General Public", text)) and " OR " not in text


@pytest.mark.parametrize("name", PINNED)
def test_a_runtime_package_is_free_to_ship(name):
    found = licences(name)
    assert found, f"{name} does not say its licence"
    assert not is_copyleft(found), found


@pytest.mark.parametrize(
    ("text", "copyleft"),
    [
        ("GPL-3.0-or-later", True),
        ("AGPL-3.0", True),
        ("License :: OSI Approved :: GNU General Public License v3 (GPLv3)", True),
        ("GNU Affero General Public License", True),
        ("LGPL-3.0-only", False),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", False),
        ("MIT OR GPL-2.0", False),
        ("BSD-3-Clause", False),
    ],
)
def test_the_check_knows_gpl_from_lgpl(text, copyleft):
    assert is_copyleft(text) is copyleft
