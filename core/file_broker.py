"""The broker of the embedded mode: a folder in which every message is a file.

Kombu's own file transport creates a message's file under its final name and then fills it. A worker that looks at that
moment reads an empty message and ends with an error. Here the file gets its name when it is whole.
"""

from __future__ import annotations

import time
import uuid
from pathlib import Path
from typing import Any

from kombu.exceptions import ChannelError
from kombu.transport import filesystem
from kombu.utils.json import dumps


class Channel(filesystem.Channel):
    def _put(  # type: ignore[override]  # the two stubs above it disagree about the name of the message
        self, queue: str, payload: Any, **kwargs: Any
    ) -> None:
        # the name a reader looks for: it takes the oldest first, and nothing that ends otherwise
        name = f"{round(time.monotonic() * 1000)}_{uuid.uuid4()}.{queue}.msg"
        whole, part = (Path(self.data_folder_out, f"{name}{end}") for end in ("", ".part"))
        try:
            part.write_text(dumps(payload))
            part.replace(whole)
        except OSError as error:
            part.unlink(missing_ok=True)
            raise ChannelError(f"Cannot add {whole}") from error


class Transport(filesystem.Transport):
    Channel = Channel
