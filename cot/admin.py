"""What an operator sees of the reports: everything, and nothing of it can be edited.

A published number is changed by the CFTC and by nobody else.
"""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from core.admin import ReadOnlyAdmin
from core.errors import Conflict
from cot.models import (
    Lineage,
    Market,
    MarketName,
    Observation,
    ObservationVersion,
    QuarantinedRow,
    ReleaseNotice,
    ReviewItem,
    SourceFile,
)
from cot.pipeline import acceptance
from cot.words import SET_ASIDE


class NameInline(admin.TabularInline):
    model = MarketName
    can_delete = False
    extra = 0

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(Market)
class MarketAdmin(ReadOnlyAdmin):
    list_display = [
        "code",
        "name",
        "exchange_code",
        "category",
        "sector",
        "primary_report",
        "first_date",
        "last_date",
    ]
    list_filter = ["category", "primary_report", "category_basis"]
    search_fields = ["code", "name", "search_text"]
    inlines = [NameInline]


@admin.register(Observation)
class ObservationAdmin(ReadOnlyAdmin):
    list_display = [
        "market_id",
        "report_type",
        "subtype",
        "report_date",
        "open_interest",
        "version",
        "quality",
    ]
    list_filter = ["report_type", "subtype", "quality", "vintage_basis"]
    search_fields = ["market__code__iexact"]
    date_hierarchy = "report_date"
    list_select_related = False
    show_full_result_count = False
    ordering = ["-report_date", "market"]


@admin.register(ObservationVersion)
class ObservationVersionAdmin(ReadOnlyAdmin):
    list_display = ["observation", "version", "known_at", "superseded_at"]
    list_select_related = ["observation"]
    search_fields = ["observation__market__code__iexact"]


@admin.register(SourceFile)
class SourceFileAdmin(ReadOnlyAdmin):
    list_display = [
        "url",
        "report_type",
        "subtype",
        "kind",
        "year",
        "status",
        "rows",
        "fetched_at",
        "reason",
    ]
    list_filter = ["status", "report_type", "subtype", "kind", "is_demo"]
    search_fields = ["url", "sha256"]


@admin.register(QuarantinedRow)
class QuarantinedRowAdmin(ReadOnlyAdmin):
    list_display = [
        "code",
        "report_date",
        "report_type",
        "subtype",
        "broken",
        "line",
        "last_seen",
        "resolution",
    ]
    list_filter = ["resolution", "report_type", "subtype"]
    search_fields = ["code", "reasons"]
    actions = ["accept", "close_as_obsolete"]

    @admin.display(description=_("Reason"))
    def broken(self, row: QuarantinedRow) -> str:
        return ", ".join(str(SET_ASIDE.get(reason, reason)) for reason in row.reasons)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if name in self.actions
        }

    @admin.action(description=_("Accept: store as printed, marked as accepted with a warning"))
    def accept(self, request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> None:
        """Row by row: what cannot be accepted is named, the others are stored."""
        for row in rows:
            try:
                stored = acceptance.accept(row)
            except Conflict as problem:
                self.message_user(
                    request, f"{row.code} {row.report_date}: {problem}", messages.ERROR
                )
            else:
                self.log_change(request, row, f"accepted as {stored}")
                self.message_user(request, _("%(row)s is stored as printed.") % {"row": stored})

    @admin.action(description=_("Close: of no importance any more"))
    def close_as_obsolete(self, request: HttpRequest, rows: QuerySet[QuarantinedRow]) -> None:
        closed = rows.filter(resolved_at=None).update(
            resolved_at=timezone.now(), resolution=QuarantinedRow.Resolution.OBSOLETE
        )
        self.message_user(request, _("%(count)d rows closed.") % {"count": closed})


@admin.register(ReviewItem)
class ReviewItemAdmin(ReadOnlyAdmin):
    list_display = ["kind", "market_id", "opened_at", "closed_at", "note"]
    list_filter = ["kind", ("closed_at", admin.EmptyFieldListFilter)]


@admin.register(ReleaseNotice)
class ReleaseNoticeAdmin(ReadOnlyAdmin):
    list_display = ["report_date", "release_at", "source", "announced_on"]
    list_filter = ["source"]


@admin.register(Lineage)
class LineageAdmin(ReadOnlyAdmin):
    list_display = ["code", "successor", "kind", "from_date", "factor"]
