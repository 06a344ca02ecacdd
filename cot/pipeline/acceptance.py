"""An administrator accepts a row the checks refused: it is stored as printed, and marked `warned`."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Final

import numpy as np
from django.conf import settings
from django.db import DatabaseError, transaction
from django.utils.translation import gettext_lazy as _

from core.errors import Conflict
from core.locks import named_lock
from cot.models import Observation, QuarantinedRow, SourceFile
from cot.pipeline import ingest, json_rows, parsing, store, update
from cot.pipeline.comparison import compare
from cot.pipeline.deriving import derive
from cot.pipeline.report_table import Rejection, ReportTable
from cot.variants import variant

# What a whole line can break: its key and every number of it were read.
ACCEPTABLE: Final = frozenset(
    {"long_side", "short_side", "change", "crop", "percent", "concentration"}
)


class NotAcceptable(Conflict):
    """The line cannot be stored as it is; the message says why."""

    code = "not_acceptable_row"


def accept(row: QuarantinedRow) -> Observation:
    """Store the row as its file prints it, close what is open for its key as `accepted`, compute the board anew.

    Raises `NotAcceptable` when the line cannot be read as a row, is closed already, or a newer file has the last word
    on it, and `Locked` while an update runs. Either way nothing is changed.
    """
    with named_lock(update.LOCK), transaction.atomic():
        row = QuarantinedRow.objects.select_related("source_file").get(pk=row.pk)
        table = _printed(row)
        stored = _store(table, row.source_file)
        same_key = {"report_type": row.report_type, "subtype": row.subtype, "code": row.code}
        QuarantinedRow.objects.filter(
            report_date=row.report_date, resolved_at=None, **same_key
        ).update(resolution=QuarantinedRow.Resolution.ACCEPTED, resolved_at=datetime.now(UTC))
        derive([variant(row.report_type, row.subtype)], codes=[row.code])
    return stored


def _printed(row: QuarantinedRow) -> ReportTable:
    """The file of the row, narrowed to its line."""
    if row.resolved_at:
        raise NotAcceptable(_("The row is closed already."))
    for reason in row.reasons:
        if reason in ACCEPTABLE:
            continue
        raise NotAcceptable(
            _("A line that broke “%(reason)s” has no numbers to store.") % {"reason": reason}
        )
    path = settings.VAR_DIR / row.source_file.path
    if not row.source_file.path or not path.is_file():
        raise NotAcceptable(_("The file of the row was not kept."))
    is_bulk = row.source_file.kind == SourceFile.Kind.BULK
    try:
        _member, content = parsing.unpack(path.read_bytes(), is_archive=False, is_bulk=is_bulk)
        table = parsing.parse(
            parsing.as_text(content),
            variant(row.report_type, row.subtype),
            omits_nulls=json_rows.is_json(content),
        )
    except Rejection as problem:
        raise NotAcceptable(
            _("The kept file cannot be read: %(problem)s") % {"problem": problem}
        ) from problem
    line = table.lines == row.line
    if np.count_nonzero(line) != 1:
        raise NotAcceptable(_("The kept file has no row on that line."))
    return table.take(line)


def _store(table: ReportTable, origin: SourceFile) -> Observation:
    try:
        ingest.add(table, origin)
    except DatabaseError as problem:
        raise NotAcceptable(
            _("The database refuses the row: %(problem)s") % {"problem": problem}
        ) from problem
    day = table.dates[0].astype(object)
    now = store.stored_rows(table.variant, day, day, crops_from=date.max)
    place = now.codes.tolist().index(table.codes[0])
    if not compare(table, now).is_same.all() or now.rows[place].withdrawn_at:
        raise NotAcceptable(_("A newer file has the last word on this row."))
    stored = Observation.objects.get(pk=now.rows[place].id)
    stored.quality = Observation.Quality.WARNED
    stored.save(update_fields=["quality"])
    return stored
