"""The API document to read and to try, drawn out of the installed package: nothing is asked of another site."""

from __future__ import annotations

import hashlib
from functools import cache
from pathlib import Path
from typing import Final

from django.contrib.staticfiles import finders
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import condition, require_safe
from drf_spectacular.views import SpectacularRedocView, SpectacularSwaggerSplitView
from rest_framework.authentication import SessionAuthentication

BUNDLE: Final = "drf_spectacular_sidecar/redoc/bundles/redoc.standalone.js"
FOREIGN_PICTURE: Final = b"https://cdn.redoc.ly/redoc/logo-mini.svg"


class SwaggerPage(SpectacularSwaggerSplitView):
    """Open to whoever may read the document; the head of the page knows who is signed in."""

    authentication_classes = [SessionAuthentication]


class ReferencePage(SpectacularRedocView):
    """Open to the same people as Swagger."""

    authentication_classes = [SessionAuthentication]
    template_name = "drf_spectacular/reference.html"


@cache
def bundle_without_picture() -> bytes:
    """ReDoc's script with an empty picture in place of the one on its makers' site; it hides what does not load."""
    path = finders.find(BUNDLE)
    assert path is not None, "the sidecar package carries ReDoc"
    return Path(path).read_bytes().replace(FOREIGN_PICTURE, b"data:,")


def fingerprint(_request: HttpRequest) -> str:
    return f'"{hashlib.sha256(bundle_without_picture()).hexdigest()}"'


@require_safe
@cache_control(public=True, max_age=24 * 3600)
@condition(etag_func=fingerprint)
def bundle(_request: HttpRequest) -> HttpResponse:
    """The script of the page, kept by browsers for a day."""
    return HttpResponse(bundle_without_picture(), content_type="text/javascript")
