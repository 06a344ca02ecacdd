"""Pages of operators: people, approvals, audit log, statistics."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.bridge import reauth
from accounts.letters import local_mail
from accounts.models import Status, User
from accounts.permissions import admin_required
from accounts.staff import charts, operators
from accounts.staff.filters import AuditFilter, PeopleFilter, audit_entries, people
from accounts.staff.forms import ModuleForm, PeriodForm, RoleForm
from accounts.staff.statistics import statistics, today
from accounts.views import person_of
from core.errors import AppError, UnknownParameter

PAGE = 50


@admin_required
def users(request: HttpRequest) -> HttpResponse:
    """Everybody, searched and filtered."""
    found = PeopleFilter(request.GET, queryset=people())
    page = Paginator(found.qs, PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/users.html", {"tab": "users", "form": found.form, "page": page})


@admin_required
def user(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One person: facts, modules, and what can be done."""
    person = get_object_or_404(people(), pk=pk)
    held = person.module_permissions.select_related("granted_by").order_by("permission")
    context = {
        "tab": "users",
        "person": person,
        "held": held,
        "role_form": RoleForm(initial={"role": person.role}),
        "module_form": ModuleForm(without=[row.permission for row in held]),
        "entries": audit_entries().filter(target_user=person)[:20],
        "own": person.pk == person_of(request).pk,
    }
    return render(request, "staff/user.html", context)


@admin_required
def approvals(request: HttpRequest) -> HttpResponse:
    """Confirmed people who wait, oldest first."""
    waiting = people().filter(status=Status.PENDING).order_by("created_at", "pk")
    return render(request, "staff/approvals.html", {"tab": "approvals", "waiting": waiting})


@admin_required
def audit_log(request: HttpRequest) -> HttpResponse:
    """What operators did."""
    found = AuditFilter(request.GET, queryset=audit_entries())
    page = Paginator(found.qs, PAGE).get_page(request.GET.get("page"))
    return render(request, "staff/audit.html", {"tab": "audit", "form": found.form, "page": page})


@admin_required
def statistics_page(request: HttpRequest) -> HttpResponse:
    """Totals, and registrations by local day; the last thirty days when no period is given."""
    last = today()
    period = {"date_from": last - timedelta(days=29), "date_to": last}
    form = PeriodForm(period | request.GET.dict())
    numbers = None
    try:
        if unknown := request.GET.keys() - form.fields.keys():
            raise UnknownParameter(sorted(unknown))
        if form.is_valid():
            numbers = statistics(**form.cleaned_data)
    except AppError as error:
        form.add_error(None, str(error.message))
    context = {"tab": "statistics", "form": form, "numbers": numbers}
    if numbers:
        context |= {
            "chart": charts.registrations_chart(numbers),
            "table": charts.registrations_table(numbers),
        }
    return render(request, "staff/statistics.html", context)


@admin_required
def kept_mail(request: HttpRequest) -> HttpResponse:
    """What would have been mailed; on ENV=local only."""
    if settings.ENV != "local":
        raise Http404
    return render(request, "staff/mail.html", {"tab": "mail", "mails": local_mail.kept()})


ACTIONS = {
    "approve": operators.approve,
    "disable": operators.disable,
    "enable": operators.enable,
    "reset-mfa": operators.reset_mfa,
}
PROVEN = {"disable", "enable", "reset-mfa"}  # a stolen sign-in of an operator does none of these


@admin_required
@require_POST
def act(request: HttpRequest, pk: uuid.UUID, action: str) -> HttpResponse:
    """Approve, disable, enable or reset the second factor of a person."""
    if action not in ACTIONS:
        raise Http404
    if action in PROVEN:
        reauth.require_on_page(request)
    return carry_out(request, pk, ACTIONS[action])


@admin_required
@require_POST
def set_role(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """Another role, from the person's next request on."""
    form = RoleForm(request.POST)
    if not form.is_valid():
        return redirect("staff:user", pk)
    reauth.require_on_page(request)
    return carry_out(request, pk, operators.change_role, **form.cleaned_data)


@admin_required
@require_POST
def add_module(request: HttpRequest, pk: uuid.UUID) -> HttpResponse:
    """One more module."""
    form = ModuleForm(request.POST)
    if not form.is_valid():
        return redirect("staff:user", pk)
    return carry_out(request, pk, operators.grant_permission, **form.cleaned_data)


@admin_required
@require_POST
def remove_module(request: HttpRequest, pk: uuid.UUID, permission: str) -> HttpResponse:
    """One module less."""
    return carry_out(request, pk, operators.revoke_permission, permission=permission)


def carry_out(request: HttpRequest, pk: uuid.UUID, action: Any, **values: Any) -> HttpResponse:
    """Takes an action and goes back to the person, or to the queue it came from; a refusal is told, no error page."""
    person = get_object_or_404(User, pk=pk)
    try:
        action(actor=person_of(request), user=person, **values)
    except AppError as refusal:
        messages.error(request, str(refusal.message))
    else:
        messages.success(request, _("Done."))
    return redirect("staff:approvals") if "queue" in request.POST else redirect("staff:user", pk)
