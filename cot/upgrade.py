"""After an upgrade, or the way back: what another program computed is computed anew before anybody sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.dispatch import receiver

from core.signals import schema_ready
from cot.pipeline.deriving import derive, outdated


@receiver(schema_ready, dispatch_uid="cot-derived")
def compute_what_another_program_computed(say: Callable[[str], object], **_: Any) -> None:
    if variants := outdated():
        say("Computing the board anew: another version computed what is stored …")
        derive(variants)
