"""Invented rows and real rows never lie side by side: the first real source takes the place of the demo."""

from __future__ import annotations

from django.db import transaction
from django.db.models import Exists, OuterRef

from cot.models import BoardRow, Market, Observation, SourceFile
from cot.source import SourceDown


def guard(is_demo: bool, *, write: bool) -> None:
    """Before a run: refuse the demo where real reports are stored, remove it where real reports are about to be."""
    if is_demo:
        if SourceFile.objects.filter(is_demo=False, status=SourceFile.Status.STORED).exists():
            raise SourceDown("real reports are stored; the demo stays out")
    elif write and SourceFile.objects.filter(is_demo=True).exists():
        forget()


@transaction.atomic
def forget() -> None:
    """Delete everything that came from demo files. They have no versions, so nothing published is lost."""
    Observation.objects.filter(source_file__is_demo=True).delete()
    BoardRow.objects.all().delete()
    SourceFile.objects.filter(is_demo=True).delete()
    Market.objects.filter(~Exists(Observation.objects.filter(market=OuterRef("pk")))).delete()
