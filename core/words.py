"""What stands in the catalogue of texts: said in the language of whoever reads it."""

from __future__ import annotations

from django.utils.functional import Promise

Words = str | Promise
