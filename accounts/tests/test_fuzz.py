"""schemathesis over people's endpoints: no server error, every answer documented."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from accounts.proofs import tokens

pytestmark = [pytest.mark.fuzz, pytest.mark.django_db(transaction=True)]


def test_no_server_error_and_every_answer_documented(live_server, owner, admin, settings, tmp_path):
    """With an administrator's token, over /auth, /users, /admin and the devices."""
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"DEFAULT_THROTTLE_CLASSES": []}
    settings.ACCOUNT_RATE_LIMITS = {}
    done = subprocess.run(
        [
            os.path.join(os.path.dirname(sys.executable), "schemathesis"), "run", f"{live_server.url}/api/schema/",
            "--header", f"Authorization: Bearer {tokens.issue(admin).token}",
            "--include-path-regex", "/api/v1/(auth|users|admin|devices|register-device)",
            "--exclude-path-regex", "(logout|me/password|oauth)",
            "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--max-examples", "15", "--phases", "examples,coverage,fuzzing", "--seed", "7",
        ],
        capture_output=True, text=True, timeout=280, cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
