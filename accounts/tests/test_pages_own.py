"""A person's own pages: profile, security, notices, devices, signed-in places."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.utils.html import escape

from accounts import devices
from accounts.models import Preferences, User
from conftest import PASSWORD

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


def test_notices_are_chosen_by_way(web, owner):
    web(owner).post("/accounts/notifications/", {"signal": ["email", "push"], "fill": ["push"]})
    assert Preferences.objects.get(user=owner).notify == {
        "signal": ["email", "push"], "margin_call": [], "heartbeat": [], "fill": ["push"],
    }  # fmt: skip


def test_places_are_shown_and_one_can_be_ended(web, owner):
    here, there = sign_in(web), sign_in(web)
    assert len(here.get("/accounts/security/").context["browsers"]) == 2
    other = UserSession.objects.get(session_key=there.session.session_key)
    here.post(f"/accounts/security/browsers/{other.pk}/end/")
    assert there.get(PROFILE).status_code == 302
    assert here.get(PROFILE).status_code == 200


def test_the_place_one_looks_from_stands_first(web, owner):
    here, there = sign_in(web), sign_in(web)
    shown = here.get("/accounts/security/").context["browsers"]
    assert [row["session"].session_key for row in shown] == [
        here.session.session_key,
        there.session.session_key,
    ]


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
