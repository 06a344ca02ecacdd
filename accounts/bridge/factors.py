"""Second factors over the API: allauth's `Authenticator` rows, challenges instead of a session."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.base.internal.flows import delete_dangling_recovery_codes
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, generate_totp_secret
from allauth.mfa.webauthn.internal import auth as webauthn
from django.core.exceptions import ValidationError
from django.db import transaction
from fido2.webauthn import ResidentKeyRequirement, UserVerificationRequirement

from accounts import services
from accounts.errors import (
    AlreadyEnabled,
    ChallengeExpired,
    InvalidCode,
    InvalidCredential,
    NoFactor,
    StaleChallenge,
    WrongCode,
)
from accounts.letters import mail
from accounts.models import ChallengeKind, User
from accounts.proofs import challenges
from core.errors import NotFound

Type = Authenticator.Type
REQUIRED = UserVerificationRequirement.REQUIRED


@dataclass(frozen=True, slots=True)
class Question:
    """What a browser needs to use a passkey: the options, and the challenge token to send back."""

    challenge: str
    options: dict[str, Any]


@dataclass(frozen=True, slots=True)
class NewApp:
    """An authenticator app that is not switched on yet."""

    secret: str
    otpauth_uri: str
    qr_svg: str


@dataclass(frozen=True, slots=True)
class Passkey:
    """A passkey as its owner sees it."""

    id: int
    name: str
    created_at: datetime
    last_used_at: datetime | None


def rows(user: User, *types: str) -> Any:
    """The person's factors of these types."""
    return Authenticator.objects.filter(user=user, type__in=types)


def methods(user: User) -> list[str]:
    """Which second factors the person can answer with."""
    return sorted(rows(user, *Type.values).values_list("type", flat=True).distinct())


@transaction.atomic
def use_code(user: User, code: str) -> Authenticator | None:
    """The factor of a right TOTP code (once per period) or of an unused recovery code, which is used up.

    The rows are locked: of two who use one recovery code at once, one is refused. What was encrypted under an earlier
    key is from now on under that of today.
    """
    for factor in rows(user, Type.TOTP, Type.RECOVERY_CODES).select_for_update().order_by("-type"):
        if factor.wrap().validate_code(code):
            factor.refresh_from_db()
            factor.data |= {
                name: get_adapter().renewed(factor.data[name])
                for name in ("secret", "seed")
                if name in factor.data
            }
            factor.save(update_fields=["data"])
            factor.record_usage()
            return factor
    return None


# ---- Authenticator app


def begin_totp(user: User) -> NewApp:
    """A new secret with its address and QR code; nothing is switched on yet. Raises AlreadyEnabled."""
    if rows(user, Type.TOTP).exists():
        raise AlreadyEnabled
    secret = generate_totp_secret()
    adapter = get_adapter()
    uri = adapter.build_totp_url(user, secret)
    challenges.ask(ChallengeKind.TOTP_ADD, user=user, state={"secret": adapter.encrypt(secret)})
    return NewApp(secret, uri, adapter.build_totp_svg(uri))


def fits_new_app(user: User, secret: str, code: str) -> bool:
    """Whether the app shows the right code; it is used up, so that it does not sign in as well."""
    draft = Authenticator(user=user, type=Type.TOTP, data={"secret": get_adapter().encrypt(secret)})
    return bool(TOTP(draft).validate_code(code))


@transaction.atomic
def confirm_totp(user: User, code: str, *, keep_session: str | None = None) -> list[str]:
    """Switches the app on; with the first factor come recovery codes, shown this once. Every sign-in ends but one.

    Raises AlreadyEnabled, StaleChallenge, WrongCode.
    """
    User.objects.locked().get(pk=user.pk)
    if rows(user, Type.TOTP).exists():
        raise AlreadyEnabled
    try:
        challenge = challenges.newest(ChallengeKind.TOTP_ADD, user)
    except ChallengeExpired:
        raise StaleChallenge from None
    secret = get_adapter().decrypt(challenge.state["secret"])
    if not fits_new_app(user, secret, code):
        raise WrongCode
    challenges.close(challenge)
    TOTP.activate(user, secret)
    services.end_sign_ins(user, keep_session=keep_session)
    mail.send("mfa_changed", user)
    return first_recovery_codes(user)


def new_recovery_codes(user: User) -> list[str]:
    """Ten fresh recovery codes, shown once; the old ones die."""
    rows(user, Type.RECOVERY_CODES).delete()
    made = RecoveryCodes.activate(user)
    made.mark_as_viewed()
    return list(made.generate_codes())


def first_recovery_codes(user: User) -> list[str]:
    """Recovery codes for whoever has none yet; nothing for everybody else, whose codes stay."""
    return [] if rows(user, Type.RECOVERY_CODES).exists() else new_recovery_codes(user)


@transaction.atomic
def renew_recovery_codes(user: User) -> list[str]:
    """New codes; the old ones die. Raises NoFactor: they only stand in for an app or a passkey."""
    User.objects.locked().get(pk=user.pk)
    if not rows(user, Type.TOTP, Type.WEBAUTHN).exists():
        raise NoFactor
    mail.send("mfa_changed", user)
    return new_recovery_codes(user)


@transaction.atomic
def remove_totp(user: User) -> None:
    """Switches the app off. Raises NotFound when there is none."""
    if not rows(user, Type.TOTP).delete()[0]:
        raise NotFound
    _tidy(user)


def remove_all(user: User) -> list[str]:
    """Removes every factor (an operator's reset) and tells which there were."""
    gone = methods(user)
    Authenticator.objects.filter(user=user).delete()
    return gone


# ---- Passkeys


def passkeys(user: User) -> list[Passkey]:
    """The person's passkeys, oldest first."""
    found = rows(user, Type.WEBAUTHN).order_by("pk")
    return [Passkey(row.pk, row.wrap().name, row.created_at, row.last_used_at) for row in found]


def begin_passkey(user: User) -> Question:
    """Options for `navigator.credentials.create`."""
    options, state = webauthn.get_server().register_begin(
        user=webauthn.build_user_payload(user),
        credentials=webauthn.get_credentials(user),
        resident_key_requirement=ResidentKeyRequirement.REQUIRED,
        user_verification=REQUIRED,
        extensions=webauthn.EXTENSIONS,
    )
    return Question(
        challenges.ask(ChallengeKind.PASSKEY_ADD, user=user, state=state), dict(options)
    )


def add_passkey(
    user: User, *, challenge: str, credential: Any, name: str, keep_session: str | None = None
) -> tuple[Authenticator, list[str]]:
    """Stores a new passkey; with the first factor come recovery codes, shown this once. Every sign-in ends but one.

    Raises StaleChallenge, InvalidCredential (wrong origin, wrong challenge, nonsense).
    """
    try:
        question = challenges.attempt(ChallengeKind.PASSKEY_ADD, challenge)
        if question.user_id != user.pk:
            raise InvalidCredential
        challenges.close(question)
    except ChallengeExpired:
        raise StaleChallenge from None
    try:
        webauthn.get_server().register_complete(question.state, credential)
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InvalidCredential from None
    with transaction.atomic():
        row: Authenticator = webauthn.WebAuthn.add(user, name, credential).instance
        made = first_recovery_codes(user)
        services.end_sign_ins(user, keep_session=keep_session)
        mail.send("mfa_changed", user)
    return row, made


@transaction.atomic
def remove_passkey(user: User, pk: int) -> None:
    """Raises NotFound when it is not the person's."""
    if not rows(user, Type.WEBAUTHN).filter(pk=pk).delete()[0]:
        raise NotFound
    _tidy(user)


def begin_passkey_login() -> Question:
    """Options for `navigator.credentials.get` by somebody not yet known."""
    options, state = webauthn.get_server().authenticate_begin(
        credentials=[], user_verification=REQUIRED
    )
    return Question(challenges.ask(ChallengeKind.PASSKEY_LOGIN, state=state), dict(options))


def passkey_login(*, challenge: str, credential: Any) -> User:
    """The person whose verified passkey answers the challenge. Raises ChallengeExpired, InvalidCode."""
    question = challenges.attempt(ChallengeKind.PASSKEY_LOGIN, challenge)
    challenges.close(question)
    try:
        user: User = webauthn.extract_user_from_response(credential)
    except (ValidationError, AttributeError):
        raise InvalidCode from None
    if not check_passkey(user, question.state, credential):
        raise InvalidCode
    return user


def login_state(user: User) -> tuple[dict[str, Any], dict[str, Any]]:
    """Options and state for answering `mfa_required` with a passkey; both empty without one."""
    known = webauthn.get_credentials(user)
    if not known:
        return {}, {}
    options, state = webauthn.get_server().authenticate_begin(
        credentials=known, user_verification=REQUIRED
    )
    return dict(options), state


def check_passkey(user: User, state: dict[str, Any], credential: Any) -> bool:
    """Whether the credential is the person's own, for this origin and this challenge."""
    try:
        used = webauthn.get_server().authenticate_complete(
            state, webauthn.get_credentials(user), credential
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return False
    row = webauthn.get_authenticator_by_credential_id(user, used.credential_id)
    if row is None:
        return False
    row.record_usage()
    return True


def _tidy(user: User) -> None:
    delete_dangling_recovery_codes(user)
    mail.send("mfa_changed", user)
