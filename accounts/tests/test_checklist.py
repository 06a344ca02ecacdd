"""Every promise of the checklist is proven by a test that names it (issue 3)."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def every_test():
    """Name, docstring and whether it asserts anything, of every test of the project."""
    for file in [*ROOT.glob("*/tests/test_*.py"), *ROOT.glob("tests/test_*.py")]:
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                yield file.name, node.name, ast.get_docstring(node) or ""


def named(pattern):
    """Numbers that docstrings name by this pattern, ranges written out (`ACC-039 to ACC-042`)."""
    found = set()
    for _file, _name, docstring in every_test():
        for first, last in re.findall(rf"{pattern}(?: to {pattern})?", docstring):
            found |= set(range(int(first), int(last or first) + 1))
    return found


@pytest.mark.parametrize(("pattern", "count"), [(r"ACC-(\d{3})", 74), (r"§15\.(\d+)", 20)])
def test_every_promise_and_every_security_rule_is_named_by_a_test(pattern, count):
    """accounts §15: nobody has to look for the proof, and none is missing."""
    assert set(range(1, count + 1)) - named(pattern) == set()
