"""The own account over the API: profile, password, preferences, sign-ins, devices."""

from __future__ import annotations

import uuid

from django.contrib.auth import HASH_SESSION_KEY
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import devices, leaving, selectors, services
from accounts.api import answers as reply
from accounts.api.answers import own_family
from accounts.api.base import CLIENT, OwnView, answers, body_of, refuse_empty
from accounts.bridge import reauth
from accounts.errors import WrongPassword
from accounts.models import Preferences, Proof
from accounts.permissions import caller
from accounts.proofs import guesses, refresh
from accounts.serializers import (
    DeviceSerializer,
    LeavingSerializer,
    NewPasswordSerializer,
    PasswordSerializer,
    PreferencesSerializer,
    ProfileSerializer,
    RegisterDeviceSerializer,
    SignInSerializer,
)

TAGS = ["account"]


class MeView(OwnView):
    @extend_schema(
        operation_id="auth_me", tags=TAGS, summary="Own profile", responses=ProfileSerializer
    )
    def get(self, request: Request) -> Response:
        """Role, status, modules and settings of the caller."""
        return Response(ProfileSerializer(caller(request)).data)

    @extend_schema(
        operation_id="auth_me_update",
        tags=TAGS,
        summary="Change the own profile",
        request=ProfileSerializer(partial=True),
        responses=ProfileSerializer,
    )
    def put(self, request: Request) -> Response:
        """Nickname, language and time zone; other fields are ignored."""
        refuse_empty(request)
        data = ProfileSerializer(caller(request), data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        data.save()
        return Response(data.data)

    @extend_schema(
        operation_id="auth_me_patch",
        tags=TAGS,
        summary="Change the own profile",
        request=ProfileSerializer(partial=True),
        responses=ProfileSerializer,
    )
    def patch(self, request: Request) -> Response:
        """The same as PUT."""
        return self.put(request)

    @extend_schema(
        operation_id="auth_me_delete",
        tags=TAGS,
        summary="Leave",
        request=None,
        responses=answers({200: LeavingSerializer}, 403, 409),
    )
    def delete(self, request: Request) -> Response:
        """The account is removed in fourteen days (`deletion_at`) and stays usable until then; other sign-ins end now.

        A client with tokens goes on with its refresh token and the access token of this answer: all others are revoked.
        `POST /auth/me/keep` calls it off. Never the last administrator. Needs a proof.
        """
        user = reauth.require(request, caller(request))
        session = None if request.auth else request._request.session.session_key
        family = own_family(request) if request.auth else None
        leaver = leaving.plan(user, keep_family=family, keep_session=session)
        return reply.going_on(request, leaver, ProfileSerializer(leaver).data)


class PasswordView(OwnView):
    @extend_schema(
        operation_id="auth_me_password",
        parameters=[CLIENT],
        tags=TAGS,
        summary="Change the password",
        request=PasswordSerializer,
        responses=answers({200: NewPasswordSerializer}, 403),
    )
    def put(self, request: Request) -> Response:
        """All sign-ins end and all tokens die; this one goes on with the new tokens in the answer.

        A wrong current password is 403 `wrong_password`. A browser session stays and gets no tokens.
        """
        data, user, session = (
            body_of(request, PasswordSerializer),
            caller(request),
            request._request.session,
        )
        with_factor = reauth.signed_in_with_factor(request, user)
        with guesses.counted(guesses.proofs(user), WrongPassword):
            services.change_password(
                user,
                current=data["current_password"],
                new=data["new_password"],
                keep_session=session.session_key,
            )
        if request.auth is None:  # asked by browser session, not by token
            session[HASH_SESSION_KEY] = user.get_session_auth_hash()
            return Response({"message": _("Your password was changed.")})
        return reply.sign_in(
            request,
            user,
            Proof.PASSWORD,
            with_factor=with_factor,
            message=_("Your password was changed."),
        )


class PreferencesView(OwnView):
    @extend_schema(
        operation_id="auth_preferences",
        tags=TAGS,
        summary="Own preferences",
        responses=PreferencesSerializer,
    )
    def get(self, request: Request) -> Response:
        """Sizing and notices."""
        return Response(PreferencesSerializer(selectors.preferences_of(caller(request))).data)

    @extend_schema(
        operation_id="auth_preferences_update",
        tags=TAGS,
        summary="Change the own preferences",
        request=PreferencesSerializer(partial=True),
        responses=PreferencesSerializer,
    )
    def put(self, request: Request) -> Response:
        """Fields left out keep their value."""
        refuse_empty(request)
        row, _new = Preferences.objects.get_or_create(user=caller(request))
        data = PreferencesSerializer(row, data=request.data, partial=True)
        data.is_valid(raise_exception=True)
        data.save()
        return Response(data.data)

    @extend_schema(
        operation_id="auth_preferences_patch",
        tags=TAGS,
        summary="Change the own preferences",
        request=PreferencesSerializer(partial=True),
        responses=PreferencesSerializer,
    )
    def patch(self, request: Request) -> Response:
        """The same as PUT."""
        return self.put(request)


class SignInsView(OwnView):
    @extend_schema(
        operation_id="auth_sign_ins",
        tags=TAGS,
        summary="Where I am signed in",
        responses=SignInSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Living sign-ins, newest use first."""
        rows = selectors.sign_ins(caller(request), current=own_family(request))
        return Response(SignInSerializer(rows, many=True).data)


class SignInView(OwnView):
    @extend_schema(
        operation_id="auth_sign_in_end",
        tags=TAGS,
        summary="End one sign-in",
        request=None,
        responses=answers({204: None}),
    )
    def delete(self, request: Request, family_id: uuid.UUID) -> Response:
        """Its refresh token stops working."""
        refresh.end_family(caller(request), family_id)
        return Response(status=status.HTTP_204_NO_CONTENT)


class RegisterDeviceView(OwnView):
    @extend_schema(
        operation_id="register_device",
        tags=TAGS,
        summary="Register a device for push messages",
        request=RegisterDeviceSerializer,
        responses=answers({200: DeviceSerializer, 201: DeviceSerializer}),
    )
    def post(self, request: Request) -> Response:
        """A token known for another person moves to the caller. It gets no more messages once this sign-in ends."""
        data = body_of(request, RegisterDeviceSerializer)
        device, new = devices.add(user=caller(request), family=own_family(request), **data)
        return Response(DeviceSerializer(device).data, status=201 if new else 200)


class DevicesView(OwnView):
    @extend_schema(
        operation_id="devices",
        tags=TAGS,
        summary="Own devices",
        responses=DeviceSerializer(many=True),
    )
    def get(self, request: Request) -> Response:
        """Newest first."""
        rows = caller(request).devices.order_by("-created_at", "id")
        return Response(DeviceSerializer(rows, many=True).data)


class DeviceView(OwnView):
    @extend_schema(
        operation_id="device_remove",
        tags=TAGS,
        summary="Remove a device",
        request=None,
        responses=answers({204: None}),
    )
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        """No more push messages to it."""
        devices.remove(user=caller(request), pk=pk)
        return Response(status=status.HTTP_204_NO_CONTENT)
