"""What allauth asks about second factors: the relying party is the product's public address (accounts §8.3)."""

from __future__ import annotations

from urllib.parse import urlsplit

from allauth.mfa.adapter import DefaultMFAAdapter
from django.conf import settings


class MfaAdapter(DefaultMFAAdapter):
    """Passkeys belong to the host of BACKEND_URL, whatever host a request came in by."""

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        return {"id": urlsplit(settings.BACKEND_URL).hostname or "localhost", "name": settings.APP_NAME}
