"""How far a command is: bars at a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
from io import StringIO

import pytest
from django.core.management.base import OutputWrapper

from core import progress
from core.progress import Display


@pytest.fixture
def clock(monkeypatch):
    class Clock:
        now = 1000.0

        def monotonic(self):
            return self.now

    monkeypatch.setattr(progress, "time", clock := Clock())
    return clock


class Terminal(StringIO):
    def isatty(self):
        return True


def test_where_nobody_watches_a_line_comes_every_five_seconds(clock):
    out = StringIO()
    with Display(OutputWrapper(out)) as display:
        for done in range(1, 1201):
            clock.now += 0.015625  # 1/64: exact
            display.progress(done, 1200, "c.zip", part="disagg_fo")
    assert out.getvalue().splitlines() == [
        "disagg_fo  320 of 1,200  c.zip",
        "disagg_fo  640 of 1,200  c.zip",
        "disagg_fo  960 of 1,200  c.zip",
    ]


def test_a_line_of_the_work_itself_is_sign_of_life_enough(clock):
    out = StringIO()
    with Display(OutputWrapper(out)) as display:
        for done in range(4):
            clock.now += 4
            display.line(f"file {done} stored")
            display.progress(done)
        clock.now += 5
        display.progress(4)
    assert out.getvalue().splitlines() == [*(f"file {done} stored" for done in range(4)), "4"]


def test_at_a_terminal_each_part_has_its_bar_and_lines_stay_above_them(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stdout", out := Terminal())
    with Display(OutputWrapper(out)) as display:
        display.progress(0, 12, part="disagg_fo")
        display.line("[a].zip  stored")
        display.progress(3, 12, part="disagg_fo")
        display.progress(1, 6, part="tff_fo")
    shown = out.getvalue()
    assert "[a].zip  stored" in shown
    assert "3/12" in shown
    assert "1/6" in shown
    assert shown.index("[a].zip") < shown.rindex("disagg_fo")
