"""Signing up, in and out over the API."""

from __future__ import annotations

from typing import Any, cast

from django.conf import settings
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import status
from rest_framework.authentication import get_authorization_header
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import services
from accounts.api import answers as reply
from accounts.api.base import CLIENT, OpenView, OwnView, answers, body_of
from accounts.bridge import factors, limits, signin
from accounts.letters import mail
from accounts.models import Language, Proof, Purpose, Status, User
from accounts.permissions import caller
from accounts.proofs import gate, refresh, tokens
from accounts.proofs.authentication import BearerAuthentication
from accounts.serializers import (
    AuthStatusSerializer,
    CodeAskedSerializer,
    ConfirmedSerializer,
    EmailCodeSerializer,
    EmailSerializer,
    LoginSerializer,
    LogoutSerializer,
    MessageSerializer,
    MfaVerifySerializer,
    PasskeyAnswerSerializer,
    PendingSerializer,
    ProfileSerializer,
    QuestionSerializer,
    RefreshedSerializer,
    RefreshSerializer,
    RegisteredSerializer,
    RegisterSerializer,
    ResetSerializer,
    TokenCheckSerializer,
    TokenSerializer,
)
from core.errors import AppError, AuthenticationError

TAGS = ["auth"]


class RegisterView(OpenView):
    @extend_schema(
        operation_id="auth_register",
        tags=TAGS,
        summary="Sign up",
        request=RegisterSerializer,
        responses=answers({202: RegisteredSerializer}, 409, 503),
    )
    def post(self, request: Request) -> Response:
        """A confirmation code is mailed; the answer is the same for new and known addresses."""
        mail.require()
        language = get_language() or ""
        data = body_of(request, RegisterSerializer)
        data.setdefault("language", language if language in Language.values else Language.EN)
        token = signin.register_within_limits(request._request, **data)
        approval = settings.SIGNUP_APPROVAL_REQUIRED
        message = (
            _("Signup received. Await approval.")
            if approval
            else _("If the address is yours, a code is on its way.")
        )
        body = {"pending_email": User.objects.canonical(data["email"]), "message": message}
        body["status"] = Status.PENDING if approval else Status.UNVERIFIED
        return reply.with_request(body, Purpose.VERIFY, token, status.HTTP_202_ACCEPTED)


class VerifyEmailView(OpenView):
    @extend_schema(
        operation_id="auth_verify_email",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Confirm the e-mail address",
        request=EmailCodeSerializer,
        responses=answers({200: ConfirmedSerializer, 202: PendingSerializer}, 401, 403),
    )
    def post(self, request: Request) -> Response:
        """Signs in, or says that an administrator must approve first.

        The request's token, in the body or the cookie, brings the password of the sign-up along. Without it any
        recent code confirms the address alone, and `password_required` says to choose one by a password reset.
        """
        data = body_of(request, EmailCodeSerializer)
        token = reply.request_token(request, Purpose.VERIFY, data)
        user = signin.by_confirming(request._request, **data, token=token)
        if user.status == Status.PENDING:
            body = {
                "status": Status.PENDING,
                "message": _("Your address is confirmed. Await approval."),
            }
            return Response(body, status=status.HTTP_202_ACCEPTED)
        return reply.sign_in(
            request, user, Proof.CODE, password_required=not user.has_usable_password()
        )


class CodeRequestView(OpenView):
    """Asks for a code by mail; the answer tells nothing about the address."""

    purpose: Purpose
    action: str

    @extend_schema(
        tags=TAGS, request=EmailSerializer, responses=answers({200: CodeAskedSerializer}, 403, 503)
    )
    def post(self, request: Request) -> Response:
        """Mails a code if the account calls for one.

        With the token of an open request, in the body or the cookie, that request gets a new code.
        """
        mail.require()
        data = body_of(request, EmailSerializer)
        sent = data.pop("request_token", "")
        cookies = [
            reply.request_token(request, purpose, {}) for purpose in (self.purpose, Purpose.VERIFY)
        ]
        token = signin.request_code(
            request._request,
            email=data["email"],
            purpose=self.purpose,
            action=self.action,
            tokens=[sent] if sent else [token for token in cookies if token],
        )
        body = {"message": _("If the address belongs to an account, a code is on its way.")}
        return reply.with_request(body, self.purpose, token, status.HTTP_200_OK)


@extend_schema_view(
    post=extend_schema(
        operation_id="auth_resend_verification", summary="Ask for a new confirmation code"
    )
)
class ResendVerificationView(CodeRequestView):
    purpose, action = Purpose.VERIFY, "confirm_email"


@extend_schema_view(
    post=extend_schema(operation_id="auth_request_otp", summary="Ask for a sign-in code")
)
class RequestOtpView(CodeRequestView):
    purpose, action = Purpose.LOGIN, "request_login_code"


@extend_schema_view(
    post=extend_schema(operation_id="auth_password_reset", summary="Ask for a password reset code")
)
class PasswordResetView(CodeRequestView):
    purpose, action = Purpose.RESET, "reset_password"


class PasswordResetConfirmView(OpenView):
    @extend_schema(
        operation_id="auth_password_reset_confirm",
        tags=TAGS,
        summary="Choose a new password",
        request=ResetSerializer,
        responses=answers({200: MessageSerializer}, 401, 403),
    )
    def post(self, request: Request) -> Response:
        """Every sign-in of the account ends."""
        data = body_of(request, ResetSerializer)
        signin.reset_password(
            request._request,
            email=data["email"],
            code=data["code"],
            password=data["new_password"],
            token=reply.request_token(request, Purpose.RESET, data),
        )
        return Response({"message": _("Your password was changed.")})


class LoginView(OpenView):
    @extend_schema(
        operation_id="auth_login",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Sign in",
        request=LoginSerializer,
        responses=answers({200: TokenSerializer}, 401, 403),
    )
    def post(self, request: Request) -> Response:
        """With e-mail or user name and password, or with e-mail and the mailed code."""
        data = body_of(request, LoginSerializer)
        if data["otp"]:
            token = reply.request_token(request, Purpose.LOGIN, data)
            proof = Proof.CODE
            user = signin.with_code(
                request._request, email=data["login"], code=data["otp"], token=token
            )
        else:
            proof = Proof.PASSWORD
            user = signin.with_password(
                request._request, login=data["login"], password=data["password"]
            )
        return reply.sign_in(request, user, proof)


class MfaVerifyView(OpenView):
    @extend_schema(
        operation_id="auth_mfa_verify",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Answer the second factor",
        request=MfaVerifySerializer,
        responses=answers({200: TokenSerializer}, 401),
    )
    def post(self, request: Request) -> Response:
        """Completes a sign-in that was answered with `mfa_required`."""
        body = body_of(request, MfaVerifySerializer)
        user = signin.with_second_factor(request._request, **body)
        return reply.sign_in(request, user, Proof.FACTOR)


class PasskeyOptionsView(OpenView):
    @extend_schema(
        operation_id="auth_passkey_options",
        tags=TAGS,
        summary="Begin a sign-in by passkey",
        request=None,
        responses=answers({200: QuestionSerializer}),
    )
    def post(self, request: Request) -> Response:
        """Options for `navigator.credentials.get`."""
        question = factors.begin_passkey_login()
        return Response({"challenge": question.challenge, "options": question.options})


class PasskeyLoginView(OpenView):
    @extend_schema(
        operation_id="auth_passkey_login",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Sign in by passkey",
        request=PasskeyAnswerSerializer,
        responses=answers({200: TokenSerializer}, 401, 403),
    )
    def post(self, request: Request) -> Response:
        """A verified passkey counts as both factors."""
        limits.spend(request._request, "try_code")
        user = factors.passkey_login(**body_of(request, PasskeyAnswerSerializer))
        return reply.sign_in(request, gate.check(user), Proof.FACTOR)


class RefreshView(OpenView):
    @extend_schema(
        operation_id="auth_refresh",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Exchange the refresh token",
        request=RefreshSerializer,
        responses=answers({200: RefreshedSerializer}, 400, 401, 403),
    )
    def post(self, request: Request) -> Response:
        """Body, then cookie, then bearer header: the first refresh token that is alive is exchanged, once.

        A repeat within ten seconds, while the new token is unused, gets the same tokens again: an answer can be lost.
        """
        limits.spend(request._request, "refresh")
        return reply.refreshed(request)


class LogoutView(OwnView):
    authentication_classes = [BearerAuthentication]

    @extend_schema(
        operation_id="auth_logout",
        tags=TAGS,
        summary="Sign out here or everywhere",
        request=LogoutSerializer,
        responses=answers({200: MessageSerializer}),
    )
    def post(self, request: Request) -> Response:
        """The refresh family and this access token end on the server."""
        data, user = body_of(request, LogoutSerializer), caller(request)
        for raw in reply.sent_tokens(request):
            refresh.end_by_token(user, raw)
        # that of this access token, should another cookie come along
        if family := reply.own_family(request):
            refresh.end_families(user, [family])
        tokens.revoke(cast("dict[str, Any]", request.auth))
        if data["everywhere"]:
            services.sign_out_everywhere(user)
        response = Response({"message": "Logged out"})
        response.delete_cookie(reply.COOKIE, path=reply.COOKIE_PATH, samesite="Lax")
        return response


class AuthStatusView(OpenView):
    @extend_schema(
        operation_id="auth_status",
        tags=TAGS,
        summary="Whether somebody is signed in",
        responses=answers({200: AuthStatusSerializer}),
    )
    def get(self, request: Request) -> Response:
        """Never fails: without a good token, nobody is."""
        user, _reason = whoever(request)
        return Response(
            {"authenticated": user is not None, "user": user and ProfileSerializer(user).data}
        )


class VerifyTokenView(OpenView):
    @extend_schema(
        operation_id="auth_verify_token",
        tags=TAGS,
        summary="Check an access token",
        responses=answers({200: TokenCheckSerializer}),
    )
    def get(self, request: Request) -> Response:
        """Says why a token in the header is not good."""
        user, reason = whoever(request)
        return Response(
            {
                "valid": user is not None,
                "user": user and ProfileSerializer(user).data,
                "reason": reason,
            }
        )


def whoever(request: Request) -> tuple[User | None, str | None]:
    """The person of the bearer token, or the code of the reason why there is none."""
    try:
        found = BearerAuthentication().authenticate(request)
    except AppError as error:
        return None, error.code
    if found is None or not get_authorization_header(request):
        return None, AuthenticationError.code
    return found[0], None
