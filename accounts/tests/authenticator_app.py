"""The app on a person's phone that shows a code every half minute."""

from __future__ import annotations

import base64
import hmac
import secrets
import time

from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator

PERIOD = 30  # seconds


def new_secret() -> str:
    return base64.b32encode(secrets.token_bytes(20)).decode()


def switch_on(user) -> str:
    """The person has such an app from now on; its secret."""
    secret = new_secret()
    data = {"secret": get_adapter().encrypt(secret)}
    Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data=data)
    return secret


def shown(secret: str, *, periods_ahead: int = 0, seconds_left: float = 5) -> str:
    """The code of now; waits for the next one when this is about to change, so that it is still the one when checked."""
    while PERIOD - time.time() % PERIOD < seconds_left:
        time.sleep(0.1)
    return code_of(secret, int(time.time()) // PERIOD + periods_ahead)


def code_of(secret: str, period: int) -> str:
    """RFC 6238: six digits of HMAC-SHA-1 over the number of the half minute."""
    mac = hmac.digest(base64.b32decode(secret), period.to_bytes(8), "sha1")
    start = mac[-1] & 15
    return f"{int.from_bytes(mac[start : start + 4]) % 2**31 % 10**6:06d}"
