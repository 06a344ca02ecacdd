"""After an upgrade, or the way back: what another program computed is computed anew before anybody sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from django.dispatch import receiver

from core.locks import named_lock
from core.signals import schema_ready
from cot.pipeline.deriving import derive, outdated
from cot.selectors.status import UPDATE

# Less than others wait for `migrate`, and than a unit of systemd may take to start.
PATIENCE_SECONDS: Final = 240


@receiver(schema_ready, dispatch_uid="cot-derived")
def compute_what_another_program_computed(say: Callable[[str], object], **_: Any) -> None:
    """Not beside an update, whose rows would be in its way: that may still be a run of the other program."""
    if outdated():
        say("Computing the board anew: another version computed what is stored …")
        with named_lock(UPDATE, patience=PATIENCE_SECONDS):
            derive(outdated())
