"""The examples of the API document are answers that the document itself allows."""

from __future__ import annotations

import json

import pytest

from equilibrium.examples import FILE
from tests import document

EXAMPLES = json.loads(FILE.read_text(encoding="utf-8"))
FIRST_MET = {
    "auth_register", "auth_verify_email", "auth_login", "auth_refresh", "auth_mfa_verify", "auth_reauth", "auth_me",
    "cot_screener", "cot_screener_v2", "cot_market", "cot_dashboard",
}  # fmt: skip


def test_what_a_client_meets_first_has_an_example():
    assert EXAMPLES.keys() >= FIRST_MET
    assert EXAMPLES.keys() <= document.operations().keys()


@pytest.mark.parametrize("name", sorted(EXAMPLES))
def test_an_example_is_an_answer_that_the_document_allows(name):
    """Every field named, none that is not: the schema is sealed as for real answers."""
    method, path = document.operations()[name]
    for status, example in EXAMPLES[name].items():
        content = document.document()["paths"][path][method]["responses"][status]["content"]
        assert content["application/json"]["example"] == example
        document.compare(name, content["application/json"]["schema"], example)


def test_no_example_holds_a_real_token():
    """A token of ours is long and random."""
    words = {
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI0ZjdjIn0.c2lnbmF0dXJl", "the-refresh-token-to-keep",
        "the-token-of-this-request",
    }  # fmt: skip
    found = {
        value
        for answers in EXAMPLES.values()
        for example in answers.values()
        for name, value in example.items()
        if name.endswith("_token")
    }
    assert found == words
