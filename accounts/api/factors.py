"""Second factors of the own account over the API."""

from __future__ import annotations

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api import answers as reply
from accounts.api.base import CLIENT, OwnView, answers, body_of
from accounts.bridge import factors, limits, reauth
from accounts.errors import ProofRequired, WrongCode
from accounts.letters import mail
from accounts.models import User
from accounts.permissions import caller
from accounts.proofs import guesses
from accounts.serializers import (
    AddedPasskeySerializer,
    CodeSerializer,
    ConfirmedFactorSerializer,
    FactorsSerializer,
    MessageSerializer,
    NewPasskeySerializer,
    PasskeySerializer,
    ProvenSerializer,
    QuestionSerializer,
    ReauthSerializer,
    RecoveryCodesSerializer,
    TotpSerializer,
)

TAGS = ["mfa"]


def proven(request: Request) -> User:
    """The caller, if their sign-in has lately been proven. Raises ProofRequired."""
    return reauth.require(request, caller(request))


def kept_session(request: Request) -> str | None:
    """The browser session that stays when all sign-ins end; a client with a token is given new ones instead."""
    key: str | None = None if request.auth else request._request.session.session_key
    return key


class FactorsView(OwnView):
    @extend_schema(
        operation_id="auth_mfa",
        tags=TAGS,
        summary="Own second factors",
        responses=FactorsSerializer,
    )
    def get(self, request: Request) -> Response:
        """Which ways to prove the second factor exist."""
        user: User = caller(request)
        return Response({"enabled": user.mfa_enabled, "methods": factors.methods(user)})


class TotpView(OwnView):
    @extend_schema(
        operation_id="auth_mfa_totp_begin",
        tags=TAGS,
        summary="Begin adding an authenticator app",
        request=None,
        responses=answers({200: TotpSerializer}, 403, 409),
    )
    def post(self, request: Request) -> Response:
        """The secret, its address and its QR code; nothing is on before a code confirms it. Needs a proof."""
        begun = factors.begin_totp(proven(request))
        return Response(
            {"secret": begun.secret, "otpauth_uri": begun.otpauth_uri, "qr_svg": begun.qr_svg}
        )

    @extend_schema(
        operation_id="auth_mfa_totp_remove",
        tags=TAGS,
        summary="Remove the authenticator app",
        request=None,
        responses=answers({204: None}, 403, 404),
    )
    def delete(self, request: Request) -> Response:
        """Needs a proof: a code of the app, a recovery code or a passkey."""
        factors.remove_totp(proven(request))
        return Response(status=status.HTTP_204_NO_CONTENT)


class TotpConfirmView(OwnView):
    @extend_schema(
        operation_id="auth_mfa_totp_confirm",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Switch the authenticator app on",
        request=CodeSerializer,
        responses=answers({200: ConfirmedFactorSerializer}, 409),
    )
    def post(self, request: Request) -> Response:
        """Every other sign-in ends; this one goes on with new tokens. The first factor brings ten recovery codes."""
        limits.spend(request._request, "try_code")
        user, code = caller(request), str(body_of(request, CodeSerializer)["code"])
        with guesses.counted(guesses.factors(user), WrongCode):
            codes = factors.confirm_totp(user, code, keep_session=kept_session(request))
        return reply.with_factor(request, user, {"recovery_codes": codes})


class RecoveryCodesView(OwnView):
    @extend_schema(
        operation_id="auth_mfa_recovery_codes",
        tags=TAGS,
        summary="New recovery codes",
        request=None,
        responses=answers({200: RecoveryCodesSerializer}, 403, 409),
    )
    def post(self, request: Request) -> Response:
        """Ten, shown this once; the old ones die. Needs a proof."""
        return Response({"recovery_codes": factors.renew_recovery_codes(proven(request))})


class PasskeysView(OwnView):
    @extend_schema(
        operation_id="auth_passkeys",
        tags=TAGS,
        summary="Own passkeys",
        responses=PasskeySerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Oldest first."""
        return Response(PasskeySerializer(factors.passkeys(caller(request)), many=True).data)

    @extend_schema(
        operation_id="auth_passkey_add",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Add a passkey",
        request=NewPasskeySerializer,
        responses=answers({201: AddedPasskeySerializer}, 403),
    )
    def post(self, request: Request) -> Response:
        """The browser's answer to the options. Every other sign-in ends; this one goes on with new tokens.

        With the first factor come ten recovery codes, shown this once. Needs a proof.
        """
        user = proven(request)
        row, codes = factors.add_passkey(
            user, **body_of(request, NewPasskeySerializer), keep_session=kept_session(request)
        )
        made = next(passkey for passkey in factors.passkeys(user) if passkey.id == row.pk)
        body = PasskeySerializer(made).data | {"recovery_codes": codes}
        return reply.with_factor(request, user, body, status=status.HTTP_201_CREATED)


class NewPasskeyOptionsView(OwnView):
    @extend_schema(
        operation_id="auth_passkey_add_options",
        tags=TAGS,
        summary="Begin adding a passkey",
        request=None,
        responses=answers({200: QuestionSerializer}, 403),
    )
    def post(self, request: Request) -> Response:
        """Options for `navigator.credentials.create`. Needs a proof."""
        question = factors.begin_passkey(proven(request))
        return Response({"challenge": question.challenge, "options": question.options})


class PasskeyView(OwnView):
    @extend_schema(
        operation_id="auth_passkey_remove",
        tags=TAGS,
        summary="Remove a passkey",
        request=None,
        responses=answers({204: None}, 403),
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Needs a proof: a passkey, a code of the app or a recovery code."""
        factors.remove_passkey(proven(request), pk)
        return Response(status=status.HTTP_204_NO_CONTENT)


class ReauthCodeView(OwnView):
    @extend_schema(
        operation_id="auth_reauth_code",
        tags=["auth"],
        summary="Ask for a code that proves yourself again",
        request=None,
        responses=answers({200: MessageSerializer}, 403, 503),
    )
    def post(self, request: Request) -> Response:
        """Mails a code to the own address, for `otp` at `auth/reauth`; not where a second factor is registered."""
        mail.require()
        user = caller(request)
        if "otp" not in reauth.methods(user):
            raise ProofRequired(details={"methods": reauth.methods(user)})
        limits.spend(request._request, "request_login_code")
        reauth.mail_code(request._request, user)
        return Response({"message": _("A code is on its way to your address.")})


class ReauthView(OwnView):
    @extend_schema(
        operation_id="auth_reauth",
        tags=["auth"],
        summary="Prove yourself again",
        request=ReauthSerializer,
        responses=answers({200: ProvenSerializer}, 403),
    )
    def post(self, request: Request) -> Response:
        """With one of `password`, `code` (of the app, or a recovery code), `otp` (mailed) and `credential`.

        What counts depends on the account; a refusal names it in `methods`. Where a second factor is registered only
        `code` and `credential` do. A passkey answers options of `auth/passkey/options`. The proof stays with the
        sign-in for five minutes.
        """
        limits.spend(request._request, "try_code")
        user, sent = caller(request), body_of(request, ReauthSerializer)
        proof = reauth.check(user, sent["field"], sent["value"], challenge=sent["challenge"])
        reauth.note(request, user, proof)
        return Response(
            {"methods": [sent["field"]], "expires_in": int(reauth.LIFE.total_seconds())}
        )
