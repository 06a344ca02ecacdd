"""What the ground floor tells whoever listens: it knows no people and keeps no audit log of its own."""

from __future__ import annotations

from django.dispatch import Signal

# An operator starts or ends a job by hand: `actor`, `job` (its name), `run` (the record's key when it is ended).
job_started_by_hand = Signal()
job_ended_by_hand = Signal()

# The whole schema is this program's. The first start of another version comes by here; `say` writes to its terminal.
schema_ready = Signal()
