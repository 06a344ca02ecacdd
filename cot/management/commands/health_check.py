"""`manage.py health_check`: is everything there, and is the data up to date? Exit 1 when not."""

from __future__ import annotations

import json
import sys
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from core import health
from core.commands import HouseCommand
from core.health import Report
from cot.publication import releases
from cot.publication.calendar import FeedState


class Command(HouseCommand):
    help = "The checks of /health/ and the state of the feed; exit code 1 when one fails or the data is late or stale."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--json", action="store_true", help="print one JSON object")

    def handle(self, *args: Any, **options: Any) -> None:
        report = health.report()
        feed = releases.feed_state(timezone.now()) if report.findings["database"].ok else None
        if options["json"]:
            self.stdout.write(json.dumps({**report.body, "feed": feed and as_json(feed)}))
        else:
            self.print_for_people(report, feed)
        if report.failing:
            sys.exit(1)

    def print_for_people(self, report: Report, feed: FeedState | None) -> None:
        for name, finding in report.findings.items():
            age = "" if finding.age is None else f"  {finding.age:,.0f} s old"
            note = finding.note and f"  ({finding.note})"
            self.stdout.write(f"{name:<12} {finding.body['status']}{age}{note}")
        if feed:
            self.stdout.write(
                f"The feed is {feed.state}: newest report {feed.newest_report_date or 'none'}."
            )
            if feed.behind:
                self.stdout.write(
                    f"Report of {feed.expected_report_date} missing: {', '.join(feed.behind)}."
                )
            self.stdout.write(f"Next release {feed.next_release.release_at:%Y-%m-%d %H:%M} UTC.")


def as_json(feed: FeedState) -> dict[str, Any]:
    return {
        "state": feed.state,
        "behind": feed.behind,
        "newest_report_date": feed.newest_report_date.isoformat()
        if feed.newest_report_date
        else None,
        "expected_report_date": feed.expected_report_date.isoformat(),
        "expected_release_at": f"{feed.expected_release_at:%Y-%m-%dT%H:%M:%SZ}",
        "next_release_at": f"{feed.next_release.release_at:%Y-%m-%dT%H:%M:%SZ}",
    }
