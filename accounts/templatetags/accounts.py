"""What templates of people need."""

from __future__ import annotations

from typing import Any

from django import template
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.models import Module, Role

register = template.Library()

ERRORS = {
    "provider_unavailable": _("This provider is not available here."),
    "invalid_state": _("The sign-in took too long or was begun elsewhere. Try again."),
    "provider_error": _("The provider did not confirm the sign-in."),
    "email_not_verified": _("The provider does not vouch for an e-mail address of yours."),
}


@register.filter
def role_name(code: str) -> str | Promise:
    return Role(code).label


@register.filter
def module_name(code: str) -> str | Promise:
    return Module(code).label


@register.simple_tag(takes_context=True)
def sign_in_error(context: dict[str, Any]) -> str:
    """The sentence for `?error=` after a sign-in by a provider; nothing for a code we do not know."""
    return str(ERRORS.get(context["request"].GET.get("error", ""), ""))
