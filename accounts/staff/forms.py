"""What operators fill in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts.models import Role
from core import modules


class RoleForm(forms.Form):
    role = forms.ChoiceField(label=_("Role"), choices=Role.choices)


class ModuleForm(forms.Form):
    """A module to grant; those `without` are not offered."""

    permission = forms.ChoiceField(label=_("Module"), choices=modules.grantable())

    def __init__(self, *args: Any, without: Collection[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offered = [(code, name) for code, name in modules.grantable() if code not in without]
        cast("forms.ChoiceField", self.fields["permission"]).choices = offered


class DayInput(forms.DateInput):
    """The browser's own calendar, which reads one spelling of a day whatever the language of the page."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(format="%Y-%m-%d")


class PeriodForm(forms.Form):
    """Days from and to, both included."""

    date_from = forms.DateField(label=_("From"), widget=DayInput)
    date_to = forms.DateField(label=_("To"), widget=DayInput)
