"""A row the checks refused, accepted by an administrator."""

from __future__ import annotations

import hashlib
from datetime import date

import pytest
from django.urls import reverse

from core.locks import Locked, named_lock
from cot.models import BoardRow, Market, Observation, ObservationVersion, QuarantinedRow, SourceFile
from cot.pipeline import acceptance, ingest, parsing, update
from cot.tests.cftc_text import market_codes, row, text
from cot.tests.test_ingest import FETCHED, origin
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db(transaction=True)
DISAGG = VARIANTS["disagg_fo"]
DAY = date(2024, 1, 2)


@pytest.fixture(autouse=True)
def one_kept_folder(settings, tmp_path):
    settings.VAR_DIR = tmp_path


def rows_with(cells, count=30, size=100):
    """A week of markets in which the fourth prints these cells."""
    rows = [row(DISAGG, code=code, size=size) for code in market_codes(count)]
    rows[3] = rows[3] | cells
    return rows


def save(settings_folder, rows, modified=1, **given) -> SourceFile:
    content = text(rows)
    file = origin(modified=modified, **given)
    file.sha256, file.path = hashlib.sha256(content).hexdigest(), f"kept-{modified}"
    (settings_folder / file.path).write_bytes(content)
    ingest.save(parsing.parse(parsing.as_text(content), DISAGG), file)
    return file


def waiting() -> QuarantinedRow:
    return QuarantinedRow.objects.filter(resolved_at=None).first()


def numbers() -> list[tuple]:
    return list(
        Observation.objects.order_by("market_id").values_list(
            "market_id", "open_interest", "version", "quality"
        )
    )


def test_the_row_is_stored_as_printed_and_marked(tmp_path):
    save(tmp_path, rows_with({"open_interest_all": "5000"}))
    code = market_codes(30)[3]
    assert not Observation.objects.filter(market=code).exists()

    stored = acceptance.accept(waiting())

    assert (stored.market_id, stored.open_interest, stored.quality, stored.version) == (
        code,
        5000,
        "warned",
        1,
    )
    assert stored.source_line == 5  # header, then the fourth row
    assert set(QuarantinedRow.objects.values_list("resolution", flat=True)) == {"accepted"}
    assert BoardRow.objects.get(market=code).values["open_interest"] == 5000
    assert Market.objects.get(code=code).last_date == DAY


def test_the_row_it_replaces_is_kept_as_a_version(tmp_path):
    save(tmp_path, rows_with({}))
    before = Observation.objects.get(market=market_codes(30)[3])
    save(tmp_path, rows_with({"open_interest_all": "5000"}), modified=8)

    acceptance.accept(waiting())

    before.refresh_from_db()
    assert (before.open_interest, before.version, before.quality) == (5000, 2, "warned")
    assert ObservationVersion.objects.get(observation=before).facts["open_interest"] != 5000


def test_the_next_file_that_says_the_same_leaves_it_accepted(tmp_path):
    save(tmp_path, rows_with({"open_interest_all": "5000"}))
    acceptance.accept(waiting())
    save(
        tmp_path,
        [*rows_with({"open_interest_all": "5000"})],
        modified=8,
        fetched=FETCHED.replace(day=9),
    )
    assert waiting() is None
    assert Observation.objects.get(market=market_codes(30)[3]).quality == "warned"


def test_a_later_good_row_takes_its_place(tmp_path):
    save(tmp_path, rows_with({"open_interest_all": "5000"}))
    accepted = acceptance.accept(waiting())
    save(tmp_path, rows_with({}), modified=8)
    accepted.refresh_from_db()
    assert (accepted.quality, accepted.version) == ("ok", 2)
    assert accepted.open_interest != 5000


@pytest.mark.parametrize(
    ("cells", "reason"),
    [
        ({"m_money_positions_long_all": "1x"}, "bad_number"),
        ({"tot_rept_positions_long_all": "-1"}, "negative"),
    ],
)
def test_what_cannot_be_a_row_is_refused(tmp_path, cells, reason):
    save(tmp_path, rows_with(cells))
    row = QuarantinedRow.objects.get()
    assert reason in row.reasons
    before = numbers()
    with pytest.raises(acceptance.NotAcceptable):
        acceptance.accept(row)
    row.refresh_from_db()
    assert row.resolved_at is None
    assert numbers() == before


def test_a_line_with_a_null_position_is_refused_whatever_else_it_breaks(tmp_path):
    """Else the null would be stored by way of the percentage it breaks too, and spoil the week after it."""
    save(tmp_path, rows_with({"m_money_positions_long_all": ".", "open_interest_all": "5000"}))
    code, before = market_codes(30)[3], numbers()
    row = QuarantinedRow.objects.get(code=code)
    assert set(row.reasons) > {"bad_number"}
    with pytest.raises(acceptance.NotAcceptable, match="bad_number"):
        acceptance.accept(row)
    assert numbers() == before
    row.refresh_from_db()
    assert row.resolved_at is None


def test_what_is_stored_already_is_marked(tmp_path):
    """A weekly file was stored without the week before it; the yearly file shows that its change is wrong."""
    rows = [row(DISAGG, code=code, day=DAY, size=100) for code in market_codes(30)]
    later = [row(DISAGG, code=code, day=date(2024, 1, 9), size=100) for code in market_codes(30)]
    later[3] = later[3] | {"change_in_open_interest_all": "77"}
    save(tmp_path, later, kind="weekly", url="weekly.txt")
    stored = Observation.objects.get(market=market_codes(30)[3])
    save(tmp_path, rows + later, modified=8)
    assert waiting().reasons == ["change"]

    acceptance.accept(waiting())

    stored.refresh_from_db()
    assert (stored.quality, stored.version, stored.oi_change) == ("warned", 1, 77)
    assert waiting() is None


def test_without_the_kept_file_nothing_changes(tmp_path):
    file = save(tmp_path, rows_with({"open_interest_all": "5000"}))
    (tmp_path / file.path).unlink()
    before = numbers()
    with pytest.raises(acceptance.NotAcceptable, match="not kept"):
        acceptance.accept(waiting())
    assert numbers() == before


def test_a_newer_file_has_the_last_word(tmp_path):
    """The newer file does not hold the market at all, so what the older one printed is not the present."""
    rows = rows_with({"open_interest_all": "5000"})
    save(tmp_path, rows, modified=1)
    row = waiting()
    save(
        tmp_path,
        [each for place, each in enumerate(rows) if place != 3],
        modified=8,
        url="other.zip",
    )
    with pytest.raises(acceptance.NotAcceptable, match="newer file"):
        acceptance.accept(row)
    assert not Observation.objects.filter(market=market_codes(30)[3]).exists()


def test_twice_is_refused(tmp_path):
    save(tmp_path, rows_with({"open_interest_all": "5000"}))
    row = waiting()
    acceptance.accept(row)
    with pytest.raises(acceptance.NotAcceptable, match="closed"):
        acceptance.accept(row)


def test_not_while_an_update_runs(tmp_path):
    save(tmp_path, rows_with({"open_interest_all": "5000"}))
    with named_lock(update.LOCK), pytest.raises(Locked):
        acceptance.accept(waiting())
    assert waiting() is not None


def test_in_the_admin(tmp_path, admin, web):
    save(tmp_path, rows_with({"open_interest_all": "5000"}))
    rows = QuarantinedRow.objects.values_list("pk", flat=True)
    answer = web(admin).post(
        reverse("admin:cot_quarantinedrow_changelist"),
        {"action": "accept", "_selected_action": list(rows)},
        follow=True,
    )
    assert answer.content.decode().count("is stored as printed") == 1
    assert Observation.objects.get(market=market_codes(30)[3]).quality == "warned"
