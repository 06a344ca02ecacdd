"""Texts that the database may only keep encrypted."""

from __future__ import annotations

from base64 import urlsafe_b64encode

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.utils.crypto import salted_hmac


def cipher(salt: str, *own_keys: str) -> MultiFernet:
    """Encrypts under the first of its own keys, else SECRET_KEY; reads what was written under any of them.

    SECRET_KEY_FALLBACKS are read too. One salt per kind of text.
    """
    keys = [*own_keys, settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
    return MultiFernet([fernet(salt, key) for key in keys])


def fernet(salt: str, key: str) -> Fernet:
    """The cipher of one key."""
    digest = salted_hmac(salt, "", secret=key, algorithm="sha256").digest()
    return Fernet(urlsafe_b64encode(digest))
