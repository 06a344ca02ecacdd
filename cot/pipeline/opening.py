"""Which source an address is: a folder, the CFTC's site or a mirror, or the API of its Public Reporting Environment."""

from __future__ import annotations

from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings

from cot.pipeline.folder import FolderSource
from cot.pipeline.portal import PortalSource
from cot.pipeline.source import Source, WebSource

PORTAL: Final = "publicreporting.cftc.gov"
RESOURCES: Final = "/resource"  # where its API keeps its data sets, here and anywhere else


def open_source(address: str, *, timeout: float, tries: int, backoff: float) -> Source:
    """The source behind an address: http(s) is fetched, everything else is a folder. Raises SourceDown without one."""
    if not address.startswith(("http://", "https://")):
        return FolderSource(Path(address))
    if not is_portal(address):
        return WebSource(address, timeout=timeout, tries=tries, backoff=backoff)
    base = address.rstrip("/").removesuffix(RESOURCES) + RESOURCES
    token = settings.CFTC_APP_TOKEN
    own = {"X-App-Token": token} if token else {}
    return PortalSource(
        WebSource(base, timeout=timeout, tries=tries, backoff=backoff, own_headers=own)
    )


def is_portal(address: str) -> bool:
    """Its host says so, or the address ends where its data sets begin."""
    try:
        host = urlsplit(address).hostname
    except ValueError:
        return False
    return host == PORTAL or address.rstrip("/").endswith(RESOURCES)
