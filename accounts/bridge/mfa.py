"""What allauth asks about second factors: their secrets are stored encrypted, and passkeys belong to our address."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import InvalidToken
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.sealing import cipher

log = logging.getLogger(__name__)


SALT = "accounts.mfa"


class MfaAdapter(DefaultMFAAdapter):
    """Passkeys belong to the host of BACKEND_URL, whatever host a request came in by."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": _("The code is wrong.")}

    def encrypt(self, text: str) -> str:
        return cipher(SALT).encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that nobody knows when its key is gone, so that no code fits it any more."""
        try:
            return cipher(SALT).decrypt(encrypted_text).decode()
        except InvalidToken:
            log.error(
                "A second factor was encrypted under a SECRET_KEY that is neither current nor a fallback"
            )
            return str(generate_totp_secret())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {
            "id": urlsplit(settings.BACKEND_URL).hostname or "localhost",
            "name": settings.APP_NAME,
        }
