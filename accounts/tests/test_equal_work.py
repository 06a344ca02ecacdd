"""Nobody learns from the work of an answer whether an address has an account: the same hashes, statements, mails.

Counted, not timed: what a clock sees is the sum of these.
"""

from __future__ import annotations

import re

import bcrypt
import pytest
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.letters.tasks import send_mail
from accounts.models import EmailRequest, MailLog
from accounts.proofs import codes
from conftest import PASSWORD
from core import broker

pytestmark = pytest.mark.django_db
SIGNUP, CONFIRM = "/accounts/signup/", "/accounts/confirm-email/"


@pytest.fixture
def addresses(make_person, post):
    """One address of every kind, all of one length."""
    make_person("an_active")
    make_person("a_chief__", role="admin")
    make_person("in_a_line", status="pending")
    make_person("shut_out_", status="disabled")
    post("auth/register", email="no_proof_@example.org", password=PASSWORD)
    names = ["an_active", "a_chief__", "in_a_line", "shut_out_", "no_proof_", "nobody___"]
    return [f"{name}@example.org" for name in names]


@pytest.fixture
def work(monkeypatch):
    """`work(call)` is all that the call does: hashes by cost, statements by verb and table, rows, tasks."""
    hashed, queued, real = [], [], bcrypt.hashpw

    def hashpw(password, salt):
        hashed.append(int(salt.split(b"$")[2]))
        return real(password, salt)

    monkeypatch.setattr(bcrypt, "hashpw", hashpw)
    monkeypatch.setattr(broker, "soon", lambda task, *arguments: queued.append(task))

    def rows():
        return EmailRequest.objects.count(), MailLog.objects.count()

    def measure(call):
        hashed.clear()
        queued.clear()
        before = rows()
        with CaptureQueriesContext(
            connection,
        ) as captured:
            call()
        after = rows()
        return {
            "hashes": hashed.copy(),
            "statements": [shape(query["sql"]) for query in captured],
            "new requests": after[0] - before[0],
            "new mails": after[1] - before[1],
            "tasks": queued.copy(),
        }

    return measure


def shape(sql):
    """What a statement does to which table; savepoints are no work of their own but count."""
    verb = sql.split(maxsplit=1)[0]
    table = re.search(r'(?:FROM|INTO|UPDATE) "(\w+)"', sql)
    return f"{verb} {table[1]}" if table else verb


def every_request(post, web):
    """Every way to have something mailed, as a function of the address, by client that carries its cookies along."""

    def over_the_api(path, **more):
        return lambda client, email: post(path, client=client, email=email, **more)

    def on_the_page(path, **more):
        return lambda client, email: client.post(path, {"email": email} | more)

    return {
        "register": over_the_api("auth/register", password=PASSWORD),
        "request-otp": over_the_api("auth/request-otp"),
        "reset": over_the_api("auth/password/reset"),
        "resend": over_the_api("auth/resend-verification"),
        "sign-up page": on_the_page(SIGNUP, password1=PASSWORD),
        "login code page": on_the_page("/accounts/login/code/"),
        "reset page": on_the_page("/accounts/password/reset/"),
        "resend page": on_the_page(CONFIRM, action="resend"),
    }


NAMES = list(every_request(None, None))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("nth", [1, 2], ids=["first", "again"])
def test_asking_costs_the_same_for_every_address(work, addresses, post, web, api, name, nth):
    """Also the second time, when the browser brings the token of the first."""
    ask, done = every_request(post, web)[name], []
    for email in addresses:
        client = web() if "page" in name else api()
        measured = [work(lambda: ask(client, email)) for _ in range(nth)]  # noqa: B023 called at once
        done.append(measured[-1])
    is_sign_up = name in ("register", "sign-up page")
    assert done[0]["hashes"] == [BCryptSHA256PasswordHasher.rounds] * is_sign_up
    assert (done[0]["new mails"], done[0]["tasks"]) == (1, [send_mail])
    assert done[0]["new requests"] == (1 if is_sign_up or nth == 1 else 0)
    for one in done:
        assert one == done[0]


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("auth/login", {"otp": "000000"}),
        ("auth/verify-email", {"code": "000000"}),
        ("auth/password/reset/confirm", {"code": "000000", "new_password": PASSWORD}),
    ],
)
@pytest.mark.parametrize("asked", [False, True], ids=["unasked", "asked"])
def test_a_wrong_code_costs_the_same_for_every_address(
    work, addresses, post, api, path, more, asked
):
    """Whether it comes with the token of a request, or from nowhere."""
    before = {"auth/login": "request-otp", "auth/verify-email": "resend"}
    ask, done = every_request(post, None)[before.get(path, "reset")], []
    for email in addresses:
        client = api()
        if asked:
            ask(client, email)
        done.append(work(lambda: post(path, client=client, email=email, **more)))  # noqa: B023
    for one in done:
        assert one == done[0]


@pytest.mark.parametrize("start", ["/accounts/login/code/", "/accounts/password/reset/"])
def test_a_wrong_code_on_the_page_costs_the_same_for_every_address(work, addresses, web, start):
    done = []
    web().get(start)  # what every page has around it is kept from now on
    for email in addresses:
        client = web()
        client.post(start, {"email": email})
        done.append(work(lambda: client.post(f"{start}confirm/", {"code": "wrong!"})))  # noqa: B023
    assert done[0]["statements"].count("UPDATE accounts_emailrequest") == 1
    for one in done:
        assert one == done[0]


def test_a_wrong_password_costs_one_hash_for_every_kind_of_account(work, addresses, post, web):
    """On the page as over the API."""
    web().get("/accounts/login/")
    for email in addresses:
        wrong = {"login": email, "password": "Wrong-Horse-7"}
        for call in (
            lambda: web().post("/accounts/login/", wrong),  # noqa: B023
            lambda: post("auth/login", **wrong),  # noqa: B023
        ):
            assert work(call)["hashes"] == [BCryptSHA256PasswordHasher.rounds]


def test_a_refused_sign_in_is_the_same_bytes_for_every_address(addresses, post):
    """A session looked into for some of them alone would be told by `Vary`."""
    seen = set()
    for email in addresses:
        answer = post("auth/login", login=email, password="Wrong-Horse-7")
        seen.add(plain(answer, email, answer.json()["request_id"]))
    assert len(seen) == 1


def test_an_answer_over_the_api_is_the_same_bytes_for_every_address(addresses, post, api):
    """But for the address itself, where it is repeated, and the random token; so are status and headers."""
    for name in NAMES[:4]:
        seen = set()
        for email in addresses:
            answer = every_request(post, None)[name](api(), email)
            token = answer.json()["request_token"]
            assert len(token) == len(codes.unsent_token())
            seen.add(plain(answer, email, token))
        assert len(seen) == 1, name


def plain(answer, email, token):
    """Status, head and body of an answer without what is its own in every one."""
    head = {name: value for name, value in answer.headers.items() if name != "X-Request-ID"}
    text = f"{answer.status_code} {head} {answer.cookies} {answer.content}"
    text = text.replace(email, "EMAIL").replace(token, "TOKEN")
    return re.sub(r"expires=[^;]+", "expires=LATER", text)


def test_what_nobody_is_to_read_leaves_no_row_in_the_log_of_mails(post, db, mailoutbox):
    """Operators find letters there, and nothing else, once the worker has been at it."""
    for path in ("auth/request-otp", "auth/password/reset", "auth/resend-verification"):
        post(path, email="nobody@example.org")
    assert (mailoutbox, MailLog.objects.count()) == ([], 0)


def test_what_nobody_is_to_read_names_nobody_while_it_waits(post, owner, monkeypatch):
    monkeypatch.setattr(broker, "soon", lambda task, *arguments: None)
    owner.status = "disabled"
    owner.save()
    post("auth/request-otp", email=owner.email)
    row = MailLog.objects.get()
    assert (row.template, row.user) == ("nobody", None)
    assert owner.email not in row.sealed
