"""What allauth asks about second factors: their secrets are stored encrypted, and passkeys belong to our address."""

from __future__ import annotations

import logging
from base64 import urlsafe_b64encode
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

log = logging.getLogger(__name__)


def cipher() -> MultiFernet:
    """Encrypts under SECRET_KEY; reads what was written under SECRET_KEY_FALLBACKS too."""
    keys = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    digests = [
        salted_hmac("accounts.mfa", "", secret=key, algorithm="sha256").digest() for key in keys
    ]
    return MultiFernet([Fernet(urlsafe_b64encode(digest)) for digest in digests])


class MfaAdapter(DefaultMFAAdapter):
    """Passkeys belong to the host of BACKEND_URL, whatever host a request came in by."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": _("The code is wrong.")}

    def encrypt(self, text: str) -> str:
        return cipher().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that nobody knows when its key is gone, so that no code fits it any more."""
        try:
            return cipher().decrypt(encrypted_text).decode()
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
