"""What the lists of the data page can be narrowed to."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cot.catalogue.codes import typed
from cot.models import ReportType, Subtype
from cot.words import SET_ASIDE

STATES: Final = {"": _("open"), "closed": _("closed"), "all": _("open and closed")}


class Narrow(forms.Form):
    """Report, basis and market code: what every list of the data page knows."""

    report = forms.ChoiceField(
        choices=[("", _("all reports")), *ReportType.choices], required=False, label=_("Report")
    )
    basis = forms.ChoiceField(
        choices=[("", _("both")), *Subtype.choices], required=False, label=_("Basis")
    )
    code = forms.CharField(max_length=6, required=False, strip=True, label=_("Market code"))

    def narrowed(self, code_field: str, prefix: str = "") -> Q:
        """The chosen report, basis and code as a condition; nothing chosen narrows nothing."""
        chosen: dict[str, Any] = self.cleaned_data
        fields = {f"{prefix}report_type": chosen["report"], f"{prefix}subtype": chosen["basis"]}
        asked = {name: value for name, value in fields.items() if value}
        if code := chosen["code"]:
            asked[f"{code_field}__in"] = typed(code)
        return Q(**asked)


class NarrowItems(Narrow):
    """The same for things that a person may close."""

    state = forms.ChoiceField(choices=list(STATES.items()), required=False, label=_("State"))

    def closed(self, field: str) -> Q:
        """Open items unless something else is asked for."""
        return {
            "": Q(**{f"{field}__isnull": True}),
            "closed": Q(**{f"{field}__isnull": False}),
        }.get(self.cleaned_data["state"], Q())


class NarrowQuarantine(NarrowItems):
    reason = forms.ChoiceField(
        choices=[("", _("any")), *SET_ASIDE.items()], required=False, label=_("Reason")
    )

    def of_reason(self) -> Q:
        reason = self.cleaned_data["reason"]
        return Q(reasons__icontains=f'"{reason}"') if reason else Q()
