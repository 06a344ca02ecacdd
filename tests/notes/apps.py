from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _

from core.modules import Module, Page


class NotesConfig(AppConfig):
    name = "tests.notes"
    label = "notes"
    shell = Module(
        key="notes",
        title=_("Notes"),
        home=Page(_("Notes"), "notes:list", letter="n"),
        search="tests.notes.selectors.search",
        api_reads=("/api/v1/notes",),
    )
