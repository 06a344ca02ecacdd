"""The endpoint of the module."""

from __future__ import annotations

from django.utils.decorators import method_decorator
from drf_spectacular.utils import extend_schema
from rest_framework import generics, serializers

from accounts.permissions import ModuleAccess, caller
from core import versions
from core.api import KnownParameters
from core.conditional import kept_answer
from tests.notes.models import Note


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
        fields = ["id", "text", "written_at"]


class NotesView(KnownParameters, generics.ListAPIView):
    """A person's own notes, newest first."""

    module = "notes"
    permission_classes = [ModuleAccess]
    serializer_class = NoteSerializer
    queryset = Note.objects.none()

    @extend_schema(operation_id="notes_list", tags=["Notes"], summary="Own notes")
    @method_decorator(kept_answer(lambda: versions.current("notes")))
    def get(self, request, *args, **kwargs):
        return super().get(request, *args, **kwargs)

    def get_queryset(self):
        return Note.objects.visible_to(caller(self.request))
