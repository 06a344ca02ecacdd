"""The app on a person's phone that shows a code every half minute."""

from __future__ import annotations

import time

from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

PERIOD = 30  # seconds


def shown(secret: str, *, periods_ahead: int = 0, seconds_left: float = 5) -> str:
    """The code of now; waits for the next one when this is about to change, so that it is still the one when checked."""
    while PERIOD - time.time() % PERIOD < seconds_left:
        time.sleep(0.1)
    return format_hotp_value(hotp_value(secret, int(time.time()) // PERIOD + periods_ahead))
