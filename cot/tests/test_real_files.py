"""Every real archive, counted."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pytest
from django.db.models import Count, Max, Min

from cot.models import Observation, ObservationVersion, QuarantinedRow
from cot.pipeline import update
from cot.pipeline.folder import FolderSource
from cot.pipeline.obtain import obtain
from cot.pipeline.plan import Options, Request
from cot.pipeline.report_table import Rejection, ReportTable
from cot.variants import VARIANTS

pytestmark = [pytest.mark.real, pytest.mark.django_db]

# Rows, markets, weeks, first and last date of everything in the folder, counted without this program.
HELD = {
    "legacy_fo": (18_723, 468, 69, date(2021, 1, 5), date(2026, 7, 14)),
    "legacy_co": (3_242, 391, 9, date(2026, 1, 6), date(2026, 3, 3)),
    "disagg_fo": (67_950, 405, 283, date(2021, 1, 5), date(2026, 7, 14)),
    "disagg_co": (1_103, 290, 4, date(2026, 1, 6), date(2026, 1, 27)),
    "tff_fo": (14_452, 119, 246, date(2021, 1, 5), date(2026, 8, 4)),
    "tff_co": (8_115, 109, 135, date(2022, 1, 4), date(2026, 6, 23)),
}
# After the weeks held beside it were replayed.
REPLAYED = HELD | {
    "legacy_fo": (21_257, 480, 76, date(2021, 1, 5), date(2026, 7, 14)),
    "disagg_fo": (69_024, 406, 287, date(2021, 1, 5), date(2026, 7, 14)),
}


@pytest.fixture(autouse=True)
def keep_nothing(settings):
    settings.COT_KEEP_FILES = False


def stored() -> dict[str, tuple]:
    found = Observation.objects.values_list("report_type", "subtype").annotate(
        Count("id"),
        Count("market", distinct=True),
        Count("report_date", distinct=True),
        Min("report_date"),
        Max("report_date"),
    )
    return {f"{kind}_{subtype}": tuple(counts) for kind, subtype, *counts in found}


@pytest.mark.slow
def test_every_real_file_is_stored_whole_and_nothing_is_set_aside(shared_data: Path):
    summary = update.run(options=Options(source=str(shared_data / "cftc")))
    assert summary.status == "ok"
    assert stored() == HELD
    assert not QuarantinedRow.objects.exists()
    assert {key: counts.rows for key, counts in summary.variants.items()} == {
        key: held[0] for key, held in HELD.items()
    }
    again = update.run(options=Options(source=str(shared_data / "cftc")))
    assert {(c.inserted, c.updated, c.withdrawn) for c in again.variants.values()} == {(0, 0, 0)}
    assert {key: counts.unchanged for key, counts in again.variants.items()} == {
        key: held[0] for key, held in HELD.items()
    }


@pytest.mark.slow
def test_weeks_arriving_one_by_one_end_in_the_same_rows_without_duplicates(
    shared_data: Path, tmp_path: Path
):
    """A weekly file adds its week, repeats nothing and never pushes a market back."""
    site = tmp_path / "site"
    shutil.copytree(shared_data / "cftc/files", site / "files")
    update.run(options=Options(source=str(site)))
    for folder in sorted((shared_data / "cftc_weeks").iterdir()):
        shutil.copytree(folder, site / "dea/newcot", dirs_exist_ok=True)
        newest = Observation.objects.filter(report_type="tff").aggregate(Max("report_date"))
        assert update.run(options=Options(source=str(site))).status == "ok"
        assert Observation.objects.filter(report_type="tff").aggregate(Max("report_date")) == newest
    assert stored() == REPLAYED
    assert not QuarantinedRow.objects.exists()
    assert not ObservationVersion.objects.exists()


@pytest.mark.parametrize("share", [0.01, 0.3, 0.5, 0.9, 0.999])
def test_a_truncated_copy_of_a_real_archive_is_a_bad_archive(
    shared_data: Path, tmp_path: Path, share: float
):
    variant = VARIANTS["tff_fo"]
    content = (shared_data / "cftc" / variant.yearly_path(2022)).read_bytes()
    path = tmp_path / variant.yearly_path(2022)
    path.parent.mkdir(parents=True)
    path.write_bytes(content[: int(len(content) * share)])
    result = obtain(
        Request(variant, "yearly", variant.yearly_path(2022), 2022),
        FolderSource(tmp_path),
        [variant],
    ).result
    assert isinstance(result, Rejection)
    assert result.reason == "bad_archive"


def test_the_archive_of_another_year_or_report_is_refused(shared_data: Path):
    """The member has the same name every year."""
    source = FolderSource(shared_data / "cftc")
    tff, co = VARIANTS["tff_fo"], VARIANTS["tff_co"]
    cases = {
        "wrong_year": Request(tff, "yearly", tff.yearly_path(2022), 2021),
        "wrong_variant": Request(co, "yearly", tff.yearly_path(2022), 2022),
        "unknown_header": Request(tff, "yearly", VARIANTS["legacy_fo"].yearly_path(2024), 2024),
    }
    for reason, request in cases.items():
        result = obtain(request, source, [tff]).result
        assert isinstance(result, Rejection), reason
        assert result.reason == reason


def test_every_loose_real_file_is_recognised(shared_data: Path):
    """Header and content, for legacy the official name."""
    for key, variant in VARIANTS.items():
        paths = [shared_data / "cftc" / variant.yearly_path(year) for year in range(2021, 2027)]
        for path in filter(Path.exists, [*paths, shared_data / "cftc" / variant.weekly]):
            found = obtain(Request(None, "manual", str(path)), None, list(VARIANTS.values()))
            assert isinstance(found.result, ReportTable), path
            assert found.variant is not None
            assert found.variant.key == key
