"""The whole path of a person in a real browser, and what it leaves in the log."""

from __future__ import annotations

import io
import logging
import logging.config
import os
from urllib.parse import urlsplit

import pytest
from django.conf import settings as django_settings
from django.core.cache import cache
from playwright.sync_api import expect, sync_playwright

from accounts.models import User
from accounts.staff import operators
from accounts.tests.authenticator_app import shown
from conftest import PASSWORD

pytestmark = [pytest.mark.e2e, pytest.mark.django_db(transaction=True)]
EMAIL = "anna.walker@example.org"
KEY = {
    "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
    "isUserVerified": True, "automaticPresenceSimulation": True,
}  # fmt: skip


@pytest.fixture
def site(live_server, settings, monkeypatch):
    """The product as the browser reaches it; passkeys belong to localhost."""
    monkeypatch.setenv(
        "DJANGO_ALLOW_ASYNC_UNSAFE", "true"
    )  # the test itself runs beside the browser's event loop
    settings.BACKEND_URL = settings.APP_URL = live_server.url.replace("127.0.0.1", "localhost")
    return settings.BACKEND_URL


@pytest.fixture
def log():
    """Everything that is logged, in the form that is written to the file."""
    lines = io.StringIO()
    config = django_settings.LOGGING | {"handlers": {}, "root": {}, "loggers": {}}
    formatter = logging.config.DictConfigurator(config).configure_formatter(
        config["formatters"]["json"].copy()
    )
    handler = logging.StreamHandler(lines)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.addHandler(handler)
    yield lines
    root.removeHandler(handler)


@pytest.fixture
def browser(site):
    """A Chromium window with a platform authenticator; what its console complains about is in `complaints`."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        window = chromium.new_page(base_url=site, viewport={"width": 1280, "height": 900})
        window.complaints = []
        window.on(
            "console", lambda line: line.type == "error" and window.complaints.append(line.text)
        )
        window.on("pageerror", lambda error: window.complaints.append(str(error)))
        session = window.context.new_cdp_session(window)
        session.send("WebAuthn.enable")
        session.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})
        yield window
        chromium.close()


def shoot(browser, name):
    """A picture of the page for people, when SCREENSHOTS names a folder."""
    if folder := os.environ.get("SCREENSHOTS"):
        browser.screenshot(path=f"{folder}/accounts-{name}.png", full_page=True)


def press(browser, name):
    browser.get_by_role("main").get_by_role("button", name=name, exact=True).click()


def fresh_totp(secret):
    cache.clear()  # a code works once per period, and the walk is faster than thirty seconds
    return shown(secret, seconds_left=12)


def is_in(browser):
    browser.goto("/accounts/profile/")
    return urlsplit(browser.url).path == "/accounts/profile/"


def sign_out(browser):
    browser.goto("/accounts/logout/")
    shoot(browser, "logout")
    press(browser, "Sign out")
    assert not is_in(browser)


def answer_second_factor(browser, secret):
    expect(browser.get_by_role("heading", name="Second factor")).to_be_visible()
    shoot(browser, "second-factor")
    browser.get_by_label("Code").fill(fresh_totp(secret))
    press(browser, "Sign in")
    assert is_in(browser)


def prove_again(browser):
    if "/reauthenticate/" in browser.url:
        shoot(browser, "reauthenticate")
        browser.get_by_label("Password").fill(PASSWORD)
        press(browser, "Confirm")


def test_from_sign_up_to_being_disabled(browser, admin, code, log, mailoutbox):
    """Sign up, confirm, profile, app, sign out, sign in with it, by code, by passkey, disabled."""
    codes = []

    def mailed():
        codes.append(code())
        return codes[-1]

    browser.goto("/accounts/signup/")
    shoot(browser, "signup")
    browser.get_by_label("E-mail").fill(EMAIL)
    browser.get_by_label("Password").fill(PASSWORD)
    browser.get_by_label("Nickname").fill("Anna")
    press(browser, "Create account")
    expect(browser.get_by_role("heading", name="Confirm your e-mail address")).to_be_visible()
    shoot(browser, "confirm")
    browser.get_by_label("Code").fill(mailed())
    press(browser, "Confirm")
    assert is_in(browser)

    shoot(browser, "profile")
    browser.get_by_label("Nickname").fill("Anna W")
    press(browser, "Save")
    expect(browser.get_by_text("Saved.")).to_be_visible()
    assert User.objects.get(email=EMAIL).nickname == "Anna W"

    browser.goto("/accounts/security/")
    shoot(browser, "security")
    browser.get_by_role("link", name="Set up").click()
    prove_again(browser)
    shoot(browser, "totp")
    secret = browser.get_by_label("Secret", exact=True).input_value()
    browser.get_by_label("Code").fill(fresh_totp(secret))
    press(browser, "Switch on")
    shoot(browser, "recovery-codes")
    recovery = browser.get_by_label("Unused codes").input_value().split()
    assert len(recovery) == 10

    browser.get_by_label("I have saved my recovery codes").check()
    sign_out(browser)
    browser.goto("/accounts/login/")
    shoot(browser, "login")
    browser.get_by_label("E-mail or user name").fill(EMAIL)
    browser.get_by_label("Password").fill(PASSWORD)
    press(browser, "Sign in")
    answer_second_factor(browser, secret)

    sign_out(browser)
    browser.goto("/accounts/login/code/")
    browser.get_by_label("E-mail").fill(EMAIL)
    press(browser, "Send the code")
    shoot(browser, "login-code")
    browser.get_by_label("Code").fill(mailed())
    press(browser, "Confirm")
    answer_second_factor(browser, secret)

    browser.goto("/accounts/2fa/webauthn/add/")
    prove_again(browser)
    shoot(browser, "passkey-add")
    expect(browser.get_by_label("Sign in with it alone")).to_be_checked()
    press(browser, "Add")
    browser.wait_for_url("**/accounts/**")
    expect(browser.get_by_role("main")).to_contain_text("Master key")
    shoot(browser, "passkeys")
    sign_out(browser)
    browser.goto("/accounts/login/")
    press(browser, "Sign in with a passkey")
    browser.wait_for_url(lambda url: "/login/" not in url)
    assert is_in(browser)

    operators.disable(actor=admin, user=User.objects.get(email=EMAIL))
    assert not is_in(browser)
    assert browser.complaints == []

    cookies = [
        cookie["value"]
        for cookie in browser.context.cookies()
        if cookie["name"] in ("sessionid", "csrftoken")
    ]
    secrets = [EMAIL, PASSWORD, secret, *codes, *recovery, *cookies]
    written = log.getvalue()
    assert "/accounts/signup/" in written
    assert [value for value in secrets if value in written] == []


def test_the_same_path_without_javascript(site, admin, code):
    """Everything but passkeys is plain forms and links, for people and for operators."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )
        browser = chromium.new_context(base_url=site, java_script_enabled=False).new_page()
        browser.goto("/accounts/signup/")
        browser.get_by_label("E-mail").fill(EMAIL)
        browser.get_by_label("Password").fill(PASSWORD)
        press(browser, "Create account")
        browser.get_by_label("Code").fill(code())
        press(browser, "Confirm")
        assert is_in(browser)
        browser.get_by_label("Nickname").fill("Anna")
        press(browser, "Save")
        browser.goto("/accounts/2fa/totp/activate/")
        prove_again(browser)
        secret = browser.get_by_label("Secret", exact=True).input_value()
        browser.get_by_label("Code").fill(fresh_totp(secret))
        press(browser, "Switch on")
        recovery = browser.get_by_label("Unused codes").input_value().split()
        sign_out(browser)
        browser.goto("/accounts/login/")
        browser.get_by_label("E-mail or user name").fill(EMAIL)
        browser.get_by_label("Password").fill(PASSWORD)
        press(browser, "Sign in")
        browser.get_by_label("Code").fill(recovery[0])
        press(browser, "Sign in")
        assert is_in(browser)
        person = User.objects.get(email=EMAIL)
        assert person.nickname == "Anna"
        sign_out(browser)
        browser.goto("/accounts/login/")
        browser.get_by_label("E-mail or user name").fill("admin")
        browser.get_by_label("Password").fill(PASSWORD)
        press(browser, "Sign in")
        browser.goto(f"/staff/users/{person.pk}/")
        browser.get_by_text("Disable…").click()
        press(browser, "Disable now")
        expect(browser.get_by_text("Done.")).to_be_visible()
        chromium.close()
    assert User.objects.get(email=EMAIL).status == "disabled"


def test_operators_pages_in_the_browser(browser, admin, make_person, log):
    """The pages of operators open, approve and disable with a confirmation."""
    make_person("waiting", status="pending")
    make_person("owner")
    browser.goto("/accounts/login/")
    browser.get_by_label("E-mail or user name").fill("admin")
    browser.get_by_label("Password").fill(PASSWORD)
    press(browser, "Sign in")
    browser.goto("/staff/approvals/")
    shoot(browser, "staff-approvals")
    press(browser, "Approve")
    expect(browser.get_by_text("Done.")).to_be_visible()
    assert User.objects.get(username="waiting").status == "active"
    browser.goto("/staff/users/?q=owner")
    shoot(browser, "staff-users")
    browser.get_by_role("link", name="owner@example.org").click()
    shoot(browser, "staff-user")
    browser.get_by_text("Disable…").click()
    press(browser, "Disable now")
    expect(browser.get_by_text("Done.")).to_be_visible()
    assert User.objects.get(username="owner").status == "disabled"
    for name in ("audit", "statistics"):
        browser.goto(f"/staff/{name}/")
        shoot(browser, f"staff-{name}")
        expect(browser.get_by_role("heading", level=1)).to_be_visible()
    assert [line for line in browser.complaints if "Content Security Policy" not in line] == []


def test_no_page_of_people_scrolls_sideways_on_a_phone(browser, admin, make_person):
    """At 390 px, in light and dark, in both languages, with rows in every table."""
    person = make_person("waiting", status="pending")
    operators.grant_permission(actor=admin, user=make_person("ann", modules=[]), permission="cot")
    browser.set_viewport_size({"width": 390, "height": 844})
    strangers = ["login/", "signup/", "login/code/", "password/reset/", "pending/", "inactive/"]
    wide = [path for path in strangers if too_wide(browser, f"/accounts/{path}")]
    browser.goto("/accounts/login/")
    browser.get_by_label("E-mail or user name").fill("admin")
    browser.get_by_label("Password").fill(PASSWORD)
    press(browser, "Sign in")
    own = [
        f"/accounts/{name}/" for name in ("profile", "security", "notifications", "password/change")
    ]
    staff = [
        f"/staff/{name}/"
        for name in ("users", f"users/{person.pk}", "approvals", "audit", "statistics")
    ]
    for scheme, language in (("light", "en"), ("dark", "uk")):
        browser.emulate_media(color_scheme=scheme)
        browser.context.add_cookies(
            [{"name": "django_language", "value": language, "domain": "localhost", "path": "/"}]
        )
        wide += [(language, path) for path in own + staff if too_wide(browser, path)]
        browser.goto("/accounts/security/")
        shoot(browser, f"phone-{scheme}")
    assert wide == []


def too_wide(browser, path):
    browser.goto(path)
    return browser.evaluate(
        "document.documentElement.scrollWidth > document.documentElement.clientWidth"
    )
