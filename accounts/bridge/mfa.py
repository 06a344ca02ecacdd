"""What allauth asks about second factors: their secrets are stored encrypted, and passkeys belong to our address."""

from __future__ import annotations

import logging
from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.totp.internal.auth import generate_totp_secret
from cryptography.fernet import InvalidToken, MultiFernet
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from accounts.sealing import cipher, fernet

log = logging.getLogger(__name__)


SALT = "accounts.mfa"


class MfaAdapter(DefaultMFAAdapter):
    """Passkeys belong to the host of BACKEND_URL, whatever host a request came in by."""

    error_messages = DefaultMFAAdapter.error_messages | {"incorrect_code": _("The code is wrong.")}

    @property
    def keys(self) -> list[str]:
        """MFA_KEY, under which new secrets are encrypted, and its earlier values; none where there is none."""
        return [key for key in (settings.MFA_KEY, *settings.MFA_KEY_FALLBACKS) if key]

    @property
    def cipher(self) -> MultiFernet:
        return cipher(SALT, *self.keys)

    def encrypt(self, text: str) -> str:
        return self.cipher.encrypt(text.encode()).decode()

    def renewed(self, encrypted_text: str) -> str:
        """The same secret under the key of today; unchanged when it is that already."""
        try:
            fernet(SALT, [*self.keys, settings.SECRET_KEY][0]).decrypt(encrypted_text)
        except InvalidToken:
            return self.cipher.rotate(encrypted_text).decode()
        return encrypted_text

    def decrypt(self, encrypted_text: str) -> str:
        """The secret; one that nobody knows when its key is gone, so that no code fits it any more."""
        try:
            return self.cipher.decrypt(encrypted_text).decode()
        except InvalidToken:
            log.error(
                "A second factor was encrypted under an MFA_KEY or SECRET_KEY that is neither current nor a fallback"
            )
            return str(generate_totp_secret())

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": passkey_host(), "name": settings.APP_NAME}


def passkey_host() -> str:
    """The name that passkeys are made for and used at; a browser refuses them at any other."""
    return urlsplit(settings.BACKEND_URL).hostname or "localhost"


def takes_passkeys(host: str) -> bool:
    """Whether they work at the name a browser came in by: theirs, or one that belongs to it."""
    name = urlsplit(f"//{host}").hostname or ""
    return name == passkey_host() or name.endswith(f".{passkey_host()}")
