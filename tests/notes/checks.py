"""What the shell does for a module that only declared itself; run with tests.notes.settings (tests/test_new_module.py)."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.utils import timezone

from core import modules, versions
from cot.models import SourceFile
from tests.notes.models import write

pytestmark = pytest.mark.django_db


@pytest.fixture
def holder(make_person):
    return make_person("holder", modules=["notes"])


@pytest.fixture
def page(web, holder):
    return lambda address, **headers: web(holder).get(address, headers=headers)


def test_its_word_can_be_granted_and_nobody_else_comes_in(web, guest, holder):
    assert "notes" in modules.titles()
    assert web(holder).get("/notes/").status_code == 200
    assert web(guest).get("/notes/").status_code == 403
    assert web().get("/notes/").status_code == 302


def test_it_stands_in_the_header_the_keys_and_as_the_start_page_of_who_holds_it(page):
    html = page("/accounts/profile/").text
    assert 'href="/notes/"' in html
    assert "<kbd>n</kbd>" in html
    assert page("/").url == "/notes/"


def test_its_hits_stand_in_the_search_of_every_page(page):
    html = page("/search/?q=work", **{"HX-Request": "true"}).text
    assert 'aria-label="Notes"' in html
    assert 'data-href="/notes/"' in html


def test_page_and_endpoint_show_the_owners_lines_only(page, api, holder, make_person):
    write(owner=holder, text="Gold is crowded")
    write(owner=make_person("other"), text="Not mine")
    assert "Gold is crowded" in page("/notes/").text
    assert "Not mine" not in page("/notes/").text
    assert [each["text"] for each in api(holder).get("/api/v1/notes").json()["items"]] == [
        "Gold is crowded"
    ]


@pytest.mark.parametrize("address", ["/notes/", "/api/v1/notes"])
def test_what_a_client_holds_is_not_sent_again_until_it_changes(address, web, api, holder):
    client = api(holder) if address.startswith("/api/") else web(holder)
    client.get(address)  # a first page also sets the cookie that its forms need
    tag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 304
    write(owner=holder, text="New")
    assert client.get(address, headers={"If-None-Match": tag}).status_code == 200


def test_a_page_that_is_kept_still_shows_what_the_shell_says_of_other_modules(web, holder):
    client = web(holder)
    client.get("/notes/")
    tag = client.get("/notes/")["ETag"]
    SourceFile.objects.create(
        is_demo=True, status=SourceFile.Status.STORED, kind="manual", fetched_at=timezone.now()
    )
    versions.bump("cot")
    assert "Demo data." in client.get("/notes/", headers={"If-None-Match": tag}).text


def test_it_is_in_the_api_document_with_the_errors_of_the_house(tmp_path):
    path = tmp_path / "openapi.yaml"
    call_command("spectacular", file=str(path), validate=True, fail_on_warn=True)
    assert "operationId: notes_list" in path.read_text()


def test_check_api_asks_it_too():
    assert [path for module in modules.openable(["notes"]) for path in module.api_reads] == [
        "/api/v1/notes"
    ]


def test_it_migrates_nothing_in_other_apps():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)
