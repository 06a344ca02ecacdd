"""Who came in and who tried, kept beside the audit log; what operators changed is in that."""

from __future__ import annotations

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from accounts import services, upkeep
from accounts.models import AuditEntry, SignInEvent, User
from accounts.names import plain
from accounts.staff import operators
from accounts.tests.answers import status_and_code
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
FIREFOX = {"User-Agent": "Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/130.0"}


def seen(user):
    return set(
        SignInEvent.objects.filter(user=user).values_list("kind", "network", "client", "count")
    )


def test_sign_ins_and_failures_are_counted_by_kind_network_and_client(post, sign_in, owner):
    for _ in range(2):
        post("auth/login", login="owner", password="Wrong-Horse-7", headers=FIREFOX)
        sign_in("owner", headers=FIREFOX)
    assert seen(owner) == {
        ("signed_in", "127.0.0.0/24", "Firefox, Windows", 2),
        ("wrong_password", "127.0.0.0/24", "Firefox, Windows", 2),
    }
    assert not AuditEntry.objects.exists()


def test_the_pages_count_too(web, owner):
    browser = web()
    form = {"login": "owner", "password": "Wrong-Horse-7"}
    browser.post("/accounts/login/", form, headers=FIREFOX)
    browser.post("/accounts/login/", form | {"password": PASSWORD}, headers=FIREFOX)
    assert {kind for kind, *_ in seen(owner)} == {"signed_in", "wrong_password"}


def test_a_failure_at_an_unknown_address_is_written_too_and_is_nobodys(post, db):
    """So the work tells nothing about the address."""
    for name in ("nobody@example.org", "noone@example.org"):
        post("auth/login", login=name, password=PASSWORD, headers=FIREFOX)
    assert seen(None) == {("wrong_password", "127.0.0.0/24", "Firefox, Windows", 2)}


def test_events_are_kept_for_ninety_days_after_the_last(sign_in, owner):
    sign_in("owner")
    now = timezone.now()
    with time_machine.travel(now + timedelta(days=89)):
        upkeep.purge()
        assert SignInEvent.objects.exists()
    with time_machine.travel(now + timedelta(days=91)):
        assert upkeep.purge()["sign_in_events"] == 1


def test_a_new_nickname_by_an_administrator_is_in_the_audit_log(admin, owner):
    operators.update(actor=admin, user=owner, nickname="Olha")
    operators.update(actor=admin, user=owner, nickname="Olha")
    entry = AuditEntry.objects.get()
    assert (entry.action, entry.actor, entry.target_user) == ("change_nickname", admin, owner)
    assert entry.metadata == {"previous_nickname": "Owner", "new_nickname": "Olha"}


# ---- Accounts that nobody confirms


def test_an_account_nobody_confirmed_for_a_week_is_purged_with_its_name(db):
    services.register(email="ann@example.org", password=PASSWORD, username="ann")
    with time_machine.travel(timezone.now() + timedelta(days=6, hours=23)):
        upkeep.purge()
        assert User.objects.exists()
    with time_machine.travel(timezone.now() + timedelta(days=7, minutes=1)):
        upkeep.purge()
        assert not User.objects.exists()


def test_a_sign_up_under_way_is_not_purged_however_old_the_account_is(db):
    services.register(email="ann@example.org", password=PASSWORD)
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        services.register(email="ann@example.org", password=PASSWORD)
        upkeep.purge()
        assert User.objects.exists()


# ---- Names


def test_nobody_gets_a_user_name_made_from_the_address(post, code, db):
    post("auth/register", email="secret.person@example.org", password=PASSWORD)
    post("auth/verify-email", email="secret.person@example.org", code=code())
    assert User.objects.get().username is None
    assert services.create_person(email="b@example.org", password=None).username is None


@pytest.mark.parametrize(
    "name",
    [
        "line\nbreak",
        "bell\a",
        "nul\0",
        "\u202eright to left",
        "a\u2066b",
        "zero\u200bwidth",
        "\u2028",
        "\u3164",
    ],
    ids=["line", "bell", "nul", "override", "isolate", "invisible", "separator", "blank"],
)
def test_a_nickname_holds_no_control_or_direction_characters(api, post, web, owner, admin, name):
    answers = [
        api(owner).put("/api/v1/auth/me", {"nickname": f"x{name}x"}, format="json"),
        api(admin).put(f"/api/v1/users/{owner.pk}", {"nickname": f"x{name}x"}, format="json"),
        post("auth/register", email="n@example.org", password=PASSWORD, nickname=f"x{name}x"),
    ]
    assert [status_and_code(answer)[0] for answer in answers] == [422] * 3
    web(owner).post(
        "/accounts/profile/", {"nickname": f"x{name}x", "language": "en", "timezone": "Europe/Kyiv"}
    )
    assert User.objects.get(pk=owner.pk).nickname == "Owner"


def test_a_nickname_of_joiners_alone_would_show_nothing(api, owner):
    client = api(owner)
    joined, alone = "a\u200db", "\u200d\u200c"
    assert client.put("/api/v1/auth/me", {"nickname": joined}, format="json").status_code == 200
    assert client.put("/api/v1/auth/me", {"nickname": alone}, format="json").status_code == 422


@pytest.mark.parametrize("name", ["Олена", "O’Brien-Ng", "李小龍", "👩‍💻 dev", ""])
def test_names_of_all_the_world_are_plain(name):
    assert plain(name) is None
