"""Parts of figures: nulls and holes are left open."""

from __future__ import annotations

from datetime import date, timedelta

from core.pages import figures

DAYS = [str(date(2026, 6, 2) + timedelta(weeks=week)) for week in range(4)]


def test_a_null_stays_null():
    """A line breaks where the value is undefined."""
    trace = figures.line("Rank", DAYS, [1, None, 3, 4], "var(--g3)")
    assert trace["y"] == [1, None, 3, 4]
    assert trace["marker"]["size"] == [3, 0, 0, 5]  # alone, missing, on the line, newest


def test_the_pen_is_lifted_over_seven_weeks_without_a_report_and_not_over_one_missed_week():
    """What is not there is not drawn."""
    days = ["2026-05-12", "2026-05-26", "2026-07-14"]
    trace = figures.line("Net", days, [10, 20, 30], "var(--g3)")
    assert trace["x"] == ["2026-05-12", "2026-05-26", "2026-06-02", "2026-07-14"]
    assert trace["y"] == [10, 20, None, 30]
