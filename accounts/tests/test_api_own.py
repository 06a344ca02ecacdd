"""Profile, preferences and devices over the API."""

from __future__ import annotations

import pytest

from accounts.models import Device, User

pytestmark = pytest.mark.django_db
ME, PREFERENCES = "/api/v1/auth/me", "/api/v1/auth/me/preferences"


def test_nickname_language_and_zone_are_changed(api, owner):
    body = {"nickname": "New", "language": "uk", "timezone": "America/New_York"}
    assert body.items() <= api(owner).put(ME, body, format="json").json().items()


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"timezone": "Mars/Base"}, "invalid_timezone"),
        ({"timezone": "localtime"}, "invalid_timezone"),
        ({"language": "xx"}, "validation_error"),
    ],
)
def test_unknown_zones_and_languages_are_refused(api, owner, body, code):
    before = api(owner).get(ME).json()
    answer = api(owner).put(ME, body | {"nickname": "New"}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (422, code)
    assert list(answer.json()["error"]["details"]) == list(body)
    assert api(owner).get(ME).json() == before


@pytest.mark.parametrize("path", [ME, PREFERENCES])
def test_rights_that_are_offered_are_not_stored(api, owner, path):
    body = {
        "role": "admin",
        "status": "pending",
        "is_staff": True,
        "permissions": [],
        "email": "x@x.org",
        "user": 1,
    }
    assert api(owner).put(path, body, format="json").status_code == 200
    user = User.objects.get(pk=owner.pk)
    assert (user.role, user.status, user.email, user.is_staff) == (
        "user",
        "active",
        "owner@example.org",
        False,
    )


def test_preferences_have_defaults_and_keep_what_is_left_out(api, owner):
    client = api(owner)
    assert client.get(PREFERENCES).json() == {
        "risk_tolerance": "medium", "preferred_sectors": [], "max_position_size": "0.10",
        "notify": {"signal": [], "margin_call": [], "heartbeat": [], "fill": []},
    }  # fmt: skip
    body = {"max_position_size": "0.25", "notify": {"fill": ["push", "email"]}}
    assert client.put(PREFERENCES, body, format="json").status_code == 200
    body = {
        "risk_tolerance": "low",
        "preferred_sectors": ["Energy"],
        "notify": {"signal": ["email"]},
    }
    assert client.put(PREFERENCES, body, format="json").json() == {
        "risk_tolerance": "low", "preferred_sectors": ["Energy"], "max_position_size": "0.25",
        "notify": {"signal": ["email"], "margin_call": [], "heartbeat": [], "fill": ["email", "push"]},
    }  # fmt: skip


@pytest.mark.parametrize(
    "body",
    [
        {"max_position_size": "1.01"}, {"max_position_size": "0"}, {"risk_tolerance": "reckless"},
        {"notify": {"fill": ["pigeon"]}}, {"preferred_sectors": "Energy"},
    ],
)  # fmt: skip
def test_preferences_out_of_range_are_refused(api, owner, body):
    assert api(owner).put(PREFERENCES, body, format="json").status_code == 422


def test_a_push_token_moves_to_whoever_registers_it_last(api, owner, stranger):
    body = {"token": "a-push-token-123456"}
    first = api(owner).post("/api/v1/register-device", body, format="json")
    assert (first.status_code, first.json()["platform"], first.json()["token_end"]) == (
        201,
        "ios",
        "123456",
    )
    assert "a-push-token" not in first.content.decode()
    second = api(stranger).post(
        "/api/v1/register-device", body | {"platform": "android"}, format="json"
    )
    assert (second.status_code, Device.objects.get().user, Device.objects.get().platform) == (
        200,
        stranger,
        "android",
    )
    assert api(owner).get("/api/v1/devices").json() == []


@pytest.mark.parametrize(
    "body", [{"token": "short"}, {"token": "x" * 256}, {"token": "x" * 20, "platform": "palm"}]
)
def test_bad_devices_are_refused(api, owner, body):
    assert api(owner).post("/api/v1/register-device", body, format="json").status_code == 422


def test_only_the_owner_removes_a_device(api, owner, stranger):
    made = api(owner).post("/api/v1/register-device", {"token": "x" * 20}, format="json").json()
    path = f"/api/v1/devices/{made['id']}"
    foreign = api(stranger).delete(path)
    unknown = api(stranger).delete("/api/v1/devices/00000000-0000-4000-8000-000000000000")
    assert (foreign.status_code, foreign.json()["error"]) == (404, unknown.json()["error"])
    assert api(owner).delete(path).status_code == 204
