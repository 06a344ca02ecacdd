"""What people and operators fill in."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, cast

from allauth.account.forms import SignupForm
from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import services, zones
from accounts.forms_signin import LABELS, OurWords
from accounts.models import (
    Channel,
    Language,
    Notice,
    Preferences,
    RiskTolerance,
    Role,
    Status,
    User,
)
from core import modules
from core.errors import AppError


class PersonSignupForm(OurWords, SignupForm):
    """allauth's sign-up with a nickname; an address that was never confirmed may sign up again."""

    nickname = forms.CharField(label=_("Nickname (optional)"), max_length=100, required=False)
    field_order = ["email", "password1", "nickname", "username"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["nickname"].widget.attrs["autocomplete"] = "nickname"
        self.fields["password1"].label = LABELS["password"]

    def clean_username(self) -> str:
        """The name may be the one that the same address chose in an earlier, unconfirmed sign-up."""
        email = User.objects.canonical(self.cleaned_data.get("email", ""))
        try:
            return (
                services.check_username(
                    self.cleaned_data["username"], of=User.objects.by_login(email) or User()
                )
                or ""
            )
        except AppError as error:
            raise forms.ValidationError(str(error.message)) from None

    def validate_unique_email(self, value: str) -> str:
        email: str = super().validate_unique_email(value)
        if User.objects.filter(
            email=User.objects.canonical(email), status=Status.UNVERIFIED
        ).exists():
            self.account_already_exists = False
        return email


class ProfileForm(forms.ModelForm):
    timezone = forms.TypedChoiceField(label=_("Time zone"), coerce=str)

    class Meta:
        model = User
        fields = ["nickname", "language", "timezone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted(zones.names())
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in known]  # type: ignore[attr-defined]
        spoken = [
            *dict(settings.LANGUAGES),
            self.instance.language,
        ]  # pages exist in fewer languages than people have
        languages = [choice for choice in Language.choices if choice[0] in spoken]
        cast("forms.ChoiceField", self.fields["language"]).choices = languages


class PreferencesForm(forms.ModelForm):
    max_position_size = forms.DecimalField(
        label=_("Largest position, fraction of equity"),
        min_value=0.01,
        max_value=1,
        decimal_places=2,
    )
    preferred_sectors = forms.CharField(
        label=_("Preferred sectors"), required=False, help_text=_("With commas between them.")
    )
    risk_tolerance = forms.ChoiceField(label=_("Risk tolerance"), choices=RiskTolerance.choices)

    class Meta:
        model = Preferences
        fields = ["risk_tolerance", "max_position_size", "preferred_sectors"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["preferred_sectors"] = ", ".join(self.instance.preferred_sectors)

    def clean_preferred_sectors(self) -> list[str]:
        return [
            part.strip()[:50]
            for part in self.cleaned_data["preferred_sectors"].split(",")
            if part.strip()
        ][:30]


class NoticesForm(forms.Form):
    """For each kind of notice, the ways it is sent."""

    def __init__(self, *args: Any, preferences: Preferences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for notice in Notice:
            self.fields[notice.value] = forms.MultipleChoiceField(
                label=notice.label,
                choices=Channel.choices,
                required=False,
                initial=preferences.notify.get(notice.value, []),
                widget=forms.CheckboxSelectMultiple,
            )


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
