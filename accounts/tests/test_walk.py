"""No door left open: every operation of the OpenAPI schema and every page."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.db import transaction
from django.urls import URLPattern, URLResolver, get_resolver
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from accounts.models import LoginTicket, Proof, Purpose
from accounts.proofs import codes, refresh
from accounts.proofs.challenges import digest
from accounts.proofs.refresh import Place
from conftest import PASSWORD

pytestmark = pytest.mark.django_db
METHODS = ("get", "post", "put", "patch", "delete")
OPEN = {
    "auth/login", "auth/register", "auth/verify-email", "auth/resend-verification", "auth/request-otp",
    "auth/mfa/verify", "auth/passkey/options", "auth/passkey/login", "auth/password/reset",
    "auth/password/reset/confirm", "auth/refresh", "auth/status", "auth/verify-token", "auth/oauth/providers",
    "auth/oauth/exchange", "auth/oauth/{provider}",
}  # fmt: skip
MODULE_OF = {"cot": "cot"}
FILLED = {"uuid": str(uuid.UUID(int=7)), "int": "999999", "str": "x", "slug": "x", "path": "x"}


def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


def operations():
    for path, item in schema()["paths"].items():
        for method in METHODS:
            if method in item:
                yield method, path, item[method]


def address(path, operation):
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "path":
            value = FILLED["uuid"] if parameter["schema"].get("format") == "uuid" else "7"
            value = parameter["schema"].get("enum", [value])[0]
            path = path.replace("{" + parameter["name"] + "}", str(value))
    return path


def call(client, method, path, operation):
    return getattr(client, method)(address(path, operation), {}, format="json")


@pytest.fixture(autouse=True)
def unthrottled(monkeypatch, settings):
    monkeypatch.setattr(
        "rest_framework.throttling.SimpleRateThrottle.allow_request", lambda *args: True
    )
    settings.ACCOUNT_RATE_LIMITS = {}


def name_of(path):
    return path.removeprefix("/api/v1/")


def closed():
    return [found for found in operations() if name_of(found[1]) not in OPEN]


def test_the_schema_has_the_documented_endpoints():
    """One look that the walk below walks something."""
    paths = {name_of(path) for _method, path, _operation in operations()}
    assert paths >= OPEN
    assert {"auth/me", "users", "users/{id}", "admin/stats", "devices/{id}"} <= paths


def test_every_closed_operation_answers_401_without_a_token(api):
    answers = {(m, p): call(api(), m, p, operation).status_code for m, p, operation in closed()}
    assert {found: status for found, status in answers.items() if status != 401} == {}


@pytest.mark.parametrize("state", ["unverified", "pending", "disabled"])
def test_a_token_opens_nothing_once_the_account_is_not_active(api, owner, state):
    client = api(owner)
    owner.status, owner.email_verified_at = (
        state,
        None if state == "unverified" else owner.email_verified_at,
    )
    owner.save()
    answers = {(m, p): call(client, m, p, operation).status_code for m, p, operation in closed()}
    assert {found: status for found, status in answers.items() if status != 401} == {}


def test_without_the_module_every_operation_of_it_answers_403(api, guest):
    for method, path, operation in closed():
        module = MODULE_OF.get(name_of(path).split("/")[0])
        if module:
            answer = call(api(guest), method, path, operation)
            assert (answer.status_code, answer.json()["error"]["code"]) == (
                403,
                "permission_denied",
            ), path
            assert answer.json()["error"]["details"] == {"permission": module}


def test_a_viewer_writes_in_no_module(api, viewer):
    for method, path, operation in closed():
        own = name_of(path).startswith("cot/watchlist/")  # a setting of one's own
        if method != "get" and name_of(path).split("/")[0] in MODULE_OF and not own:
            answer = call(api(viewer), method, path, operation)
            assert (answer.status_code, answer.json()["error"]["code"]) == (
                403,
                "read_only_role",
            ), path


def test_only_administrators_reach_people_and_admin(api, owner):
    for method, path, operation in closed():
        if name_of(path).startswith(("users", "admin/")):
            answer = call(api(owner), method, path, operation)
            assert (answer.status_code, answer.json()["error"]["code"]) == (403, "forbidden"), path


@pytest.mark.parametrize("state", ["unverified", "pending", "disabled", "second factor"])
def test_no_route_gives_tokens_to_anybody_who_is_not_fully_in(api, make_person, state):
    """Every operation is offered everything that person knows."""
    fields = {} if state == "second factor" else {"status": state}
    user = make_person(
        "ann", **fields | ({"email_verified_at": None} if state == "unverified" else {})
    )
    if state == "second factor":
        Authenticator.objects.create(user=user, type="totp", data={"secret": "JBSWY3DPEHPK3PXP"})
    for method, path, operation in operations():
        for proof in proofs(user, state):
            answer = getattr(api(), method)(
                address(path, operation), {"email": user.email} | proof, format="json"
            )
            assert b"access_token" not in answer.content, (path, proof)
            assert "refresh_token" not in answer.cookies, (path, proof)


def asked_by(user, purpose):
    return codes.ask(user.email, purpose, user=user).code


def proofs(user, state):
    """One of everything such a person can hold, fresh; not what rightly makes them active or came after a factor."""
    yield {"login": "ann", "password": PASSWORD}
    yield {"otp": asked_by(user, Purpose.LOGIN)}
    yield {"code": asked_by(user, Purpose.RESET), "new_password": PASSWORD}
    if state != "unverified":
        yield {"code": asked_by(user, Purpose.VERIFY)}
    if state != "second factor":
        user.refresh_from_db()
        yield {"refresh_token": refresh.start(user, Place(), Proof.PASSWORD).raw}
        LoginTicket.objects.filter(user=user).delete()
        soon = timezone.now() + timedelta(minutes=1)
        LoginTicket.objects.create(user=user, code_hash=digest("ticket"), expires_at=soon)
        yield {"code": "ticket"}


# ---- What is answered to wrong input


def schema_of_body(operation, components):
    """The schema of the JSON body; empty where there is none."""
    content = operation.get("requestBody", {}).get("content", {})
    found = content.get("application/json", {}).get("schema", {})
    return components[found["$ref"].rpartition("/")[2]] if "$ref" in found else found


WELL_FORMED = {"array": [], "boolean": True, "integer": 1, "number": 1, "object": {}}


def well_formed(property):
    """A value that the field could have; six digits where a text is wanted, an address where it is one."""
    kinds = property.get("type", "string")
    kind = kinds if isinstance(kinds, str) else kinds[0]
    text = "nobody@example.org" if property.get("format") == "email" else "000000"
    return property.get("enum", [WELL_FORMED.get(kind, text)])[0]


def wrong_bodies(operation, components):
    """Nothing; every field well-formed but made up; every field of a shape that no field has, outside and within."""
    properties = schema_of_body(operation, components).get("properties", {})
    made_up = {name: well_formed(property) for name, property in properties.items()}
    yield {}
    yield made_up | {name: PASSWORD for name in properties if name == "new_password"}
    for shape in ([[]], {"x": [{}]}, [{"x": {}}], "\x01" * 300, None):
        yield dict.fromkeys(properties, shape)


def wrong_queries(operation):
    """No query; one parameter at a time that says nonsense; one that nobody knows."""
    places = [each["name"] for each in operation.get("parameters", ()) if each["in"] == "query"]
    yield from ("", *(f"?{name}=%C2%B2x" for name in places), "?nothing_of_the_kind=1")


def answers_to_wrong_input(api, user, person):
    """Every operation with the user's valid token and wrong input; what a call changed is rolled back."""
    found = schema()
    for method, path, operation in operations():
        where = address(path, operation)
        if path.startswith("/api/v1/users/{id}"):
            where = path.replace("{id}", str(person.pk))
        bodies = (
            [{}] if method == "get" else wrong_bodies(operation, found["components"]["schemas"])
        )
        calls = [
            *(("", body) for body in bodies),
            *((query, {}) for query in wrong_queries(operation)),
        ]
        for query, body in calls:
            with transaction.atomic():
                answer = getattr(api(user), method)(
                    where + query, None if method == "get" else body, format="json"
                )
                transaction.set_rollback(True)
            yield f"{method} {path}{query} {body}", name_of(path), answer


def test_with_a_valid_token_wrong_input_is_never_401(api, admin, owner):
    """401 means the token; wrong passwords, codes and proofs have statuses and codes of their own."""
    refused = {
        what: answer.json()["error"]["code"]
        for what, name, answer in answers_to_wrong_input(api, admin, owner)
        if name not in OPEN and answer.status_code == 401
    }
    assert refused == {}


def test_what_is_wrong_with_the_input_is_told_in_one_shape(api, admin, owner):
    """400 and 422: a list of texts for each field or parameter."""
    seen, otherwise = 0, {}
    for what, _name, answer in answers_to_wrong_input(api, admin, owner):
        if answer.status_code in (400, 422):
            details = answer.json()["error"]["details"]
            seen += bool(details)
            for texts in details.values():
                if not (
                    texts and isinstance(texts, list) and all(isinstance(t, str) for t in texts)
                ):
                    otherwise[what] = details
    assert seen > 50
    assert otherwise == {}


def test_the_stock_token_views_are_not_routed():
    """They let unverified and two-factor people in."""
    names = {getattr(pattern.callback, "__module__", "") for pattern in patterns(get_resolver())}
    assert not [
        name for name in names if name.startswith(("rest_framework_simplejwt", "allauth.headless"))
    ]


# ---- Pages


def patterns(resolver):
    for entry in resolver.url_patterns:
        if isinstance(entry, URLResolver):
            yield from patterns(entry)
        else:
            yield entry


def routes(resolver, prefix="", fill=None):
    """Every address of the product; what varies in it is `fill`, or something that nobody has."""
    for entry in resolver.url_patterns:
        route = prefix + str(entry.pattern).lstrip("^")
        if isinstance(entry, URLResolver):
            yield from routes(entry, route, fill)
        elif isinstance(entry, URLPattern):
            yield "/" + re.sub(
                r"<(?:(\w+):)?\w+>", lambda found: fill or FILLED[found[1] or "str"], route
            )


PUBLIC_PAGES = re.compile(
    r"/($|week/|appearance/|i18n/|health|favicon|robots|metrics|api/|cot/guide|admin/(login|logout|jsi18n|r/)|static"
    r"|accounts/(login/|signup/|logout/|inactive/|pending/|confirm-email/|password/reset/|2fa/(authenticate|webauthn/login)"
    r"|email/|sessions/|2fa/$|2fa/webauthn/$|oauth/|3rdparty/(login|signup)))"
)


def private_pages():
    found = {route for route in routes(get_resolver()) if not re.search(r"[\\(\[?$]", route)}
    return sorted(route for route in found if not PUBLIC_PAGES.match(route))


def test_every_private_page_sends_strangers_to_sign_in(web):
    pages = private_pages()
    assert {"/accounts/profile/", "/staff/users/", "/admin/"} <= set(pages)
    answers = {page: web().get(page) for page in pages}
    assert {
        page: a.status_code for page, a in answers.items() if a.status_code not in (302, 404, 405)
    } == {}
    assert {
        page: a.url
        for page, a in answers.items()
        if a.status_code == 302 and "/login/" not in a.url
    } == {}


def test_staff_pages_are_403_for_everybody_else(web, owner):
    for page in private_pages():
        if page.startswith("/staff/"):
            assert web(owner).get(page).status_code == 403, page


def test_pages_of_a_module_are_403_without_it_and_say_who_can_grant_it(web, guest, admin):
    answer = web(guest).get("/cot/")
    assert answer.status_code == 403
    assert "Admin" in answer.content.decode()
