"""Every way an account request can fail, by name."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from core.errors import (
    AuthenticationError,
    BadRequest,
    Conflict,
    Forbidden,
    Invalid,
    Limited,
    NotFound,
    Unavailable,
)


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


class MailUnavailable(Unavailable):
    code = "mail_unavailable"
    message = _("This installation sends no mail, so nothing that needs a code by mail works here.")


class EmailTaken(Conflict):
    code = "email_taken"
    message = _("This address belongs to an account.")


class WeakPassword(Invalid):
    code = "weak_password"
    message = _("The password is too weak.")


class MfaEnrolmentRequired(Forbidden):
    code = "mfa_enrolment_required"
    message = _("Add a second factor to use the pages of administrators.")


class TokenReused(AuthenticationError):
    code = "token_reused"
    message = _("This refresh token was used before; the sign-in it belongs to has been ended.")


class InvalidCode(AuthenticationError):
    code = "invalid_code"
    message = _("The code is wrong or no longer valid.")


class ChallengeExpired(AuthenticationError):
    code = "challenge_expired"
    message = _("Too late or answered already. Start again.")


class MissingToken(BadRequest):
    code = "missing_token"
    message = _("No refresh token was sent.")


class OriginDenied(Forbidden):
    code = "origin_denied"
    message = _("This origin may not use the cookie.")


class CredentialsInUrl(BadRequest):
    code = "credentials_in_url"
    message = _("Codes, passwords and tokens belong in the body, never in the address.")


class InvalidEmail(Invalid):
    code = "invalid_email"
    message = _("This is not an e-mail address.")


class InvalidUsername(Invalid):
    code = "invalid_username"
    message = _("A user name has 3 to 30 letters, digits or underscores.")


class UsernameTaken(Conflict):
    code = "username_taken"
    message = _("This user name is taken.")


class InvalidTimezone(Invalid):
    code = "invalid_timezone"
    message = _("This time zone is not known.")


class NoPassword(Invalid):
    code = "no_password"
    message = _("This account has no password; set one by a password reset.")


class AlreadyEnabled(Conflict):
    code = "already_enabled"
    message = _("This is switched on already.")


class InvalidCredential(Invalid):
    code = "invalid_credential"
    message = _("The passkey could not be verified.")


class StaleChallenge(Invalid):
    code = "challenge_expired"
    message = ChallengeExpired.message


class NoFactor(Conflict):
    code = "no_factor"
    message = _("Add an authenticator app or a passkey first.")


class WrongCode(Invalid):
    code = "wrong_code"
    message = _("The app shows another code.")


class WrongMailedCode(Invalid):
    code = "invalid_code"
    message = InvalidCode.message


class ProofRequired(Forbidden):
    code = "proof_required"
    message = _("Prove first that it is you: at `auth/reauth`, in one of the ways named here.")


class WrongPassword(Forbidden):
    code = "wrong_password"
    message = _("This is not your current password.")


class EmptyUpdate(BadRequest):
    code = "empty_update"
    message = _("The body names nothing to change.")


class WrongProof(Forbidden):
    code = "wrong_proof"
    message = _("This does not prove that it is you.")


class OwnAccount(Forbidden):
    code = "forbidden"
    message = _("You cannot do this to your own account.")


class LastAdmin(Conflict):
    code = "last_admin"
    message = _("This is the last active administrator.")


class NoRoleChange(Conflict):
    code = "no_role_change"
    message = _("The person has this role already.")


class AlreadyDisabled(Conflict):
    code = "already_disabled"
    message = _("The account is disabled already.")


class AlreadyActive(Conflict):
    code = "already_active"
    message = _("The account is active already.")


class DisabledUser(Conflict):
    code = "disabled_user"
    message = _("The account is disabled.")


class EmailUnconfirmed(Conflict):
    code = "email_not_verified"
    message = _("The person has not confirmed the e-mail address yet.")


class AlreadyGranted(Conflict):
    code = "already_granted"
    message = _("The person has this permission already.")


class NotGranted(NotFound):
    code = "not_granted"
    message = _("The person does not have this permission.")


class LastLoginMethod(Conflict):
    code = "last_login_method"
    message = _("This is the only way in; set a password first.")
