"""What second factors are made of is stored encrypted, and SECRET_KEY can be changed."""

from __future__ import annotations

import pytest
from allauth.mfa.models import Authenticator
from django.core.cache import cache

from accounts.bridge import factors
from accounts.bridge.mfa import MfaAdapter
from accounts.tests import authenticator_app

pytestmark = pytest.mark.django_db
OLD, NEW = "o" * 50, "n" * 50


def test_neither_secret_nor_recovery_seed_stands_in_the_database(owner):
    """Whoever reads the table cannot make codes."""
    secret = authenticator_app.switch_on(owner)
    factors.new_recovery_codes(owner)
    seed = MfaAdapter().decrypt(Authenticator.objects.get(type="recovery_codes").data["seed"])
    stored = str(list(Authenticator.objects.values()))
    assert secret not in stored
    assert seed not in stored


def test_a_changed_key_with_the_old_one_as_fallback_keeps_the_factor(owner, settings):
    """How `docs/deploy.md` changes the key."""
    settings.SECRET_KEY, settings.MFA_KEY = OLD, ""
    secret = authenticator_app.new_secret()
    kept = MfaAdapter().encrypt(secret)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, [OLD]
    assert MfaAdapter().decrypt(kept) == secret


def test_without_the_key_no_code_fits_and_nothing_breaks(owner, settings, caplog):
    """A lost key never opens an account; each reading yields another secret."""
    settings.SECRET_KEY, settings.MFA_KEY = OLD, ""
    authenticator_app.switch_on(owner)
    codes = factors.new_recovery_codes(owner)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    stored = Authenticator.objects.get(user=owner, type="totp").data["secret"]
    assert MfaAdapter().decrypt(stored) != MfaAdapter().decrypt(stored)
    assert not factors.use_code(owner, codes[0])
    assert "neither current nor a fallback" in caplog.text


def test_a_lost_secret_key_costs_no_factor_where_there_is_a_key_of_their_own(owner, settings):
    settings.SECRET_KEY, settings.MFA_KEY = OLD, "m" * 50
    secret = authenticator_app.switch_on(owner)
    codes = factors.new_recovery_codes(owner)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = NEW, []
    assert factors.use_code(owner, authenticator_app.shown(secret))
    assert factors.use_code(owner, codes[0])


@pytest.mark.parametrize("before", ["", "f" * 50], ids=["from SECRET_KEY", "from another MFA_KEY"])
def test_a_secret_moves_to_the_new_key_when_it_is_used(owner, settings, before):
    """Afterwards the earlier key may go; what nobody has used since needs it still."""
    settings.SECRET_KEY, settings.MFA_KEY = OLD, before
    secret = authenticator_app.switch_on(owner)
    codes = factors.new_recovery_codes(owner)
    settings.MFA_KEY, settings.MFA_KEY_FALLBACKS = "m" * 50, [before] if before else []
    assert factors.use_code(owner, authenticator_app.shown(secret))
    settings.SECRET_KEY, settings.MFA_KEY_FALLBACKS = NEW, []
    cache.clear()
    assert factors.use_code(owner, authenticator_app.shown(secret))
    assert not factors.use_code(owner, codes[0])
    settings.SECRET_KEY, settings.MFA_KEY_FALLBACKS = OLD, [before] if before else []
    assert factors.use_code(owner, codes[0])
    settings.SECRET_KEY, settings.MFA_KEY_FALLBACKS = NEW, []
    assert factors.use_code(owner, codes[1])
    assert not factors.use_code(owner, codes[0])
