"""A person's own pages: profile, security, notices, devices, signed-in places."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.utils.html import escape

from accounts import devices
from accounts.models import Preferences, SignInEvent, User
from conftest import PASSWORD
from core.modules import Module, Page

pytestmark = pytest.mark.django_db
PROFILE = "/accounts/profile/"
FORM = {
    "profile-nickname": "New", "profile-language": "uk", "profile-timezone": "America/New_York",
    "preferences-risk_tolerance": "high", "preferences-max_position_size": "0.25",
    "preferences-preferred_sectors": "Energy, Metals",
}  # fmt: skip


def sign_in(web, name="owner"):
    browser = web()
    browser.post("/accounts/login/", {"login": name, "password": PASSWORD})
    return browser


def test_the_profile_page_saves_person_and_preferences_and_the_language_follows(web, owner):
    answer = web(owner).post(PROFILE, FORM)
    assert answer.status_code == 302
    assert answer.cookies["django_language"].value == "uk"
    owner.refresh_from_db()
    assert (owner.nickname, owner.language, owner.timezone) == ("New", "uk", "America/New_York")
    kept = Preferences.objects.get(user=owner)
    assert (kept.risk_tolerance, str(kept.max_position_size), kept.preferred_sectors) == (
        "high", "0.25", ["Energy", "Metals"],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("profile-timezone", "Mars/Base"),
        ("profile-language", "xx"),
        ("preferences-max_position_size", "1.01"),
    ],
)
def test_the_profile_page_refuses_nonsense(web, owner, field, value):
    """It says so at the field, and nothing of what was sent beside it is kept."""
    browser = web(owner)
    before = User.objects.values().get(pk=owner.pk)
    answer = browser.post(PROFILE, FORM | {field: value})
    assert answer.status_code == 200
    form, _, name = field.partition("-")
    errors = answer.context["form" if form == "profile" else "preferences"].errors[name]
    assert str(escape(errors[0])) in answer.content.decode()
    assert User.objects.values().get(pk=owner.pk) == before
    assert [row.preferred_sectors for row in Preferences.objects.filter(user=owner)] == [[]]


def test_only_languages_that_the_pages_speak_are_offered_and_the_own_one_stays(
    web, owner, make_person
):
    """Mails and pages are written in English and Ukrainian."""

    def offered(person):
        form = web(person).get(PROFILE).context["form"]
        return [code for code, _name in form.fields["language"].choices]

    assert offered(owner) == ["en", "uk"]
    assert offered(make_person("ivan", language="ru")) == ["en", "uk", "ru"]


@pytest.mark.parametrize("field", ["role", "status", "is_staff", "email", "token_version"])
def test_the_profile_page_ignores_rights_it_is_offered(web, owner, field):
    before = (
        User.objects.filter(pk=owner.pk).values("role", "status", "email", "token_version").get()
    )
    web(owner).post(PROFILE, FORM | {field: "admin", f"profile-{field}": "admin"})
    assert (
        User.objects.filter(pk=owner.pk).values("role", "status", "email", "token_version").get()
        == before
    )


def test_the_language_of_the_profile_is_the_language_after_sign_in(web, make_person):
    make_person("olena", language="uk")
    browser = sign_in(web, "olena")
    assert browser.cookies["django_language"].value == "uk"


NOTICES = "/accounts/notifications/"


@pytest.fixture
def installed(monkeypatch):
    """`installed("signals")`: an app declares that module, as a real one does."""

    def declare(key):
        page = Page(title=key, route="landing")
        config = apps.get_app_config("messages")
        monkeypatch.setattr(config, "shell", Module(key=key, title=key, home=page), raising=False)

    return declare


def test_notices_are_chosen_by_way(web, owner, installed):
    installed("trading")
    web(owner).post(NOTICES, {"margin_call": ["email", "push"], "fill": ["push"]})
    assert Preferences.objects.get(user=owner).notify == {
        "signal": [], "margin_call": ["email", "push"], "heartbeat": [], "fill": ["push"],
    }  # fmt: skip


def test_only_notices_that_something_sends_can_be_chosen(web, owner, installed):
    page = web(owner).get(NOTICES)
    assert page.context["form"].fields == {}
    assert "No module that sends notices is installed here yet." in page.content.decode()
    assert "<table" not in page.content.decode()
    installed("signals")
    page = web(owner).get(NOTICES)
    assert list(page.context["form"].fields) == ["signal"]
    assert "New signals" in page.content.decode()


def test_what_was_chosen_for_a_module_that_went_is_kept(web, owner, installed):
    installed("trading")
    web(owner).post(NOTICES, {"fill": ["email"]})
    installed("signals")
    web(owner).post(NOTICES, {"signal": ["push"], "fill": []})
    notify = Preferences.objects.get(user=owner).notify
    assert (notify["signal"], notify["fill"]) == (["push"], ["email"])


def test_places_are_shown_and_one_can_be_ended(web, owner):
    here, there = sign_in(web), sign_in(web)
    assert len(here.get("/accounts/security/").context["places"]) == 2
    other = UserSession.objects.get(session_key=there.session.session_key)
    here.post(f"/accounts/security/browsers/{other.pk}/end/")
    assert there.get(PROFILE).status_code == 302
    assert here.get(PROFILE).status_code == 200


def test_the_place_one_looks_from_stands_first(web, owner):
    here, there = sign_in(web), sign_in(web)
    shown = list(here.get("/accounts/security/").context["places"])
    assert [place.current for place in shown] == [True, False]
    other = UserSession.objects.get(session_key=there.session.session_key)
    assert shown[1].end == f"/accounts/security/browsers/{other.pk}/end/"


def test_it_shows_when_each_place_was_last_seen_the_newest_first(web, owner):
    """Noted every ten minutes at most."""
    now = datetime(2026, 7, 14, 12, 0, tzinfo=UTC)

    def at(minutes):
        return time_machine.travel(now + timedelta(minutes=minutes), tick=False)

    with at(0):
        here, old, new = sign_in(web), sign_in(web), sign_in(web)
    with at(30):
        old.get(PROFILE)
    with at(35):
        old.get(PROFILE)
    with at(50):
        new.get(PROFILE)
    with at(59):
        page = here.get("/accounts/security/")
    shown = [(place.current, place.last_seen) for place in page.context["places"]]
    noted = [now, now + timedelta(minutes=50), now + timedelta(minutes=30)]
    assert shown == list(zip([True, False, False], noted, strict=True))
    assert "14 Jul 2026, 15:50" in page.content.decode()


def test_all_others_end_and_this_one_stays(web, owner, post):
    here, there = web(), web()
    for browser in (here, there):
        browser.post("/accounts/login/", {"login": "owner", "password": PASSWORD})
    raw = post(
        "auth/login", login="owner", password=PASSWORD, headers={"X-Client": "mobile"}
    ).json()["refresh_token"]
    here.post("/accounts/security/end-others/")
    assert (here.get(PROFILE).status_code, there.get(PROFILE).status_code) == (200, 302)
    assert post("auth/refresh", refresh_token=raw).status_code == 401


def test_a_password_change_on_the_page_keeps_this_browser_and_ends_the_others(web, owner):
    here, there = sign_in(web), sign_in(web)
    here.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "Another-Horse-8", "password2": "Another-Horse-8"},
    )
    owner.refresh_from_db()
    assert owner.check_password("Another-Horse-8")
    assert owner.token_version == 2
    assert (here.get(PROFILE).status_code, there.get(PROFILE).status_code) == (200, 302)


@pytest.mark.parametrize("kind", ["browser", "device"])
def test_places_and_devices_of_others_look_like_unknown_ones(web, owner, stranger, kind):
    browser = sign_in(web)
    device, _new = devices.add(user=owner, token="t" * 20, platform="ios")
    session = UserSession.objects.get(session_key=browser.session.session_key)
    paths = {
        "browser": f"/accounts/security/browsers/{session.pk}/end/",
        "device": f"/accounts/notifications/devices/{device.pk}/remove/",
    }
    assert web(stranger).post(paths[kind]).status_code == 404
    assert web(owner).get(paths[kind]).status_code == 405


def test_a_device_is_removed(web, owner):
    device, _new = devices.add(user=owner, token="t" * 20, platform="ios")
    assert "…tttttt" in web(owner).get("/accounts/notifications/").content.decode()
    web(owner).post(f"/accounts/notifications/devices/{device.pk}/remove/")
    assert not owner.devices.exists()


def test_places_and_events_are_turned_over_each_by_itself(web, owner):
    """Ten rows a page; the address of one list keeps the page of the other."""
    browsers = [sign_in(web) for _ in range(12)]
    for day in range(1, 23):
        at = datetime(2026, 7, day, 12, tzinfo=UTC)
        SignInEvent.objects.create(
            user=owner, kind="wrong_password", network=f"192.0.{day}.0/24", first_at=at, last_at=at
        )
    page = browsers[0].get("/accounts/security/?places=2&events=3")
    shown = page.content.decode()
    assert len(page.context["places"]) == 2
    assert [event.network for event in page.context["events"]] == [
        "192.0.3.0/24", "192.0.2.0/24", "192.0.1.0/24",
    ]  # fmt: skip
    assert 'href="?places=1&amp;events=3#places"' in shown
    assert 'href="?places=2&amp;events=2#events"' in shown
    assert browsers[0].get("/accounts/security/?places=nonsense&events=99").status_code == 200
