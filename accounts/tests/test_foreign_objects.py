"""What belongs to somebody else looks as if it did not exist, on every path that names an object."""

from __future__ import annotations

import re

import pytest
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.urls import get_resolver

from accounts import devices
from accounts.bridge import factors
from accounts.models import Proof
from accounts.proofs import refresh
from accounts.proofs.refresh import Place
from accounts.tests.soft_key import SoftKey
from accounts.tests.test_walk import name_of, operations, routes
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
OF_EVERYBODY = re.compile(
    r"(users/|admin/|cot/|auth/oauth/|/accounts/connections/)"
)  # for operators, of markets, of providers
UNKNOWN = {int: 999999, str: "00000000-0000-4000-8000-000000000000"}


@pytest.fixture
def objects(owner):
    """One of everything a person can own, by the name that paths give to its key."""
    question = factors.begin_passkey(owner)
    credential = SoftKey().create(question.options)
    key, _codes = factors.add_passkey(
        owner, challenge=question.challenge, credential=credential, name="Phone"
    )
    device, _new = devices.add(user=owner, token="t" * 20, platform="ios")
    session = UserSession.objects.create(user=owner, session_key="s", ip="127.0.0.1", user_agent="")
    return {
        "auth/sign-ins/{}": str(refresh.start(owner, Place(), Proof.PASSWORD).row.family_id),
        "auth/mfa/passkeys/{}": key.pk,
        "devices/{}": str(device.pk),
        "/accounts/security/browsers/{}/end/": session.pk,
        "/accounts/security/sign-ins/{}/end/": str(
            refresh.start(owner, Place(), Proof.PASSWORD).row.family_id
        ),
        "/accounts/notifications/devices/{}/remove/": str(device.pk),
        "/accounts/2fa/webauthn/keys/{}/edit/": key.pk,
        "/accounts/2fa/webauthn/keys/{}/remove/": key.pk,
    }


def own_paths():
    """Every path of the API and of people's pages that names an object of theirs, `{}` for its key, with its methods."""
    found = {}
    for method, path, _operation in operations():
        if "{" in path and not OF_EVERYBODY.match(name_of(path)):
            found.setdefault(re.sub(r"{\w+}", "{}", name_of(path)), []).append(method)
    for route in routes(get_resolver(), fill="{}"):
        if route.startswith("/accounts/") and "{}" in route and not OF_EVERYBODY.match(route):
            found[route] = ["post"]
    return found


def test_nobody_reaches_an_object_of_somebody_else(objects, owner, stranger, api, web):
    """404, word for word as for a key that nobody has, and the object is still there."""
    paths = own_paths()
    assert objects.keys() == paths.keys()
    browser = web(stranger)
    browser.post("/accounts/reauthenticate/", {"password": PASSWORD})
    before = sorted(Authenticator.objects.values_list("pk", flat=True))
    for path, methods in paths.items():
        for method in methods:
            answers = []
            for key in (objects[path], UNKNOWN[type(objects[path])]):
                if path.startswith("/"):
                    answers.append(browser.post(path.format(key), {"name": "Mine"}))
                    continue
                body = {"password": PASSWORD}
                answers.append(
                    getattr(api(stranger), method)(
                        f"/api/v1/{path.format(key)}", body, format="json"
                    )
                )
            assert [answer.status_code for answer in answers] == [404, 404], path
            if not path.startswith("/"):
                assert answers[0].json()["error"] == answers[1].json()["error"]
    assert sorted(Authenticator.objects.values_list("pk", flat=True)) == before
    assert owner.devices.count() == owner.usersession_set.count() == 1
    assert factors.passkeys(owner)[0].name == "Phone"
