"""What templates of people need."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from allauth.account.utils import passthrough_next_redirect_url
from django import template
from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from accounts.bridge import mfa
from accounts.models import Client, Role, Status
from core import modules
from core.words import Words

register = template.Library()

NAMES: dict[str, Words] = {
    **{member.value: member.label for kind in (Role, Status) for member in kind},
    **modules.titles(),
    "totp": _("Authenticator app"),
    "webauthn": _("Passkey"),
    "recovery_codes": _("Recovery codes"),
    "family": _("sign-in"),
}

ERRORS = {
    "provider_unavailable": _("This provider is not available here."),
    "invalid_request": _("The app asked for a sign-in wrongly. Tell its makers."),
    "invalid_state": _("The sign-in took too long or was begun elsewhere. Try again."),
    "provider_error": _("The provider did not confirm the sign-in."),
    "email_not_verified": _("The provider does not vouch for an e-mail address of yours."),
}


@register.filter
def role_name(code: str) -> Words:
    return Role(code).label


@register.filter
def module_name(code: str) -> Words:
    return modules.titles()[code]


@register.filter
def client_name(code: str) -> Words:
    return Client(code).label


@register.filter
def status_kind(status: str) -> str:
    """How the badge of a state looks."""
    return {Status.ACTIVE: "good", Status.PENDING: "warn", Status.DISABLED: "bad"}.get(
        Status(status), ""
    )


@register.filter
def changes(metadata: dict[str, Any]) -> str:
    """The values of an audit entry as people read them: “Active → Disabled”, “+ Journal”, “− Journal”."""
    told: dict[str, dict[str, str]] = {}
    for name, value in metadata.items():
        side, _, subject = name.partition("_")
        if side in ("previous", "new"):
            told.setdefault(subject, {})[side] = words(value)
        else:
            told[name] = {
                "fact": f"{NAMES.get(name, name)} {str(value)[:8] if name == 'family' else value}"
            }
    return "; ".join(map(told_change, told.values()))


def told_change(sides: dict[str, str]) -> str:
    """One subject of an audit entry, before and after."""
    if "fact" in sides:
        return sides["fact"]
    if len(sides) == 2:
        return f"{sides['previous']} → {sides['new']}"
    return f"+ {sides['new']}" if "new" in sides else f"− {sides['previous']}"


def words(value: Any) -> str:
    """Codes of roles, states, modules and factors by their names; anything else as it is."""
    if isinstance(value, list):
        return ", ".join(map(words, value))
    return str(NAMES.get(str(value), value))


@register.simple_tag(takes_context=True)
def sign_in_error(context: dict[str, Any]) -> str:
    """The sentence for `?error=` after a sign-in by a provider; nothing for a code we do not know."""
    return str(ERRORS.get(context["request"].GET.get("error", ""), ""))


@register.simple_tag
def mail_is_kept() -> bool:
    """Whether mails are printed and kept on this machine instead of being sent."""
    return bool(settings.LOCAL and settings.EMAIL_PROVIDER == "console")


@register.simple_tag(takes_context=True)
def passkeys_elsewhere(context: dict[str, Any]) -> str:
    """The address of this page at the host that passkeys belong to; empty where that is this one."""
    request: HttpRequest = context["request"]
    if mfa.takes_passkeys(request.get_host()):
        return ""
    here = urlsplit(request.build_absolute_uri())
    port = f":{here.port}" if here.port else ""
    return here._replace(netloc=f"{mfa.passkey_host()}{port}").geturl()


@register.simple_tag(takes_context=True)
def onward(context: dict[str, Any], name: str) -> str:
    """The address of a page, with `next` of this one."""
    url: str = passthrough_next_redirect_url(context["request"], reverse(name), "next")
    return url
