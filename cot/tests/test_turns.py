"""Operators hear when the feed turns late, stale or failed, and when it is well again: once a turn."""

from __future__ import annotations

import json
from datetime import date, timedelta

import pytest
import time_machine
from django.utils import translation

from accounts.letters import delivery
from accounts.models import MailLog
from core.jobs import pulse
from core.locks import named_lock
from core.models import JobRun
from cot import turns
from cot.models import FeedTurn, SourceFile
from cot.pipeline import deriving
from cot.tests.stored import instant, market, observation, source_file
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db(transaction=True)

BEFORE, LATE, STALE = instant(2026, 2, 6, 20), instant(2026, 2, 7), instant(2026, 2, 20)
REPORT = date(2026, 2, 3)  # released on the 6th at 20:30 UTC, late three hours after


@pytest.fixture
def arrive():
    """`arrive("legacy", day)` stores a report of gold in that series."""
    gold = market()

    def bring(kind, day):
        observation(gold, day, source_file(kind))
        deriving.rebuild_board([VARIANTS[f"{kind}_fo"]])

    for kind in ("legacy", "disagg"):
        bring(kind, REPORT - timedelta(days=7))
    return bring


@pytest.fixture(autouse=True)
def no_broker(monkeypatch):
    """Letters wait in the database."""
    monkeypatch.setattr("core.broker.soon", lambda *asked: None)


def look(at):
    """Twice, as two workers do."""
    with time_machine.travel(at, tick=False):
        turns.watch()
        turns.watch()


def sent():
    return list(MailLog.objects.order_by("asked_at").values_list("template", flat=True))


def written(row):
    """The letter as it will be read."""
    with translation.override(delivery.language_of(row.user)):
        context = json.loads(delivery.cipher().decrypt(row.sealed))
        return delivery.compose(row.template, row.user, context)


def run(status, at, trigger=JobRun.Trigger.SCHEDULE):
    JobRun.objects.create(
        name="cot_update", key=str(at), started=at, finished=at, status=status, error="no answer",
        trigger=trigger,
    )  # fmt: skip


def test_one_letter_for_each_turn_and_one_when_it_is_well_again(arrive, admin):
    """One series that lacks the report is enough, and named; more looks, or a restart, write no second letter."""
    look(BEFORE)
    assert sent() == []
    arrive("disagg", REPORT)
    look(LATE)
    look(LATE + timedelta(hours=1))
    assert sent() == ["feed_late"]
    letter = written(MailLog.objects.get())
    assert letter.to == [admin.email]
    assert "The report of Tue 3 Feb 2026" in letter.body
    assert "lack it: Legacy · Futures." in letter.body
    look(STALE)
    assert sent() == ["feed_late", "feed_stale"]
    for kind in ("legacy", "disagg"):
        arrive(kind, REPORT + timedelta(days=7))
    look(STALE)
    look(STALE)
    assert sent() == ["feed_late", "feed_stale", "feed_well"]
    assert list(FeedTurn.objects.values_list("state", flat=True)) == ["well", "stale", "late"]


def test_the_beat_looks_and_who_looks_while_another_tells_tells_nothing(arrive, admin):
    with named_lock(turns.LOCK):
        look(LATE)
    assert sent() == []
    with time_machine.travel(LATE, tick=False):
        pulse()
    assert sent() == ["feed_late"]


def test_an_update_that_failed_is_told_with_its_error_unless_somebody_watched_it(arrive, admin):
    run("failed", BEFORE, trigger=JobRun.Trigger.COMMAND)
    look(BEFORE)
    assert sent() == []
    run("partial", BEFORE + timedelta(minutes=1))
    look(BEFORE)
    assert sent() == ["feed_failed"]
    assert "no answer" in written(MailLog.objects.get()).body
    run("ok", BEFORE + timedelta(minutes=2))
    look(BEFORE)
    assert sent() == ["feed_failed", "feed_well"]


def test_nothing_is_told_while_an_update_works_nor_of_an_invented_or_an_empty_feed(arrive, admin):
    JobRun.objects.create(name="cot_update", key="1", started=LATE)
    with named_lock("cot_update"):
        look(LATE)
    JobRun.objects.all().delete()
    SourceFile.objects.update(is_demo=True)
    look(LATE)
    SourceFile.objects.update(is_demo=False)
    for each in VARIANTS.values():
        deriving.BoardRow.objects.filter(report_type=each.type).delete()
    look(LATE)
    assert sent() == []
    assert not FeedTurn.objects.exists()


def test_each_administrator_reads_it_in_their_language(arrive, admin, make_person):
    make_person("olena", role="admin", language="uk")
    make_person("gone", role="admin", status="disabled")
    make_person("owner")
    look(LATE)
    subjects = {row.user.username: written(row).subject for row in MailLog.objects.all()}
    assert subjects == {
        "admin": "The positioning data is late · Equilibrium",
        "olena": "Дані про позиції запізнюються · Equilibrium",
    }


@pytest.mark.parametrize(
    ("is_person", "subject"), [(True, "Дані"), (False, "The")], ids=["person", "address"]
)
def test_a_named_address_gets_it_alone_in_the_language_of_its_person(
    arrive, admin, make_person, settings, is_person, subject
):
    settings.ADMIN_NOTIFICATION_EMAIL = "olena@example.org"
    if is_person:
        make_person("olena", language="uk")
    look(LATE)
    letter = written(MailLog.objects.get())
    assert letter.to == ["olena@example.org"]
    assert letter.subject.startswith(subject)
