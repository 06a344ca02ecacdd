"""How accounts come into being, are confirmed, and change their password.

An account is unverified until its address is proven; then it is active, or pending until an operator approves it. An
operator disables and enables it. A new password ends every sign-in that the old one may have opened.
"""

from __future__ import annotations

import re
import uuid
from typing import Any

from allauth.account.models import EmailAddress
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from django.db.models import F, Q
from django.utils import timezone

from accounts import audit
from accounts.errors import (
    EmailTaken,
    InvalidEmail,
    InvalidUsername,
    LastAdmin,
    NoPassword,
    UsernameTaken,
    WeakPassword,
    WrongPassword,
)
from accounts.letters import mail
from accounts.models import (
    Action,
    EmailRequest,
    LoginTicket,
    ModulePermission,
    Purpose,
    Role,
    Status,
    User,
)
from accounts.proofs import challenges, codes, refresh
from core.errors import NotFound

USERNAME = re.compile(r"[A-Za-z0-9_]{3,30}")


@transaction.atomic
def create_admin(*, email: str, password: str | None, **fields: Any) -> User:
    """An active, confirmed administrator with every module. Raises EmailTaken, WeakPassword."""
    admin = create_person(email=email, password=password, role=Role.ADMIN, **fields)
    audit.record(Action.CREATE_ADMIN, actor=None, target=admin)
    return admin


@transaction.atomic
def create_person(
    *,
    email: str,
    password: str | None,
    role: str | None = None,
    modules: list[str] | None = None,
    **fields: Any,
) -> User:
    """An active, confirmed account made by an operator; password or none. Raises EmailTaken, WeakPassword."""
    email = User.objects.canonical(email)
    if User.objects.filter(email=email).exists():
        raise EmailTaken
    if password is not None:
        check_password_rules(password, email=email)
    confirmed = {"status": Status.ACTIVE, "email_verified_at": timezone.now()}
    fields = {"role": role or settings.DEFAULT_ROLE} | confirmed | fields
    try:
        with transaction.atomic():
            user = User.objects.create_user(email, password, **fields)
    except IntegrityError:
        if User.objects.filter(email=email).exists():  # somebody was faster with this address
            raise EmailTaken from None
        raise
    EmailAddress.objects.create(user=user, email=email, verified=user.email_verified, primary=True)
    grant_modules(user, settings.DEFAULT_PERMISSIONS if modules is None else modules)
    return user


def grant_modules(user: User, names: list[str]) -> None:
    """The modules a confirmed account starts with, granted by nobody."""
    rows = [ModulePermission(user=user, permission=name) for name in names]
    ModulePermission.objects.bulk_create(rows, ignore_conflicts=True)


def register(
    *,
    email: str,
    password: str,
    nickname: str = "",
    username: str | None = None,
    language: str = "en",
    network: str = "",
    mailed: bool = True,
) -> str:
    """A sign-up, whose outcome looks the same to everybody and costs the same work; the token of its request.

    New and unverified addresses get a code; only the owner of a confirmed one learns, by mail, that it was tried.
    The credentials wait with the request until its code confirms them. Without `mailed` the address has had its
    mails: nothing happens, and the answer looks the same.
    Raises InvalidEmail, WeakPassword, InvalidUsername, UsernameTaken.
    """
    email = check_email(email)
    check_password_rules(password, email=email, username=username)
    person = User.objects.filter(email=email).first() or User()
    chosen = {
        "password": make_password(password),
        "nickname": nickname,
        "username": check_username(username, of=person),
        "language": language,
    }
    if not mailed:
        return codes.unsent_token()
    with transaction.atomic():
        person = account_of(email, language)
        user = person if person.status == Status.UNVERIFIED else None
        asked = codes.ask(email, Purpose.VERIFY, user=user, network=network, payload=chosen)
        if user:
            mail.send("code_verify", user, code=asked.code)
        else:
            mail.send("account_exists", person)
    return asked.token


def account_of(email: str, language: str) -> User:
    """The account of an address; the first sign-up makes it, unverified and without a password.

    One statement makes it or finds that there is one, so its time tells neither; modules come with the confirmation.
    """
    made = User(email=email, role=settings.DEFAULT_ROLE, language=language)
    made.set_unusable_password()
    User.objects.bulk_create([made], ignore_conflicts=True)
    person: User = User.objects.get(email=email)
    return person


def forget_unproven_password(user: User) -> None:
    """Whoever proves an address another way may not be who chose its password: it dies."""
    user.set_unusable_password()
    user.save(update_fields=["password", "updated_at"])


@transaction.atomic
def confirm_email(user: User, *, chosen: EmailRequest | None = None) -> bool:
    """The address is proven: unverified → active, or pending when sign-ups need approval.

    The credentials of the request that proved it become the account's, and every other open sign-up of the address
    ends. False when the account was confirmed before: nothing changes then.
    """
    user = User.objects.locked().get(pk=user.pk)
    if user.status != Status.UNVERIFIED:
        return False
    user.status, user.email_verified_at = status_after_confirming(), timezone.now()
    take_credentials(user, chosen.payload if chosen else {})
    grant_modules(user, settings.DEFAULT_PERMISSIONS)
    codes.kill(user, Purpose.VERIFY)
    EmailAddress.objects.update_or_create(
        email=user.email, defaults={"user": user, "verified": True, "primary": True}
    )
    tell_of_confirmation(user)
    return True


def take_credentials(user: User, chosen: dict[str, Any]) -> None:
    """Saves the person with what they chose; a user name that was taken meanwhile is none."""
    user.password = chosen.get("password", user.password)
    user.nickname = chosen.get("nickname") or user.nickname
    user.language = chosen.get("language") or user.language
    user.username = chosen.get("username") or user.username
    try:
        with transaction.atomic():
            user.save()
    except IntegrityError:
        user.username = None
        user.save()


def status_after_confirming() -> Status:
    """What a person is once the address is proven."""
    return Status.PENDING if settings.SIGNUP_APPROVAL_REQUIRED else Status.ACTIVE


def tell_of_confirmation(user: User) -> None:
    """Operators hear of everybody who is new, or of whom they must approve; the person is welcomed once they are in."""
    waits = user.status == Status.PENDING
    mail.send_operators("signup_awaits_approval" if waits else "signup", person=user)
    if not waits:
        mail.send("welcome", user)


@transaction.atomic
def set_password(user: User, password: str, *, keep_session: str | None = None) -> None:
    """Replaces the password; every sign-in ends but the browser session `keep_session`."""
    user.set_password(password)
    user.save(update_fields=["password", "updated_at"])
    codes.kill(user)
    end_sign_ins(user, keep_session=keep_session)
    mail.send("password_changed", user)


@transaction.atomic
def reset_password(user: User, password: str, *, version: int) -> bool:
    """After the right code; false when the sign-ins of the account have ended since it had this token version."""
    alive = User.objects.locked().filter(pk=user.pk, token_version=version)
    person = alive.exclude(status=Status.DISABLED).first()
    if person is None:
        return False
    set_password(person, password)
    return True


def change_password(user: User, *, current: str, new: str, keep_session: str | None) -> None:
    """The person's own change. Raises NoPassword (social only), WrongPassword, WeakPassword."""
    if not user.has_usable_password():
        raise NoPassword
    if not user.check_password(current):
        raise WrongPassword
    check_password_rules(new, email=user.email, username=user.username)
    set_password(user, new, keep_session=keep_session)


@transaction.atomic
def sign_out_everywhere(user: User, *, keep_session: str | None = None) -> None:
    """All tokens and browser sessions end, but the browser session `keep_session`."""
    end_sign_ins(user, keep_session=keep_session)


def end_sign_ins(
    user: User, *, keep_session: str | None = None, keep_family: uuid.UUID | None = None
) -> None:
    """Part of the caller's transaction: raises the token version and ends refresh families and browser sessions.

    Sign-ins under way end too: who gave the old password a moment ago cannot go on to the second factor. Of what is
    kept, the browser session must take over the new hash, and the family needs an access token of the new version.
    """
    # two at once raise it by two
    User.objects.filter(pk=user.pk).update(token_version=F("token_version") + 1)
    user.refresh_from_db(fields=["token_version"])
    refresh.end_families(user, but=keep_family)
    challenges.close_all(user)
    LoginTicket.objects.filter(user=user, used_at=None).update(used_at=timezone.now())
    for session in UserSession.objects.filter(user=user).exclude(session_key=keep_session or ""):
        session.end()


def lock_keeping_an_admin(user: User) -> User:
    """The locked person, who may go or be put down.

    All active administrators are locked, in the order of their ids. Raises LastAdmin when no other active one stays,
    NotFound when the person was removed meanwhile.
    """
    wanted = Q(pk=user.pk) | Q(role=Role.ADMIN, status=Status.ACTIVE)
    locked: list[User] = list(User.objects.locked().filter(wanted).order_by("pk"))
    person = next((row for row in locked if row.pk == user.pk), None)
    if person is None:  # removed meanwhile
        raise NotFound
    others = [row for row in locked if row.is_admin and row.is_active and row.pk != user.pk]
    if person.is_admin and person.is_active and all(row.deletion_at for row in others):
        raise LastAdmin
    return person


def check_email(email: str) -> str:
    """The canonical spelling. Raises InvalidEmail."""
    email = User.objects.canonical(email)
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidEmail(details={"email": error.messages}) from None
    return email


def spelled(username: str | None) -> str | None:
    """The trimmed name; none when none was chosen. Raises InvalidUsername."""
    if not username:
        return None
    username = username.strip()
    if not USERNAME.fullmatch(username):
        raise InvalidUsername(details={"username": [str(InvalidUsername.message)]})
    return username


def check_username(username: str | None, *, of: User) -> str | None:
    """The trimmed name, free for this person; none when none was chosen. Raises InvalidUsername, UsernameTaken.

    Somebody unverified may choose their own name again; a confirmed person's is taken for everybody, or the answer
    would tell whose address and name belong together.
    """
    username = spelled(username)
    if (
        username
        and User.objects.filter(username__iexact=username)
        .exclude(pk=of.pk, status=Status.UNVERIFIED)
        .exists()
    ):
        raise UsernameTaken
    return username


def check_password_rules(password: str, *, email: str, username: str | None = None) -> None:
    """Raises WeakPassword with every reason."""
    try:
        validate_password(password, User(email=email, username=username or email.partition("@")[0]))
    except ValidationError as error:
        raise WeakPassword(details={"password": error.messages}) from None
