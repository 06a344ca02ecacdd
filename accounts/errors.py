"""Every way an account request can fail, by name (accounts §3 to §10)."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from equilibrium.errors import AuthenticationError, Conflict, Forbidden, Invalid, Limited


class InvalidToken(AuthenticationError):
    code = "invalid_token"
    message = _("The token is not valid.")


class TokenExpired(AuthenticationError):
    code = "token_expired"
    message = _("The token has expired.")


class TokenRevoked(AuthenticationError):
    code = "token_revoked"
    message = _("The token has been revoked.")


class InvalidCredentials(AuthenticationError):
    code = "invalid_credentials"
    message = _("Invalid credentials.")


class InactiveAccount(AuthenticationError):
    code = "inactive_account"
    message = _("Invalid credentials or inactive account.")


class EmailNotVerified(Forbidden):
    code = "email_not_verified"
    message = _("Confirm your e-mail address first.")


class MfaRequired(AuthenticationError):
    code = "mfa_required"
    message = _("A second factor is required.")


class TooManyAttempts(Limited):
    code = "too_many_attempts"
    message = _("Too many attempts. Try again later.")


class PermissionDenied(Forbidden):
    code = "permission_denied"
    message = _("You do not have the right to open this module.")


class ReadOnlyRole(Forbidden):
    code = "read_only_role"
    message = _("Your role may read but not change anything here.")


class AdminOnly(Forbidden):
    code = "forbidden"
    message = _("Only administrators may do this.")


class EmailTaken(Conflict):
    code = "email_taken"
    message = _("This address belongs to an account.")


class WeakPassword(Invalid):
    code = "weak_password"
    message = _("The password is too weak.")


class MfaEnrolmentRequired(Forbidden):
    code = "mfa_enrolment_required"
    message = _("Add a second factor to use the pages of administrators.")
