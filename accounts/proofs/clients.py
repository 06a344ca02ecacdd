"""What a request tells of its client: kind, label and network, so that its owner knows it and others learn little."""

from __future__ import annotations

import ipaddress
import re

from allauth.account.adapter import get_adapter
from django.http import HttpRequest

from accounts.models import Client
from accounts.proofs.refresh import Place

BROWSERS = {
    "Edg": "Edge",
    "OPR": "Opera",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
SYSTEMS = {
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Windows": "Windows",
    "Mac OS X": "macOS",
    "Linux": "Linux",
}


def place_of(request: HttpRequest) -> Place:
    """Client kind, a readable label and the network of a request."""
    client = Client.MOBILE if is_mobile(request) else Client.BROWSER
    ip = get_adapter(request).get_client_ip(request)
    return Place(
        client=client, label=label_of(request.headers.get("User-Agent", "")), network=network_of(ip)
    )


def is_mobile(request: HttpRequest) -> bool:
    """Whether a client says that it keeps its refresh token itself."""
    return request.headers.get("X-Client", "").strip().lower() == "mobile"


def network_of(ip: str) -> str:
    """The /24 (IPv4) or /64 (IPv6) an address belongs to."""
    address = ipaddress.ip_address(ip)
    return str(
        ipaddress.ip_network(f"{address}/{24 if address.version == 4 else 64}", strict=False)
    )


def label_of(user_agent: str) -> str:
    """“Firefox, Windows” for a browser, else the program's own first word."""
    browser = next((name for mark, name in BROWSERS.items() if f"{mark}/" in user_agent), "")
    system = next((name for mark, name in SYSTEMS.items() if mark in user_agent), "")
    known = ", ".join(filter(None, [browser, system]))
    return known or re.split(r"[\s/]", user_agent.strip(), maxsplit=1)[0][:120]
