"""Loads our templates without their indentation: a reader needs it, a page of thousands of cells must not carry it."""

from __future__ import annotations

import re

from django.template import Origin
from django.template.loaders import filesystem


class Loader(filesystem.Loader):
    """Every line of an .html file without the blanks before it; their number stays, so errors name the right one."""

    def get_contents(self, origin: Origin) -> str:
        text = super().get_contents(origin)
        # Only what follows a line break: a blank inside a line stands between two words.
        return re.sub(r"\n[ \t]+", "\n", text) if origin.name.endswith(".html") else text
