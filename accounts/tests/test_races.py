"""What two at once may not break, with two real connections."""

from __future__ import annotations

from functools import partial
from threading import Barrier, Thread

import pytest
from django.db import OperationalError, connection, connections, transaction
from django.utils import timezone

from accounts import address, leaving, services, upkeep
from accounts.bridge import factors
from accounts.errors import EmailTaken, InvalidCode, LastAdmin, TokenRevoked
from accounts.models import (
    EmailRequest,
    Proof,
    Purpose,
    RefreshToken,
    SignInEvent,
    SignInKind,
    User,
)
from accounts.proofs import codes, events, refresh
from accounts.proofs.refresh import Place
from accounts.staff import operators
from conftest import PASSWORD

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.skipif(
        connection.vendor != "postgresql", reason="needs PostgreSQL: make test-postgres"
    ),
]


def at_once(*jobs):
    """Runs the jobs at the same moment, each on its own connection; results or exceptions in order."""
    results, ready = [None] * len(jobs), Barrier(len(jobs))

    def run(place, job):
        ready.wait(timeout=20)
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
def test_of_two_refreshes_with_one_token_one_makes_the_next_and_both_get_it(owner, _again):
    """Two tabs: one new row, one next token."""
    raw = refresh.start(owner, Place(), Proof.PASSWORD).raw
    first, second = at_once(lambda: refresh.rotate(raw), lambda: refresh.rotate(raw))
    assert first.raw == second.raw
    assert RefreshToken.objects.filter(user=owner, revoked_at=None).count() == 2


@pytest.mark.parametrize("_again", range(3))
def test_of_two_refreshes_after_the_grace_one_succeeds_and_ends_with_the_family(
    owner, settings, _again
):
    settings.REFRESH_GRACE_SECONDS = 0
    raw = refresh.start(owner, Place(), Proof.PASSWORD).raw
    results = at_once(lambda: refresh.rotate(raw), lambda: refresh.rotate(raw))
    assert sorted(type(result).__name__ for result in results) == ["Issued", "TokenReused"]
    assert not RefreshToken.objects.filter(user=owner, revoked_at=None).exists()


@pytest.mark.parametrize("_again", range(5))
def test_failures_at_once_are_all_counted(owner, rf, _again):
    request = rf.post("/")
    at_once(*[lambda: events.note(request, owner, SignInKind.WRONG_PASSWORD)] * 4)
    at_once(*[lambda: events.note(request, None, SignInKind.WRONG_PASSWORD)] * 4)
    assert set(SignInEvent.objects.values_list("user", "count")) == {(owner.pk, 4), (None, 4)}


@pytest.mark.parametrize("_again", range(5))
def test_two_last_administrators_cannot_disable_each_other(make_person, _again):
    one, two = make_person("one", role="admin"), make_person("two", role="admin")
    results = at_once(
        lambda: operators.disable(actor=one, user=two),
        lambda: operators.disable(actor=two, user=one),
    )
    assert sorted(type(result) for result in results if isinstance(result, Exception)) == [
        LastAdmin
    ]
    assert User.objects.active().admins().count() == 1


def test_a_demotion_and_a_disabling_at_once_leave_one_administrator(make_person):
    one, two = make_person("one", role="admin"), make_person("two", role="admin")
    results = at_once(
        lambda: operators.change_role(actor=one, user=two, role="user"),
        lambda: operators.disable(actor=two, user=one),
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [LastAdmin]
    assert User.objects.active().admins().count() == 1


@pytest.mark.parametrize("_again", range(3))
def test_of_two_uses_of_one_code_exactly_one_succeeds(owner, _again):
    code = codes.ask(owner.email, Purpose.LOGIN, user=owner).code
    results = at_once(*[lambda: codes.redeem(owner.email, Purpose.LOGIN, code)] * 2)
    assert sorted(type(result) for result in results if isinstance(result, Exception)) == [
        InvalidCode
    ]


def test_parallel_wrong_tries_are_all_counted(owner):
    """Six at once leave no try to the right code."""
    asked = codes.ask(owner.email, Purpose.LOGIN, user=owner)
    wrong = f"{(int(asked.code) + 1) % 10**6:06d}"
    redeem = partial(codes.redeem, owner.email, Purpose.LOGIN, token=asked.token)
    at_once(*[lambda: redeem(wrong)] * 6)
    with pytest.raises(InvalidCode):
        redeem(asked.code)


@pytest.mark.parametrize("_again", range(3))
def test_of_two_confirmations_of_one_address_one_brings_its_password(owner, _again):
    """The other's request has ended, whichever was faster."""
    email, passwords = "ann@example.org", ["First-Horse-11", "Second-Horse-22"]
    made = []
    for password in passwords:
        services.register(email=email, password=password)
        made.append(EmailRequest.objects.order_by("-created_at").first())
    person = User.objects.get(email=email)
    done = at_once(
        *[lambda asked=asked: services.confirm_email(person, chosen=asked) for asked in made]
    )
    assert sorted(done) == [False, True]
    person.refresh_from_db()
    assert person.check_password(passwords[done.index(True)])
    assert not EmailRequest.objects.filter(user=person, used_at=None).exists()


@pytest.mark.parametrize("_again", range(3))
def test_two_first_sign_ups_of_one_address_at_once_are_no_error(db, _again):
    tokens = at_once(*[lambda: services.register(email="ann@example.org", password=PASSWORD)] * 2)
    assert [token for token in tokens if isinstance(token, Exception)] == []
    assert User.objects.filter(email="ann@example.org").count() == 1


def test_six_sign_ins_at_once_leave_five_families(owner):
    at_once(*[lambda: refresh.start(owner, Place(), Proof.PASSWORD)] * 6)
    assert RefreshToken.objects.filter(user=owner, revoked_at=None).count() == 5


@pytest.mark.parametrize("_again", range(3))
def test_two_sign_ups_of_one_address_at_once_make_one_account(db, _again):
    """A double click is no error."""

    def job():
        services.register(email="twice@example.org", password=PASSWORD)

    assert at_once(job, job) == [None, None]
    assert User.objects.get().status == "unverified"


def test_of_two_operators_who_make_one_account_at_once_the_second_reads_that_it_is_taken(db):
    make = partial(services.create_person, email="ann@example.org", password=PASSWORD)
    made, refused = while_held(make, make)
    assert isinstance(refused, EmailTaken)
    assert list(User.objects.all()) == [made]


@pytest.mark.parametrize("_again", range(3))
def test_of_two_uses_of_one_recovery_code_exactly_one_succeeds(owner, _again):
    """Recovery codes are used once."""
    code = factors.new_recovery_codes(owner)[0]
    assert sorted(map(bool, at_once(*[lambda: factors.use_code(owner, code)] * 2))) == [False, True]


def while_held(held, other, seconds=0.5):
    """The result of `other`, begun on its own connection while `held` has run and its transaction is still open."""
    results = []

    def run():
        try:
            results.append(other())
        except Exception as error:
            results.append(error)
        finally:
            connections.close_all()

    thread = Thread(target=run)
    with transaction.atomic():
        kept = held()
        thread.start()
        thread.join(timeout=seconds)
        assert thread.is_alive(), "it did not wait"
    thread.join(timeout=20)
    return kept, results[0]


@pytest.mark.parametrize(
    "end",
    [
        lambda user, raw: services.set_password(user, "Another-Horse-8"),
        lambda user, raw: refresh.end_by_token(user, raw),
        lambda user, raw: refresh.end_families(user),
    ],
    ids=["password", "sign-out", "end"],
)
def test_a_refresh_under_way_does_not_outlive_the_end_of_its_sign_in(owner, end):
    """The token that it made meanwhile is ended too."""
    raw = refresh.start(owner, Place(), Proof.PASSWORD).raw
    issued, _none = while_held(lambda: refresh.rotate(raw), lambda: end(owner, raw))
    with pytest.raises(TokenRevoked):
        refresh.rotate(issued.raw)


def test_a_refresh_that_waited_for_a_password_change_is_refused(owner):
    """The other order."""
    raw = refresh.start(owner, Place(), Proof.PASSWORD).raw
    _none, refused = while_held(
        lambda: services.set_password(owner, "Another-Horse-8"), lambda: refresh.rotate(raw)
    )
    assert isinstance(refused, TokenRevoked)


@pytest.mark.parametrize("_again", range(3))
def test_of_two_new_passwords_after_one_code_one_is_taken(owner, _again):
    """Two tabs that both hold the proof of the right code."""
    chosen = ["Another-Horse-8", "Third-Horse-99"]
    reset = partial(services.reset_password, owner, version=owner.token_version)
    taken = at_once(*[partial(reset, password) for password in chosen])
    assert sorted(taken) == [False, True]
    owner.refresh_from_db()
    assert [owner.check_password(password) for password in chosen] == taken


@pytest.mark.parametrize("_again", range(5))
def test_disabling_during_refreshes_and_codes_is_no_deadlock(make_person, owner, _again):
    """Everybody locks the person first."""
    boss, raw = make_person("boss", role="admin"), refresh.start(owner, Place(), Proof.PASSWORD).raw
    results = at_once(
        lambda: operators.disable(actor=boss, user=owner),
        lambda: refresh.rotate(raw),
        lambda: codes.ask(owner.email, Purpose.RESET, user=owner),
        lambda: refresh.start(owner, Place(), Proof.PASSWORD),
    )
    assert [result for result in results if isinstance(result, OperationalError)] == []
    assert User.objects.get(pk=owner.pk).status == "disabled"
    assert not RefreshToken.objects.filter(user=owner, revoked_at=None).exists()


def test_two_who_end_all_sign_ins_at_once_raise_the_version_twice(owner):
    """No token minted between them survives."""
    first, second = User.objects.get(), User.objects.get()
    services.end_sign_ins(first)
    services.end_sign_ins(second)
    assert User.objects.get().token_version == owner.token_version + 2


@pytest.mark.parametrize("_again", range(5))
def test_two_requests_for_a_code_at_once_are_no_error(owner, _again):
    """An error would tell that the address is known; each request lives."""
    made = at_once(*[lambda: codes.ask(owner.email, Purpose.LOGIN, user=owner)] * 4)
    assert [result for result in made if isinstance(result, Exception)] == []
    assert owner.email_requests.filter(used_at=None).count() == 4


@pytest.mark.parametrize("_again", range(3))
def test_two_first_choices_of_preferences_at_once_are_no_error(web, owner, _again):
    """A double click on Save."""
    browsers = [web(owner), web(owner)]
    chosen = {
        "profile-nickname": "Ann", "profile-language": "en", "profile-timezone": "Europe/Kyiv",
        "preferences-risk_tolerance": "high", "preferences-max_position_size": "0.25",
    }  # fmt: skip
    answers = at_once(
        *[
            lambda browser=browser: browser.post("/accounts/profile/", chosen)
            for browser in browsers
        ]
    )
    assert [answer.status_code for answer in answers] == [302, 302]
    assert owner.preferences.risk_tolerance == "high"


@pytest.mark.parametrize("_again", range(5))
def test_of_the_only_two_administrators_who_leave_at_once_one_stays(make_person, _again):
    people = [make_person(name, role="admin") for name in ("ann", "ben")]
    leave = partial(leaving.plan, keep_family=None, keep_session=None)
    results = at_once(*[partial(leave, person) for person in people])
    assert [type(result) for result in results if isinstance(result, Exception)] == [LastAdmin]
    assert User.objects.filter(deletion_at=None).count() == 1


def test_who_calls_the_end_off_while_it_is_carried_out_stays(owner):
    """The removal waits for them and looks once more; of somebody gone meanwhile there is nothing to remove."""
    due = {"deletion_at": timezone.now()}
    User.objects.filter(pk=owner.pk).update(**due)
    _kept, gone = while_held(lambda: leaving.keep(owner), leaving.remove_due)
    assert gone == 0
    assert User.objects.filter(pk=owner.pk, deletion_at=None).exists()
    User.objects.filter(pk=owner.pk).update(**due)
    _removed, gone = while_held(lambda: upkeep.erase(owner), leaving.remove_due)
    assert gone == 0


@pytest.mark.parametrize("_again", range(3))
def test_one_address_goes_to_one_of_two_who_prove_it_at_once(owner, make_person, _again):
    people = [owner, make_person("ben")]
    asked = [codes.ask("new@example.org", Purpose.EMAIL, user=person).code for person in people]
    results = at_once(
        *[partial(address.confirm, *pair) for pair in zip(people, asked, strict=True)]
    )
    assert [type(result) for result in results if isinstance(result, Exception)] == [EmailTaken]
    assert User.objects.filter(email="new@example.org").count() == 1
