"""What another version of the program computed does not outlive the upgrade."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command

from core import versions
from core.locks import named_lock
from cot import upgrade
from cot.models import BoardRow
from cot.tests.market_data import store

pytestmark = pytest.mark.django_db


def upgraded() -> None:
    call_command("migrate", verbosity=0, interactive=False)


def test_a_board_that_an_older_program_computed_is_whole_after_the_upgrade(web, owner):
    store()
    known = {row.market_id: row.values for row in BoardRow.objects.all()}
    for row in BoardRow.objects.all():
        row.values = {name: value for name, value in row.values.items() if name != "state"}
        row.made_by = "older"
        row.save()
    before = versions.current("cot")["cot"]
    upgraded()
    assert {row.market_id: row.values for row in BoardRow.objects.all()} == known
    assert versions.current("cot")["cot"] == before + 1
    assert web(owner).get("/cot/?universe=all").status_code == 200


def test_an_upgrade_computes_nothing_that_this_program_computed(capsys):
    store()
    before = versions.current("cot")
    upgraded()
    assert versions.current("cot") == before
    assert "anew" not in capsys.readouterr().out


def test_an_update_under_way_is_waited_for_and_not_worked_beside(monkeypatch):
    """Both would store the same rows; the one that works may be of the older program."""
    store()
    BoardRow.objects.update(made_by="older")
    monkeypatch.setattr(upgrade, "PATIENCE_SECONDS", 0)
    with named_lock("cot_update"), pytest.raises(CommandError, match="cot_update") as refused:
        upgraded()
    assert refused.value.returncode == 2
    assert set(BoardRow.objects.values_list("made_by", flat=True)) == {"older"}
    upgraded()
    assert not BoardRow.objects.filter(made_by="older").exists()
