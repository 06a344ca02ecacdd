"""What two at once may not break, with two real connections (accounts §6.7, §10.2, §15.5, §15.14)."""

from __future__ import annotations

from threading import Barrier, Thread

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.db import connection, connections

from accounts import codes, factors, operators, refresh, services
from accounts.errors import InvalidCode, LastAdmin, TokenReused
from accounts.models import Purpose, RefreshToken, User
from accounts.refresh import Place
from conftest import PASSWORD

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture(autouse=True)
def two_connections(request):
    if connection.vendor != "postgresql":
        pytest.skip("needs PostgreSQL: set DATABASE_URL")


def at_once(*jobs):
    """Runs the jobs at the same moment, each on its own connection; results or exceptions in order."""
    results, ready = [None] * len(jobs), Barrier(len(jobs))

    def run(place, job):
        ready.wait()
        try:
            results[place] = job()
        except Exception as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [Thread(target=run, args=pair) for pair in enumerate(jobs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=20)
    return results


@pytest.mark.parametrize("_again", range(5))
def test_of_two_refreshes_with_one_token_exactly_one_succeeds(owner, _again):
    """ACC-014, accounts §6.7, §15.5; the loser's reuse then ends the family."""
    raw = refresh.start(owner, Place()).raw
    results = at_once(lambda: refresh.rotate(raw), lambda: refresh.rotate(raw))
    assert sorted(type(result).__name__ for result in results) == ["Issued", "TokenReused"]
    assert [result for result in results if isinstance(result, TokenReused)]
    assert not RefreshToken.objects.filter(user=owner, revoked_at=None).exists()


@pytest.mark.parametrize("_again", range(5))
def test_two_last_administrators_cannot_disable_each_other(make_person, _again):
    """ACC-053, accounts §10.2, §15.14."""
    one, two = make_person("one", role="admin"), make_person("two", role="admin")
    results = at_once(lambda: operators.disable(actor=one, user=two), lambda: operators.disable(actor=two, user=one))
    assert sorted(type(result) for result in results if isinstance(result, Exception)) == [LastAdmin]
    assert User.objects.active().admins().count() == 1


def test_a_demotion_and_a_disabling_at_once_leave_one_administrator(make_person):
    """ACC-034, accounts §10.2."""
    one, two = make_person("one", role="admin"), make_person("two", role="admin")
    results = at_once(
        lambda: operators.change_role(actor=one, user=two, role="user"),
        lambda: operators.disable(actor=two, user=one),
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [LastAdmin]
    assert User.objects.active().admins().count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_of_two_uses_of_one_code_exactly_one_succeeds(owner, _again):
    """accounts §5.1."""
    code = codes.issue(owner, Purpose.LOGIN)
    results = at_once(*[lambda: codes.redeem(owner, Purpose.LOGIN, code)] * 2)
    assert sorted(type(result) for result in results if isinstance(result, Exception)) == [InvalidCode]


def test_parallel_wrong_tries_are_all_counted(owner):
    """accounts §5.3: six at once leave no try to the right code."""
    code = codes.issue(owner, Purpose.LOGIN)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    at_once(*[lambda: codes.redeem(owner, Purpose.LOGIN, wrong)] * 6)
    with pytest.raises(InvalidCode):
        codes.redeem(owner, Purpose.LOGIN, code)


def test_six_sign_ins_at_once_leave_five_families(owner):
    """ACC-026, accounts §6.8."""
    at_once(*[lambda: refresh.start(owner, Place())] * 6)
    assert RefreshToken.objects.filter(user=owner, revoked_at=None).count() == 5


@pytest.mark.parametrize("_again", range(3))
def test_two_sign_ups_of_one_address_at_once_make_one_account(db, _again):
    """ACC-003, accounts §5.6: a double click is no error."""

    def job():
        services.register(email="twice@example.org", password=PASSWORD)

    assert at_once(job, job) == [None, None]
    assert User.objects.get().status == "unverified"


@pytest.mark.parametrize("_again", range(3))
def test_of_two_uses_of_one_recovery_code_exactly_one_succeeds(owner, _again):
    """ACC-069, accounts §8.2: recovery codes are used once."""
    code = RecoveryCodes.activate(owner).generate_codes()[0]
    assert sorted(at_once(*[lambda: factors.check_code(owner, code)] * 2)) == [False, True]


def test_two_who_end_all_sign_ins_at_once_raise_the_version_twice(owner):
    """ACC-049, accounts §6.10: no token minted between them survives."""
    first, second = User.objects.get(), User.objects.get()
    services.end_sign_ins(first)
    services.end_sign_ins(second)
    assert User.objects.get().token_version == owner.token_version + 2
