"""Every operation of the API schema with generated input, as an administrator."""

from __future__ import annotations

import pytest
import schemathesis
from django.core.wsgi import get_wsgi_application
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from schemathesis.checks import not_a_server_error

from accounts.proofs import tokens

EXAMPLES = 15


@pytest.mark.fuzz
@pytest.mark.timeout(900)
@pytest.mark.django_db
def test_no_input_makes_any_operation_answer_500(admin, subtests, monkeypatch):
    monkeypatch.setattr(
        "rest_framework.throttling.SimpleRateThrottle.allow_request", lambda *_request: True
    )
    schema = schemathesis.openapi.from_wsgi("/api/schema/?format=json", get_wsgi_application())
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(operations) > 20
    for operation in operations:

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def probe(case):
            # What one call changed (signed out, switched off) must not weaken the next.
            with transaction.atomic():
                headers = {"Authorization": f"Bearer {tokens.issue(admin).token}"}
                case.call_and_validate(headers=headers, checks=[not_a_server_error])
                transaction.set_rollback(True)

        with subtests.test(operation.label):
            probe()
