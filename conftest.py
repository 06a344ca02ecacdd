"""Fixtures shared by every app: real data, three people."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest
from django.contrib.auth.hashers import BCryptSHA256PasswordHasher
from django.core.cache import caches
from django.db import transaction
from django.http import HttpRequest
from django.test import Client, TransactionTestCase, override_settings
from django.utils import translation
from rest_framework.test import APIClient

SHARED = Path(__file__).resolve().parent.parent / "shared"


@pytest.fixture(autouse=True)
def language_of_its_own():
    """What a request of one test asked for is not spoken by the next: the thread of all of them keeps it."""
    yield
    translation.deactivate()


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of real CFTC files; tests that need it say why they cannot run without it."""
    if not (SHARED / "data").is_dir():
        pytest.skip("real CFTC files (../shared/data) are not on this machine")
    return SHARED / "data"


@pytest.fixture(scope="session")
def golden() -> Path:
    if not (SHARED / "golden").is_dir():
        pytest.skip("golden values (../shared/golden) are not on this machine")
    return SHARED / "golden"


@pytest.fixture(scope="session")
def cases() -> Path:
    """Small inputs on which the product once failed."""
    if not (SHARED / "cases").is_dir():
        pytest.skip("failing inputs (../shared/cases) are not on this machine")
    return SHARED / "cases"


def pytest_configure():
    """Quiet: no log lines between the dots (`caplog` has its own handlers), no example too slow on a busy machine."""
    logging.getLogger().handlers.clear()
    hypothesis.settings.register_profile("unhurried", hypothesis.settings.default, deadline=None)
    hypothesis.settings.load_profile("unhurried")


def pytest_addoption(parser):
    parser.addoption(
        "--with-database", action="store_true", help="only tests that open the database of the run"
    )


def pytest_collection_modifyitems(config, items):
    """What opens no database gives the same answer whichever database the run has: it need not run on both."""
    if config.getoption("--with-database"):
        chosen = [
            item
            for item in items
            if "db" in item.fixturenames or any(map(item.get_closest_marker, DATABASE))
        ]
        config.hook.pytest_deselected(items=[item for item in items if item not in set(chosen)])
        items[:] = chosen


DATABASE = ("django_db", "postgres")  # marks of a test that opens it
PASSWORD = "Correct-Horse-7"


@pytest.fixture(autouse=True, scope="session")
def cheap_hashing():
    """bcrypt at its lowest cost; its value is the real one."""
    BCryptSHA256PasswordHasher.rounds, real = 4, BCryptSHA256PasswordHasher.rounds
    yield real
    BCryptSHA256PasswordHasher.rounds = real


@pytest.fixture(autouse=True, scope="session")
def own_surroundings(tmp_path_factory):
    """What the product keeps beside its database goes to the tests' folder, not into that of the checkout.

    Caches are in memory, so that a test without a database has them too.
    """
    memory = "django.core.cache.backends.locmem.LocMemCache"
    with override_settings(
        VAR_DIR=tmp_path_factory.getbasetemp() / "var",
        CACHES={alias: {"BACKEND": memory, "LOCATION": alias} for alias in ("default", "data")},
        WHITENOISE_AUTOREFRESH=True,  # else each test client lists all static files
    ):
        yield


@pytest.fixture(autouse=True)
def fresh_caches():
    """Each test starts with empty counters and an empty cache."""
    for alias in ("default", "data"):
        caches[alias].clear()


@pytest.fixture(scope="module")
def module_database(django_db_setup, django_db_blocker):
    """Opens the database for what a module loads once: `with module_database(): load()` in a fixture of the module.

    All of it happens in one transaction that ends with the module; each test works on a savepoint above it.
    """
    around = transaction.atomic()
    around._from_testcase = (
        True  # as Django's own TestCase says that durable blocks may stand inside
    )
    with django_db_blocker.unblock():
        around.__enter__()
    yield django_db_blocker.unblock
    with django_db_blocker.unblock():
        transaction.set_rollback(True)
        around.__exit__(None, None, None)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings):
    """A pool that a test without a database left behind leads to the real one: the test database starts a new pool."""
    from django.db import connection

    if connection.vendor == "postgresql":
        connection.close_pool()


@pytest.fixture(autouse=True, scope="session")
def append_only_tables_can_be_flushed():
    """A test with real transactions ends by emptying all tables; only for that moment may append-only rows go."""
    from django.db import connection

    from core import append_only

    empty_all_tables = TransactionTestCase._fixture_teardown

    def teardown(self):
        for model in append_only.everywhere():
            append_only.unprotect(model, connection)
        empty_all_tables(
            self
        )  # what runs after every migrate runs after it too, and protects the tables again

    TransactionTestCase._fixture_teardown = teardown
    yield
    TransactionTestCase._fixture_teardown = empty_all_tables


@pytest.fixture(scope="session")
def migrated_file(tmp_path_factory) -> Path:
    """An empty SQLite database with all tables, made once: a test of processes copies it."""
    made = tmp_path_factory.mktemp("migrated") / "app.db"
    command = [sys.executable, "manage.py", "migrate", "-v0", "--skip-checks"]
    variables = os.environ | {"DATABASE_URL": "", "DB_PATH": str(made)}
    subprocess.run(command, cwd=Path(__file__).parent, env=variables, check=True)
    return made


@pytest.fixture
def make_person(db):
    """Makes people: `make_person("ann", role="viewer", modules=["cot"], status="active")`."""
    from accounts import services

    def make(name, **fields):
        return services.create_person(
            email=f"{name}@example.org",
            username=name,
            nickname=name.title(),
            password=PASSWORD,
            **fields,
        )

    return make


@pytest.fixture
def owner(make_person):
    """An active user with all modules."""
    return make_person("owner")


@pytest.fixture
def guest(make_person):
    """An active user without any module."""
    return make_person("guest", modules=[])


@pytest.fixture
def stranger(make_person):
    """Another active user with all modules, who owns nothing of the owner's."""
    return make_person("stranger")


@pytest.fixture
def viewer(make_person):
    """An active person who may read every module and change nothing."""
    return make_person("viewer", role="viewer")


@pytest.fixture
def admin(make_person):
    """An active administrator."""
    return make_person("admin", role="admin")


def sign_in_proof(user):
    """What somebody signs in by."""
    from accounts.models import Proof

    return Proof.FACTOR if user.mfa_enabled else Proof.PASSWORD


@pytest.fixture
def web():
    """`web(owner)` is a browser session (test client) signed in as that person, `web()` an anonymous one.

    A sign-in is a moment old and made by password, or by the second factor where there is one; so it is with `api`.
    """
    from accounts.bridge import reauth

    def login(user=None):
        client = Client()
        if user is not None:
            client.force_login(user)
            request = HttpRequest()
            request.session = client.session
            reauth.note(request, user, sign_in_proof(user))
            request.session.save()
        return client

    return login


@pytest.fixture
def api():
    """`api(owner)` is an API client holding that person's access token, `api()` an anonymous one.

    Whatever it is answered must be in the API document, field by field.
    """
    from accounts.proofs import refresh, tokens
    from tests import document

    class Client(APIClient):
        def request(self, **request):
            answer = super().request(**request)
            document.check(request["REQUEST_METHOD"], request["PATH_INFO"], answer)
            return answer

    def login(user=None):
        client = Client()
        if user is not None:
            issued = refresh.start(user, refresh.Place(network="127.0.0.0/24"), sign_in_proof(user))
            access = tokens.issue(user, beside=issued.row)
            client.credentials(HTTP_AUTHORIZATION=f"Bearer {access.token}")
        return client

    return login
