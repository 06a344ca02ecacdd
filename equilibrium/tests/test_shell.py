"""The shell of every page: landing, look, language, errors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.test import Client

pytestmark = pytest.mark.django_db


@pytest.fixture
def client() -> Client:
    return Client()


def test_a_stranger_reads_what_the_product_is(client):
    page = client.get("/")
    assert page.status_code == 200
    assert "Where the crowd stands" in page.text


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_door_of_the_landing_page_has_a_picture_in_the_chosen_theme(client, theme):
    client.cookies["theme"] = theme
    pictures = re.findall(r'<img\s+src="/static/([^"]+)"', client.get("/").text)
    assert [Path(name).stem.split("-") for name in pictures] == [
        ["door", name, theme] for name in ("board", "guide", "api", "reference")
    ]
    for name in pictures:
        path = finders.find(name)
        assert path, name
        assert 0 < Path(path).stat().st_size < 40_000


def test_a_browser_that_asks_for_an_icon_by_itself_gets_the_mark(client):
    """It does beside an answer of the API, a CSV or the administration."""
    answer = client.get("/favicon.ico", follow=True)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/svg+xml")


def may_be_read(robots, path):
    """RFC 9309: of the rules that fit, the longest decides; `$` is the end of the address."""
    fitting = [
        (len(rule), verb == "Allow")
        for verb, rule in (line.split(": ") for line in robots.splitlines()[1:])
        if (path == rule[:-1] if rule.endswith("$") else path.startswith(rule))
    ]
    return max(fitting)[1]


def test_a_search_engine_reads_what_is_public_and_nothing_behind_the_sign_in(client):
    answer = client.get("/robots.txt")
    assert answer["Content-Type"].startswith("text/plain")
    robots = answer.text
    assert robots.startswith("User-agent: *\n")
    public = ["/", "/week/", "/static/css/tokens.css"]
    private = ["/cot/", "/accounts/login/", "/staff/", "/admin/", "/api/docs/", "/health/", "/?q=1"]
    assert [path for path in public + private if may_be_read(robots, path)] == public


@pytest.mark.parametrize("path", ["/api/docs/", "/api/reference/", "/admin/"])
def test_pages_that_others_made_have_our_head_and_a_way_back(web, admin, path):
    page = web(admin).get(path).content.decode()
    head = page[page.index("<header") : page.index("</header>")]
    assert re.search(r'<a class="mark" href="/">.*Equilibrium</a>', head, re.S)
    assert 'href="/accounts/profile/"' in head
    assert 'action="/accounts/logout/"' in head or 'href="/accounts/logout/"' in head
    assert "Django" not in head
    assert "<title>" in page
    assert "Equilibrium</title>" in page


@pytest.mark.parametrize("path", ["/api/docs/", "/api/reference/"])
def test_a_stranger_reads_the_api_document_and_finds_the_way_in(client, path):
    head = client.get(path).content.decode().partition("</header>")[0]
    assert 'href="/accounts/login/"' in head


@pytest.mark.parametrize("theme", ["dark", "light", "system"])
def test_the_admin_follows_the_chosen_theme(web, admin, theme):
    browser = web(admin)
    browser.cookies["theme"] = theme
    assert f"theme-{theme}" in browser.get("/admin/").content.decode()


def test_every_page_offers_a_way_past_the_header_and_names_its_language(client):
    html = client.get("/").text
    assert '<html lang="en"' in html
    assert 'class="skip" href="#main"' in html
    assert html.count("<main") == 1


@pytest.mark.parametrize(
    ("name", "value", "mark"),
    [("theme", "dark", 'data-theme="dark"'), ("palette", "classic", 'data-palette="classic"')],
)
def test_a_chosen_look_is_on_the_next_page(client, name, value, mark):
    assert mark not in client.get("/").text
    answer = client.post("/appearance/", {name: value, "next": "/"})
    assert (answer.status_code, answer.url) == (302, "/")
    assert mark in client.get("/").text


def test_an_unknown_look_changes_nothing(client):
    client.post("/appearance/", {"theme": "neon"})
    assert "theme" not in client.cookies
    client.cookies["theme"] = '"><script>'
    html = client.get("/").text
    assert "data-theme" not in html
    assert '"><script>' not in html


def test_the_look_is_never_changed_by_a_link(client):
    assert client.get("/appearance/", {"theme": "dark"}).status_code == 405


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "javascript:alert(1)"]
)
def test_nobody_is_sent_to_another_site_after_choosing(client, target):
    assert client.post("/appearance/", {"theme": "dark", "next": target}).url == "/"


def test_the_language_of_the_pages_is_a_choice(client):
    client.post("/i18n/setlang/", {"language": "uk", "next": "/"})
    assert '<html lang="uk"' in client.get("/").text


def test_an_unknown_address_says_so_with_the_id_of_the_request(client):
    page = client.get("/nowhere/")
    assert page.status_code == 404
    assert "Nothing at this address" in page.text
    assert page["X-Request-ID"] in page.text


@pytest.mark.parametrize("status", [400, 403, 404, 429, 500])
def test_every_error_page_stands_on_its_own(rf, status):
    from core.error_pages import error_page

    request = rf.get("/")
    request.request_id = "abc-12345"
    html = error_page(request, status).text
    assert "<h1>" in html
    assert "abc-12345" in html


def test_without_a_database_a_wrong_address_gets_the_page_that_needs_none(client, monkeypatch):
    """503 with the reason and the id of the request, not a line of plain text."""

    def away(*_args):
        raise OperationalError("connection refused")

    client.get("/nowhere/")  # whoever imports the function has the real one by now
    monkeypatch.setattr("cot.feed.feed_at", away)
    page = client.get("/nowhere/")
    assert page.status_code == 503
    assert "The database does not answer right now." in page.text
    assert page["X-Request-ID"] in page.text
    assert "<html" in page.text


def test_an_address_for_forms_only_is_not_an_empty_page(client):
    """A form sent without a session leads over the sign-in to its own address."""
    page = client.get("/appearance/")
    assert (page.status_code, page["Allow"]) == (405, "POST")
    assert "only takes what a form sends" in page.text
    assert page["X-Request-ID"] in page.text


def test_a_name_the_server_does_not_know_is_said_to_be_just_that(client):
    page = client.get("/", headers={"Host": "other.example"})
    assert page.status_code == 400
    assert "does not answer under that name" in page.text
    assert "<html" in page.text


def test_the_page_for_a_broken_server_asks_the_database_nothing(rf, django_assert_num_queries):
    from core.error_pages import error_page

    with django_assert_num_queries(0):
        error_page(rf.get("/"), 500)
