"""304 for what a client holds already, and never for anything that changed since."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
import time_machine
from django.contrib import messages
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import ModulePermission
from core import program, versions
from cot.models import BoardRow, Market, Observation
from cot.selectors import watchlist

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("three_markets")]
PAGES = ["/cot/", "/cot/board.csv", "/cot/map/", "/cot/088691/", "/cot/088691/table/", "/cot/088691/charts/", "/cot/088691/block/?block=flow", "/cot/guide/"]  # fmt: skip
API = ["markets/disagg/fo", "markets/disagg/fo/088691", "screener/disagg/fo", "screener-v2", "dashboard/088691", "definitions", "groups/disagg", "categories", "revisions", "export/disagg/fo"]  # fmt: skip
FRIDAY = datetime.fromisoformat(
    "2026-02-27T12:00:00+00:00"
)  # the report of 24 February comes out at 20:30


@pytest.fixture(autouse=True)
def friday():
    """Three markets up to 24 February 2026 are seen on that week's Friday before the release."""
    with time_machine.travel(FRIDAY, tick=False):
        yield


def again(client: Client, path: str, tag: str, **headers: str) -> int:
    return client.get(path, headers={"If-None-Match": tag, **headers}).status_code


def tag_of(client: Client, path: str) -> str:
    client.get(path)  # sets the cookie that forms hang on
    return client.get(path)["ETag"]


@pytest.mark.parametrize("path", PAGES)
def test_a_page_is_sent_once_per_data_version(web, owner, path):
    client = web(owner)
    tag = tag_of(client, path)
    assert again(client, path, tag) == 304
    versions.bump("cot")
    assert again(client, path, tag) == 200


@pytest.mark.parametrize("path", API)
def test_an_answer_of_the_api_is_sent_once_per_data_version(api, owner, path):
    client, path = api(owner), f"/api/v1/cot/{path}"
    tag = client.get(path)["ETag"]
    assert again(client, path, tag) == 304
    versions.bump("cot")
    assert again(client, path, tag) == 200


def test_a_304_is_private_asks_again_next_time_and_leaves_the_policy_of_the_page_alone(web, owner):
    """The page in the browser carries a nonce; a new policy would not know it."""
    client = web(owner)
    page = client.get("/cot/088691/")
    nonce = re.search(r'nonce="([^"]+)"', page.text)[1]
    assert f"'nonce-{nonce}'" in page["Content-Security-Policy"]
    answer = client.get("/cot/088691/", headers={"If-None-Match": tag_of(client, "/cot/088691/")})
    assert (answer.status_code, answer.content) == (304, b"")
    assert "Content-Security-Policy" not in answer
    assert set(answer["Cache-Control"].split(", ")) == {"private", "no-cache"}
    assert {"Cookie", "HX-Request"} <= set(answer["Vary"].split(", "))


@pytest.mark.parametrize(
    "cookie", [("theme", "dark"), ("palette", "classic"), ("django_language", "uk")]
)
def test_another_look_is_another_page(web, owner, cookie):
    client = web(owner)
    tag = tag_of(client, "/cot/")
    client.cookies[cookie[0]] = cookie[1]
    assert again(client, "/cot/", tag) == 200


def test_a_part_of_a_page_is_not_the_page(web, owner):
    client = web(owner)
    assert (
        again(
            client,
            "/cot/088691/table/",
            tag_of(client, "/cot/088691/table/"),
            **{"HX-Request": "true"},
        )
        == 200
    )


def test_a_star_shows_on_board_endpoint_and_market_but_does_not_touch_the_map(web, api, owner):
    client, program = web(owner), api(owner)
    board, market, chart = (tag_of(client, path) for path in ("/cot/", "/cot/088691/", "/cot/map/"))
    rows = program.get("/api/v1/cot/screener-v2")["ETag"]
    watchlist.watch(user=owner, code="088691")
    assert again(client, "/cot/", board) == again(program, "/api/v1/cot/screener-v2", rows) == 200
    assert again(client, "/cot/088691/", market) == 200
    assert again(client, "/cot/map/", chart) == 304


def test_another_person_another_name_or_another_right_is_another_page(web, owner, stranger):
    client = web(owner)
    tag = tag_of(client, "/cot/088691/")
    assert again(web(stranger), "/cot/088691/", tag) == 200
    ModulePermission.objects.filter(user=owner, permission="journal").delete()
    assert again(client, "/cot/088691/", tag) == 200
    tag = tag_of(client, "/cot/088691/")
    owner.nickname = "New name"
    owner.save()
    assert again(client, "/cot/088691/", tag) == 200


def test_without_the_module_or_a_session_there_is_no_304(web, owner, guest):
    tag = tag_of(web(owner), "/cot/")
    assert again(web(guest), "/cot/", tag) == 403
    assert again(web(), "/cot/", tag) == 302


def test_a_new_sign_in_gets_forms_that_work(web, owner):
    """A form holds a token of the cookie it was made with, and signing in changes the cookie."""
    client = web(owner)
    tag = tag_of(client, "/cot/")
    client.cookies["csrftoken"] = "b" * 32
    assert again(client, "/cot/", tag) == 200


def test_a_message_is_seen_and_then_gone(web, owner, rf):
    client = web(owner)
    tag = tag_of(client, "/cot/map/")
    request, redirect = rf.get("/"), HttpResponse()
    request._messages = CookieStorage(request)
    messages.success(request, "Saved.")
    request._messages.update(redirect)
    client.cookies["messages"] = redirect.cookies["messages"].value
    seen = client.get("/cot/map/", headers={"If-None-Match": tag})
    assert "Saved." in seen.text
    assert "ETag" not in seen
    assert again(client, "/cot/map/", tag) == 304


def test_the_clock_alone_changes_what_is_said_of_the_feed(web, api, owner):
    """Before its release a report is awaited, four hours after it is late: page and body say so."""
    browser, path = web(owner), "/api/v1/cot/markets/disagg/fo/088691"
    with time_machine.travel(FRIDAY + timedelta(days=7), tick=False):
        page, body = tag_of(browser, "/cot/088691/"), api(owner).get(path)
        assert body.json()["meta"]["state"] == "fresh"
    with time_machine.travel(FRIDAY + timedelta(days=7, hours=13), tick=False):
        program = api(owner)
        assert again(browser, "/cot/088691/", page) == again(program, path, body["ETag"]) == 200
        assert program.get(path).json()["meta"]["state"] == "late"


def test_the_countdown_of_the_board_goes_on(web, owner):
    client = web(owner)
    tag = tag_of(client, "/cot/")
    with time_machine.travel(timezone.now() + timedelta(minutes=2), tick=False):
        assert again(client, "/cot/", tag) == 200


def test_a_deployment_is_a_new_page(web, owner, monkeypatch):
    client = web(owner)
    tag = tag_of(client, "/cot/")
    assert program.stamp() > 1_700_000_000 * 10**9
    monkeypatch.setattr(program, "stamp", lambda: 1)
    assert again(client, "/cot/", tag) == 200


def test_without_any_data_the_page_is_made_anew_every_time(web, owner):
    for model in (BoardRow, Observation, Market):
        model.objects.all().delete()
    versions.bump("cot")
    assert "ETag" not in web(owner).get("/cot/")


def test_one_answer_asks_for_a_version_once(web, owner, django_assert_num_queries):
    """Session, person, modules, data version, own list: what a 304 of the board costs."""
    client = web(owner)
    tag = tag_of(client, "/cot/")
    with django_assert_num_queries(5):
        assert again(client, "/cot/", tag) == 304
