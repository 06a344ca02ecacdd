"""Second factors of the own account over the API."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.api.base import OwnView, answers, body_of
from accounts.bridge import factors, limits
from accounts.errors import InvalidCode, InvalidCredentials
from accounts.models import User
from accounts.permissions import caller
from accounts.proofs import guesses
from accounts.serializers import (
    AddedPasskeySerializer,
    CodeSerializer,
    FactorsSerializer,
    NewPasskeySerializer,
    PasskeySerializer,
    ProofSerializer,
    QuestionSerializer,
    RecoveryCodesSerializer,
    TotpSerializer,
)

TAGS = ["mfa"]
BODY_OF_DELETE = (
    400,
    413,
    415,
    422,
)  # the schema generator knows no body of a DELETE, so neither its errors


@contextmanager
def trying_code(request: Request) -> Iterator[str]:
    """The code in the body, to be tried inside; wrong ones are counted per person with those of sign-ins."""
    limits.spend(request._request, "try_code")
    code = str(body_of(request, CodeSerializer)["code"])
    with guesses.counted(guesses.factors(caller(request)), InvalidCode):
        yield code


def proven(request: Request) -> User:
    """The caller, after the fresh proof in the body.

    Wrong passwords are counted with those of password changes, wrong codes with those of sign-ins.
    """
    limits.spend(request._request, "try_code")
    user, proof = caller(request), body_of(request, ProofSerializer)
    room, failure = (
        (guesses.factors(user), InvalidCode)
        if proof["code"]
        else (guesses.proofs(user), InvalidCredentials)
    )
    with guesses.counted(room, failure):
        factors.prove(user, **proof)
    return user


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
        request=ProofSerializer,
        responses=answers({200: TotpSerializer}, 401, 409),
    )
    def post(self, request: Request) -> Response:
        """The secret, its address and its QR code; nothing is on before a code confirms it.

        Needs the password or a code of the second factor; without a factor, a code asked for at
        `auth/request-otp` serves too.
        """
        begun = factors.begin_totp(proven(request))
        return Response(
            {"secret": begun.secret, "otpauth_uri": begun.otpauth_uri, "qr_svg": begun.qr_svg}
        )

    @extend_schema(
        operation_id="auth_mfa_totp_remove",
        tags=TAGS,
        summary="Remove the authenticator app",
        request=CodeSerializer,
        responses=answers({204: None}, *BODY_OF_DELETE, 401, 404),
    )
    def delete(self, request: Request) -> Response:
        """Needs a code of the app or a recovery code."""
        with trying_code(request) as code:
            factors.remove_totp(caller(request), code)
        return Response(status=status.HTTP_204_NO_CONTENT)


class TotpConfirmView(OwnView):
    @extend_schema(
        operation_id="auth_mfa_totp_confirm",
        tags=TAGS,
        summary="Switch the authenticator app on",
        request=CodeSerializer,
        responses=answers({200: RecoveryCodesSerializer}, 401, 409),
    )
    def post(self, request: Request) -> Response:
        """Ten recovery codes, shown this once."""
        with trying_code(request) as code:
            return Response({"recovery_codes": factors.confirm_totp(caller(request), code)})


class RecoveryCodesView(OwnView):
    @extend_schema(
        operation_id="auth_mfa_recovery_codes",
        tags=TAGS,
        summary="New recovery codes",
        request=CodeSerializer,
        responses=answers({200: RecoveryCodesSerializer}, 401),
    )
    def post(self, request: Request) -> Response:
        """The old ones die."""
        with trying_code(request) as code:
            return Response({"recovery_codes": factors.renew_recovery_codes(caller(request), code)})


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
        tags=TAGS,
        summary="Add a passkey",
        request=NewPasskeySerializer,
        responses=answers({201: AddedPasskeySerializer}, 401),
    )
    def post(self, request: Request) -> Response:
        """The browser's answer to the options; with the first factor come ten recovery codes, shown this once."""
        user = caller(request)
        row, codes = factors.add_passkey(user, **body_of(request, NewPasskeySerializer))
        made = next(passkey for passkey in factors.passkeys(user) if passkey.id == row.pk)
        body = PasskeySerializer(made).data | {"recovery_codes": codes}
        return Response(body, status=status.HTTP_201_CREATED)


class NewPasskeyOptionsView(OwnView):
    @extend_schema(
        operation_id="auth_passkey_add_options",
        tags=TAGS,
        summary="Begin adding a passkey",
        request=ProofSerializer,
        responses=answers({200: QuestionSerializer}, 401),
    )
    def post(self, request: Request) -> Response:
        """Needs the password, or a code of the second factor."""
        question = factors.begin_passkey(proven(request))
        return Response({"challenge": question.challenge, "options": question.options})


class PasskeyView(OwnView):
    @extend_schema(
        operation_id="auth_passkey_remove",
        tags=TAGS,
        summary="Remove a passkey",
        request=ProofSerializer,
        responses=answers({204: None}, *BODY_OF_DELETE, 401),
    )
    def delete(self, request: Request, pk: int) -> Response:
        """Needs the password, or a code of the second factor."""
        factors.remove_passkey(proven(request), pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
