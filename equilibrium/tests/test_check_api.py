"""`manage.py check_api` against a server of its own."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from conftest import PASSWORD

pytestmark = pytest.mark.django_db(transaction=True)


def lines(capsys) -> dict[str, str]:
    return {line.split()[1]: line for line in capsys.readouterr().out.splitlines()}


def test_an_installation_in_order_answers_every_question(live_server, owner, capsys):
    call_command("check_api", url=live_server.url, email=owner.email, password=PASSWORD)
    found = lines(capsys)
    assert set(found) == {"health", "schema", "sign-in", "own", "positioning"}
    assert all(line.startswith("ok") and " 200 " in line for line in found.values())
    assert PASSWORD not in "".join(found.values())


def test_a_wrong_password_is_a_failure_and_nothing_is_read(live_server, owner, capsys):
    with pytest.raises(SystemExit, match="1"):
        call_command("check_api", url=live_server.url, email=owner.email, password="Wrong-Horse-7")
    found = lines(capsys)
    assert found["sign-in"].startswith("failed")
    assert " 401 " in found["sign-in"]
    assert "own" not in found


def test_a_module_that_is_not_held_is_named(live_server, guest, capsys):
    with pytest.raises(SystemExit, match="1"):
        call_command("check_api", url=live_server.url, email=guest.email, password=PASSWORD)
    assert " 403 /api/v1/cot/status" in lines(capsys)["positioning"]


def test_nobody_at_the_address_is_said_in_words(capsys):
    with pytest.raises(SystemExit, match="1"):
        call_command(
            "check_api", url="http://127.0.0.1:9", email="a@example.org", password=PASSWORD
        )
    assert "ConnectError" in lines(capsys)["health"]


def test_without_a_person_it_says_what_to_give(settings):
    settings.ADMIN_PASSWORD = ""
    with pytest.raises(CommandError, match="--email"):
        call_command("check_api", url="http://127.0.0.1:9", email="")
