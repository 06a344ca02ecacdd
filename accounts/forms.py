"""What people and operators fill in."""

from __future__ import annotations

from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts import zones
from accounts.bridge.forms import SIX_DIGITS
from accounts.models import (
    Channel,
    Language,
    Notice,
    Preferences,
    RiskTolerance,
    User,
)
from core import modules


class ProfileForm(forms.ModelForm):
    timezone = forms.TypedChoiceField(label=_("Time zone"), coerce=str)

    class Meta:
        model = User
        fields = ["nickname", "language", "timezone"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = sorted(zones.names())
        self.fields["timezone"].choices = [(zone, zone.replace("_", " ")) for zone in known]  # type: ignore[attr-defined]
        # pages exist in fewer languages than people have
        spoken = [*dict(settings.LANGUAGES), self.instance.language]
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


class NewAddressForm(forms.Form):
    """Another address of the account."""

    new_email = forms.EmailField(
        label=_("New e-mail"), max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )


class MailedCodeForm(forms.Form):
    """Six digits from a mail."""

    code = forms.RegexField(r"^[0-9]{6}\Z", label=_("Code"), widget=forms.TextInput(SIX_DIGITS))


class NoticesForm(forms.Form):
    """For each kind of notice that a module of this installation sends, the ways it is sent."""

    def __init__(self, *args: Any, preferences: Preferences, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        senders = {module.key for module in modules.registered()}
        for notice in (each for each in Notice if each.module in senders):
            self.fields[notice.value] = forms.MultipleChoiceField(
                label=notice.label,
                choices=Channel.choices,
                required=False,
                initial=preferences.notify.get(notice.value, []),
                widget=forms.CheckboxSelectMultiple,
            )
