"""The demo from the command line: written, loaded through the pipeline, taken out again."""

from __future__ import annotations

import shutil
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from core import versions
from cot.demo import archive as demo
from cot.models import BoardRow, CropSplit, Market, Observation, QuarantinedRow, SourceFile
from cot.publication import releases
from cot.variants import VARIANTS
from equilibrium.management.commands import demo as command

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True, scope="module")
def one_year():
    """A year is enough to see the whole way."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(command, "SMALL_YEARS", 1)
        yield


@pytest.fixture(scope="module")
def loaded_once(module_database, tmp_path_factory) -> Path:
    """The folder of a demo that the database holds."""
    folder = tmp_path_factory.mktemp("loaded") / "demo"
    with module_database():
        run(folder)
    return folder


@pytest.fixture
def demo_folder(loaded_once: Path, tmp_path: Path) -> Path:
    """A copy of it, which a test may change."""
    return Path(shutil.copytree(loaded_once, tmp_path / "demo"))


def run(folder: Path, **options: object) -> str:
    out = StringIO()
    call_command("demo", folder=folder, stdout=out, stderr=out, **options)
    return out.getvalue()


def test_the_demo_goes_through_the_pipeline_and_every_row_says_it_is_one(demo_folder: Path):
    """Nothing is set aside; six variants of all well-known markets; the feed is fresh."""
    assert {
        (o.report_type, o.subtype) for o in Observation.objects.only("report_type", "subtype")
    } == {(variant.type, variant.subtype) for variant in VARIANTS.values()}
    assert set(Market.objects.values_list("code", flat=True)) == {
        m.code for m in demo.known_markets()
    }
    assert not QuarantinedRow.objects.exists()
    assert not Observation.objects.filter(source_file__is_demo=False).exists()
    assert CropSplit.objects.exists()
    assert not Market.objects.filter(category="other").exists()


def test_a_second_time_nothing_changes(demo_folder: Path):
    before = list(
        Observation.objects.order_by("pk").values_list("pk", "version", "known_at", "source_file")
    )
    assert "0 new, 0 changed" in run(demo_folder)
    assert (
        list(
            Observation.objects.order_by("pk").values_list(
                "pk", "version", "known_at", "source_file"
            )
        )
        == before
    )


def test_removing_the_demo_leaves_nothing_of_it(demo_folder: Path):
    version = versions.current("cot")["cot"]
    run(demo_folder, remove=True)
    assert not any(
        model.objects.exists() for model in (Observation, Market, SourceFile, BoardRow, CropSplit)
    )
    assert not demo_folder.exists()
    assert versions.current("cot")["cot"] > version


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path):
    (tmp_path / "deafut.txt").write_text("real")
    for options in ({}, {"remove": True}):
        with pytest.raises(CommandError, match="other files"):
            run(tmp_path, **options)
    assert (tmp_path / "deafut.txt").read_text() == "real"


def test_a_history_for_measuring_is_written_and_not_loaded(tmp_path: Path):
    before = Observation.objects.count()
    assert "simulated rows" in run(tmp_path / "big", rows=5000)
    assert (tmp_path / "big" / VARIANTS["legacy_fo"].bulk).exists()
    assert Observation.objects.count() == before


def test_the_newest_report_is_the_one_expected_now(demo_folder: Path):
    newest = Observation.objects.order_by("-report_date").values_list("report_date", flat=True)[0]
    state = releases.feed_state(timezone.now())
    assert (state.state, newest) == ("fresh", state.expected_report_date)
