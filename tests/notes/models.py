"""What we keep: one line of a person's own."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.db import models

from core import versions


class NoteQuerySet(models.QuerySet["Note"]):
    def visible_to(self, user: object) -> NoteQuerySet:
        return self.filter(owner=user)


class Note(models.Model):
    """A line somebody wrote down."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="notes"
    )
    text = models.CharField(max_length=200)
    written_at = models.DateTimeField(auto_now_add=True)

    objects = NoteQuerySet.as_manager()

    class Meta:
        ordering = ["-written_at", "id"]

    def __str__(self) -> str:
        return self.text


def write(*, owner: object, text: str) -> Note:
    """Write a line down; what is kept of the module's pages is stale from now on."""
    versions.bump("notes")
    return Note.objects.create(owner=owner, text=text)
