"""The data page: what is stored, how fresh it is, what was set aside, replaced or is missing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.contrib import messages
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from accounts import audit
from accounts.models import Action, User
from accounts.permissions import admin_required, module_required
from core import broker, runs
from core.errors import Invalid
from core.models import JobRun
from core.pages import progress
from core.pages.progress import Progress
from core.pages.refusals import explains_refusals
from core.pages.tables import Option
from core.query import OneOf, Query, Whole, declared, sayable
from core.templatetags.numbers import ago
from cot import tasks
from cot.catalogue.codes import typed
from cot.models import Market, QuarantinedRow, ReviewItem, SourceFile
from cot.pages.forms_data import Narrow, NarrowItems, NarrowQuarantine
from cot.selectors import quality, status
from cot.selectors.quality import AlreadyClosed
from cot.templatetags.cot_words import file_name
from cot.variants import VARIANTS

Rows = Sequence[Any] | QuerySet[Any, Any]

PAGE: Final = 50
RUNS: Final = 8


@dataclass(frozen=True, slots=True)
class Shelf:
    """One list of the page: its name, what narrows it, its rows, and the words when there are none."""

    title: Promise
    note: Promise
    nothing: Promise
    form: type[Narrow]
    rows: Callable[[Any], Rows]


def _quarantine(form: NarrowQuarantine) -> Rows:
    asked = form.narrowed("code") & form.closed("resolved_at") & form.of_reason()
    return QuarantinedRow.objects.filter(asked).select_related("source_file")


def _review(form: NarrowItems) -> Rows:
    code = form.cleaned_data["code"]
    found = ReviewItem.objects.filter(form.closed("closed_at")).select_related("market")
    return found.filter(market__in=typed(code)) if code else found


def _revisions(form: Narrow) -> Rows:
    return quality.replaced().filter(form.narrowed("observation__market", prefix="observation__"))


def _gaps(form: Narrow) -> Rows:
    chosen = form.cleaned_data
    wanted = [
        variant
        for variant in VARIANTS.values()
        if chosen["report"] in ("", variant.type) and chosen["basis"] in ("", variant.subtype)
    ]
    codes = typed(code) if (code := chosen["code"]) else []
    return [
        gap for variant in wanted for gap in quality.gaps(variant) if not codes or gap.code in codes
    ]


def _files(form: Narrow) -> Rows:
    chosen = form.cleaned_data
    fields = {"report_type": chosen["report"], "subtype": chosen["basis"]}
    return SourceFile.objects.filter(**{name: value for name, value in fields.items() if value})


SHELVES: Final = {
    "quarantine": Shelf(
        gettext_lazy("Set aside"),
        gettext_lazy(
            "Lines that contradict themselves. They are not stored; the last good numbers stay on the pages."
        ),
        gettext_lazy("No line is set aside: every stored row keeps every identity."),
        NarrowQuarantine,
        _quarantine,
    ),
    "review": Shelf(
        gettext_lazy("To review"),
        gettext_lazy(
            "What a person should look at: unknown codes, changed contract sizes, restated closed years."
        ),
        gettext_lazy("Nothing waits for a person."),
        NarrowItems,
        _review,
    ),
    "revisions": Shelf(
        gettext_lazy("Revisions"),
        gettext_lazy(
            "Numbers that a later file replaced: what they were, what they are, since when."
        ),
        gettext_lazy("No stored number was ever replaced."),
        Narrow,
        _revisions,
    ),
    "gaps": Shelf(
        gettext_lazy("Gaps"),
        gettext_lazy(
            "Reports that lack a market they held before and after, usually below 20 reportable traders."
        ),
        gettext_lazy("Every market is in every report between its first and its last."),
        Narrow,
        _gaps,
    ),
    "files": Shelf(
        gettext_lazy("Source files"),
        gettext_lazy("Every file that was asked for and what became of it."),
        gettext_lazy("No file was asked for yet."),
        Narrow,
        _files,
    ),
}


@dataclass(frozen=True)
class DataQuery(Query):
    """Which list, and which page of it; what narrows it is the list's own form."""

    show: str = declared(OneOf(SHELVES, default="quarantine", control="links"))
    page: int = declared(Whole(least=1, default=1, control="links"))


@module_required("cot")
@require_safe
@explains_refusals
def data(request: HttpRequest) -> HttpResponse:
    """Freshness of every report, runs, releases, and one of the lists."""
    now = timezone.now()
    asked = DataQuery.of(request.GET)
    name, shelf = asked.show, SHELVES[asked.show]
    form = shelf.form(request.GET)
    if not form.is_valid():
        raise Invalid(details={field: list(texts) for field, texts in form.errors.items()})
    page = Paginator(shelf.rows(form), PAGE).get_page(asked.page)
    found = status.status(now)
    context = {
        "status": found,
        "coverage": [(VARIANTS[key], part) for key, part in found.variants.items()],
        "upcoming": status.upcoming(now),
        "runs": [status.run(record) for record in status.runs()[:RUNS]],
        "categories": quality.categories("fo"),
        "lists": [
            Option(other.title, f"?show={key}#items", key == name) for key, other in SHELVES.items()
        ],
        "name": name,
        "shelf": shelf,
        "form": form,
        "narrowed": [
            str(form[field].label)
            for field, value in request.GET.items()
            if field in form.fields and value
        ],
        "page": page,
        "rows": _shown(name, page),
        "under_way": _under_way(request, found.running, now),
    }
    return render(request, "cot/data.html", context)


def _under_way(
    request: HttpRequest, run: status.PipelineRun | None, now: datetime
) -> dict[str, Any] | None:
    """The run under way, or the update that this administrator asked for and that has not begun."""
    asked = _instant(request.GET.get("asked", ""))
    if run is not None:
        return progress.first(_progress(request, run, run.started_at, now))
    if asked and status.newest_run_since(asked) is None:
        return progress.first(_progress(request, None, asked, now))
    return None


def _progress(
    request: HttpRequest, run: status.PipelineRun | None, since: datetime, now: datetime
) -> Progress:
    poll = reverse("cot:run-progress")
    if run is None:
        waits = _("it begins as soon as a worker is free")
        return Progress("running", _("Update asked for"), waits, poll, since, begun=False)
    done, total, last = (run.progress.get(name) for name in ("done", "total", "note"))
    return Progress(
        "running",
        _("Update under way"),
        _("%(done)s of %(total)s files") % run.progress if total else _("reading what there is"),
        poll,
        since,
        note=file_name(last or ""),
        aside=_("running for %(time)s") % {"time": ago((now - run.started_at).total_seconds())},
        done=done or 0,
        total=total,
        cancel=reverse("cot:cancel-update") if request.user.is_admin else "",  # type: ignore[union-attr]
        cancelling=run.is_cancelled,
    )


def _instant(text: str) -> datetime | None:
    """An instant with its offset, whose + may have arrived as a blank; None for anything else."""
    try:
        found = parse_datetime(text.replace(" ", "+"))
        return sayable(found) if found and found.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _shown(name: str, page: Page[Any]) -> list[Any]:
    """The rows of the page; revisions are shown cell by cell, and codes bring their market."""
    rows = quality.changed_cells(page) if name == "revisions" else list(page)
    codes = {getattr(row, "code", "") for row in rows}
    named = Market.objects.only("code", "name").in_bulk(codes - {""})
    return [(row, named.get(getattr(row, "code", ""))) for row in rows]


@module_required("cot")
@require_safe
def run_progress(request: HttpRequest) -> HttpResponse:
    """The run that began since the given instant, asked for every second; when it has ended, the page loads anew."""
    since = _instant(request.GET.get("since", ""))
    if since is None:
        raise Http404
    now = timezone.now()
    run = status.newest_run_since(since)
    ended = run is not None and not run.is_under_way
    return progress.answer(request, _progress(request, run, since, now), now, ended=ended)


@admin_required
@require_POST
def update(request: HttpRequest) -> HttpResponse:
    """Ask for an update; the page then shows its progress. Refused while one works."""
    asked = timezone.now()
    if status.running():
        messages.info(request, _("An update is under way already."))
        return redirect("cot:data")
    assert isinstance(request.user, User)
    audit.record(Action.RUN_INGEST, actor=request.user)
    if not broker.ask(tasks.cot_update_by_admin, trigger=JobRun.Trigger.ADMIN):
        messages.error(request, str(broker.AWAY))
        return redirect("cot:data")
    return redirect(f"{reverse('cot:data')}?{urlencode({'asked': asked.isoformat()})}")


@admin_required
@require_POST
def cancel(request: HttpRequest) -> HttpResponse:
    """Ask the update under way to end at its next file; what it stored by then stays."""
    assert isinstance(request.user, User)
    record = runs.cancel(status.UPDATE)
    if record is None:
        messages.info(request, _("No update is under way."))
        return redirect("cot:data")
    audit.record(Action.CANCEL_INGEST, actor=request.user, run=record.pk)
    messages.success(
        request, _("The update ends after the file it is reading; what is stored stays.")
    )
    return redirect("cot:data")


@admin_required
@require_POST
def close_review(request: HttpRequest, pk: int) -> HttpResponse:
    """A person looked at the item and says what came of it."""
    item = get_object_or_404(ReviewItem, pk=pk)
    note = request.POST.get("note", "")
    return _closed(
        request, "review", lambda: quality.close_review(item=item, note=note, at=timezone.now())
    )


@admin_required
@require_POST
def close_quarantined(request: HttpRequest, pk: int) -> HttpResponse:
    """Nothing will come of the row: it is not asked about again."""
    row = get_object_or_404(QuarantinedRow, pk=pk)
    return _closed(
        request, "quarantine", lambda: quality.close_quarantined(row=row, at=timezone.now())
    )


def _closed(request: HttpRequest, name: str, close: Callable[[], None]) -> HttpResponse:
    try:
        close()
    except AlreadyClosed as refusal:
        messages.warning(request, str(refusal))
    else:
        messages.success(request, _("Closed."))
    response = redirect("cot:data")
    response["Location"] += f"?show={name}"
    return response
