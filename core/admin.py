"""What an operator sees of the runs of all jobs: how they ended, how far they are; start one, end one."""

from __future__ import annotations

from typing import Any

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext_lazy as _

from core import broker, jobs, runs, signals
from core.models import JobRun


class ReadOnlyAdmin(admin.ModelAdmin):
    """Looking is allowed; the rows come from elsewhere and nobody edits them here."""

    show_facets = admin.ShowFacets.NEVER  # counting a million rows per filter makes a page slow

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False


@admin.register(JobRun)
class JobRunAdmin(ReadOnlyAdmin):
    """The runs, a button that starts a job, and an action that ends what is under way."""

    change_list_template = "admin/core/jobrun/change_list.html"
    list_display = ["name", "started", "finished", "trigger", "status", "error"]
    list_filter = ["name", "status", "trigger"]
    actions = ["cancel"]

    def get_urls(self) -> list[URLPattern]:
        start = path("start/", self.admin_site.admin_view(self.start), name="core_jobrun_start")
        return [start, *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return super().changelist_view(
            request, {**(extra_context or {}), "startable": sorted(jobs.every_job())}
        )

    def start(self, request: HttpRequest) -> HttpResponse:
        """Queue a job; its run appears in this list as soon as a worker takes it."""
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        if not self.has_view_permission(request):
            raise PermissionDenied
        name = request.POST.get("job", "")
        if name not in jobs.every_job():
            raise Http404
        if broker.ask(jobs.find(name).task, trigger=JobRun.Trigger.ADMIN):
            signals.job_started_by_hand.send(JobRun, actor=request.user, job=name)
            messages.success(request, _("The job %(job)s has been asked for.") % {"job": name})
        else:
            messages.error(request, str(broker.AWAY))
        return HttpResponseRedirect(reverse("admin:core_jobrun_changelist"))

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        return {
            name: action
            for name, action in super().get_actions(request).items()
            if name in self.actions
        }

    @admin.action(description=_("Cancel: end it at its next step; what is stored stays"))
    def cancel(self, request: HttpRequest, chosen: QuerySet[JobRun]) -> None:
        for name in sorted(
            {record.name for record in chosen if record.status == JobRun.Status.RUNNING}
        ):
            if record := runs.cancel(name):
                self.log_change(request, record, "asked to end")
                signals.job_ended_by_hand.send(JobRun, actor=request.user, job=name, run=record.pk)
                self.message_user(request, _("The job %(job)s was asked to end.") % {"job": name})
