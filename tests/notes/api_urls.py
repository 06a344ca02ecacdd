from django.urls import path

from tests.notes.api import NotesView

urlpatterns = [path("notes", NotesView.as_view(), name="api-notes")]
