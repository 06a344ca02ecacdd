"""The addresses for machines: health, readiness, metrics. No session, no limit, nothing secret."""

from __future__ import annotations

import hmac
from ipaddress import ip_address

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django_prometheus.exports import ExportToDjangoView
from prometheus_client import generate_latest
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from core import health as checks
from core.metrics import DOMAIN


@require_safe
@never_cache
def health(request: HttpRequest) -> JsonResponse:
    """Always an answer; 503 only when the database is away."""
    report = checks.report()
    return JsonResponse(report.body, status=503 if report.status == "down" else 200)


@require_safe
@never_cache
def ready(request: HttpRequest) -> JsonResponse:
    """200 when traffic may come, else 503 with the names of what is missing."""
    failing = checks.readiness().failing
    return JsonResponse({"ready": not failing, "failing": failing}, status=503 if failing else 200)


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus text for allowed networks or the token's holder; for everybody else there is nothing here."""
    if not (from_allowed_network(request) or holds_token(request)):
        raise Http404
    response: HttpResponse = ExportToDjangoView(request)
    response.content += generate_latest(DOMAIN)
    return response


def from_allowed_network(request: HttpRequest) -> bool:
    """The address counts as the throttles see it: X-Forwarded-For only as far as our own proxies wrote it."""
    try:
        address = ip_address(BaseThrottle().get_ident(Request(request)))
    except ValueError:
        return False
    return any(address in network for network in settings.METRICS_ALLOWED_NETWORKS)


def holds_token(request: HttpRequest) -> bool:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    token = settings.METRICS_TOKEN
    return bool(token) and hmac.compare_digest(given.encode(), token.encode())
