"""What was known when, over random sets and orders of files."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cot.models import Observation, ObservationVersion, SourceFile
from cot.pipeline import ingest, parsing
from cot.tests.cftc_text import market_codes, row, text, weeks
from cot.variants import VARIANTS

pytestmark = pytest.mark.django_db

DISAGG = VARIANTS["disagg_fo"]
DAYS = weeks(2)
START = datetime(2024, 3, 1, tzinfo=UTC)
FETCHED = START + timedelta(days=365)


class File(NamedTuple):
    """An archive: its day of publication, and the size printed for each of 25 markets; None is a missing market."""

    day: int
    sizes: tuple[int | None, ...]


def store(file: File) -> None:
    rows = [
        row(DISAGG, code=c, size=s) for c, s in zip(market_codes(25), file.sizes, strict=True) if s
    ]
    origin = SourceFile(
        url=f"{file.day}.zip",
        kind="yearly",
        report_type="disagg",
        subtype="fo",
        year=2024,
        sha256=f"{hash(file) % 10**15:064d}",
        last_modified=START + timedelta(days=file.day),
        fetched_at=FETCHED,
    )
    ingest.save(parsing.parse(parsing.as_text(text(rows)), DISAGG), origin)


def current() -> dict[str, int]:
    """Code → long position of what stands in the table now."""
    return dict(Observation.objects.filter(withdrawn_at=None).values_list("market_id", "g1_long"))


def answer(at: datetime) -> dict[str, int]:
    """Code → long position as known at an instant: the version of that time that ended first, else the present row."""
    found = {
        code: position
        for code, position, known, gone in Observation.objects.values_list(
            "market_id", "g1_long", "known_at", "withdrawn_at"
        )
        if known <= at and (gone is None or gone > at)
    }
    versions = ObservationVersion.objects.filter(known_at__lte=at, superseded_at__gt=at).order_by(
        "-superseded_at"
    )
    return found | {
        v.observation.market_id: v.facts["g1_long"] for v in versions.select_related("observation")
    }


def fresh(files) -> None:
    """Only these files, in an empty table."""
    for file in files:
        store(file)


@contextmanager
def scratch():
    """A block whose writes are undone."""
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


sizes = st.integers(0, 24).flatmap(
    lambda place: st.sampled_from([None, 100, 110, 120]).map(
        lambda size: tuple(size if index == place else 100 for index in range(25))
    )
)
archives = st.lists(sizes, min_size=2, max_size=4).map(
    lambda versions: [File(day, sizes) for day, sizes in enumerate(versions, 1)]
)
few = settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@few
@given(archives, st.randoms(use_true_random=False))
def test_the_order_in_which_files_arrive_does_not_matter(files: list[File], random):
    """The same set of files in any order gives the same current facts; twice changes nothing more."""
    with scratch():
        fresh(files)
        expected = current()
    shuffled = random.sample(files, len(files))
    with scratch():
        fresh(shuffled)
        assert current() == expected


@few
@given(archives)
def test_a_newer_file_changes_no_answer_about_the_past(files: list[File]):
    with scratch():
        fresh(files[:-1])
        moments = [START + timedelta(days=file.day, hours=1) for file in files[:-1]]
        before = [answer(moment) for moment in moments]
        store(files[-1])
        assert [answer(moment) for moment in moments] == before


@few
@given(archives, st.randoms(use_true_random=False))
def test_the_answer_of_a_time_equals_a_rebuild_from_the_files_of_that_time(
    files: list[File], random
):
    """Files stored in order of publication."""
    known = random.randrange(1, len(files) + 1)
    moment = START + timedelta(days=files[known - 1].day, hours=1)
    with scratch():
        fresh(files)
        told = answer(moment)
    with scratch():
        fresh(files[:known])
        assert told == current()


@pytest.mark.parametrize(
    "order", [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]
)
def test_three_versions_of_one_row_answer_the_same_in_every_order(order):
    """A says 100, B 120, C 100 again, whichever comes first."""
    files = [File(day, (size, *[100] * 24)) for day, size in ((1, 100), (2, 120), (3, 100))]
    for place in order:
        store(files[place])
    assert current()["001602"] == 100
    if (
        order[0] == 0
    ):  # what a first file says is taken as the truth from the release on, later ones from their day on
        told = [answer(START + timedelta(days=day, hours=1))["001602"] for day in (1, 2, 3)]
        assert told == [100, 120, 100]


def test_versions_are_numbered_without_gaps_and_spans_touch():
    files = [File(day, (size, *[100] * 24)) for day, size in ((1, 100), (2, 110), (3, 120))]
    fresh(files)
    present = Observation.objects.get(market="001602")
    kept = list(ObservationVersion.objects.filter(observation=present).order_by("version"))
    assert [v.version for v in kept] + [present.version] == [1, 2, 3]
    assert [v.superseded_at for v in kept] == [kept[1].known_at, present.known_at]
