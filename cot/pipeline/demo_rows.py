"""Invented rows and real rows never lie side by side: the first real source takes the place of the demo."""

from __future__ import annotations

from typing import Final

from django.db import connection, transaction
from django.db.models import Exists, OuterRef

from cot.models import Market, Observation, SourceFile
from cot.pipeline.source import SourceDown

_FORGET: Final = (
    """DELETE FROM cot_cropsplit WHERE observation_id IN (
        SELECT o.id FROM cot_observation o JOIN cot_sourcefile f ON f.id = o.source_file_id WHERE f.is_demo)""",
    "DELETE FROM cot_observation WHERE source_file_id IN (SELECT id FROM cot_sourcefile WHERE is_demo)",
    "DELETE FROM cot_boardrow",
)


def guard(is_demo: bool, *, write: bool) -> None:
    """Before a run: refuse the demo where real reports are stored, remove it where real reports are about to be."""
    if is_demo:
        if SourceFile.objects.filter(is_demo=False, status=SourceFile.Status.STORED).exists():
            raise SourceDown("real reports are stored; the demo stays out")
    elif write and SourceFile.objects.filter(is_demo=True).exists():
        forget()


@transaction.atomic
def forget() -> None:
    """Delete everything that came from demo files. They have no versions, so nothing published is lost.

    Statements, not objects: a queryset would fetch every row to look for its children.
    """
    with connection.cursor() as cursor:
        for statement in _FORGET:
            cursor.execute(statement)
    SourceFile.objects.filter(is_demo=True).delete()
    Market.objects.filter(~Exists(Observation.objects.filter(market=OuterRef("pk")))).delete()
