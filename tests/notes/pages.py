"""The page of the module."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from accounts.permissions import module_required
from core import versions
from core.conditional import kept_page
from tests.notes.models import Note

kept = kept_page(lambda: versions.current("notes"))


@require_safe
@module_required("notes")
@kept
def notes(request: HttpRequest) -> HttpResponse:
    return render(request, "notes/list.html", {"notes": Note.objects.visible_to(request.user)})
