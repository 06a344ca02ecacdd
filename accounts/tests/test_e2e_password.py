"""What a page says about a password while it is chosen, in a real browser; the server has the last word."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.auth.password_validation import CommonPasswordValidator
from playwright.sync_api import expect, sync_playwright

SCRIPT = Path("static/js/password.js")


@pytest.fixture
def page_of(live_server, monkeypatch):
    """`page_of(path)` is that page; what its console complains about fails the test."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    complaints = []
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=["--no-sandbox"]
        )

        def open_page(path, **options):
            page = chromium.new_context(**options).new_page()
            page.on("console", lambda line: complaints.append(line.text))
            page.on("pageerror", lambda error: complaints.append(str(error)))
            page.goto(live_server.url + path)
            return page

        yield open_page
        chromium.close()
    assert complaints == []


def in_the_browser(test):
    return pytest.mark.e2e(pytest.mark.django_db(transaction=True)(test))


@in_the_browser
def test_the_page_says_which_rule_a_new_password_does_not_meet_yet(page_of):
    page = page_of("/accounts/signup/", locale="en")
    field, hint = page.locator("#id_password1"), page.locator("[data-strength]")
    expect(hint).to_have_attribute("aria-live", "polite")
    expect(hint).to_have_text("")
    for typed, said in (
        ("a", "Still missing: 8 characters, an upper-case letter, a digit."),
        ("correct-horse", "Still missing: an upper-case letter, a digit."),
        ("ЇЖАК-їжак", "Still missing: a digit."),
        ("Password123", "This password is one of the commonest: choose another."),
        ("Aa1" + "x" * 125, "Length and characters are right."),
        ("Aa1" + "x" * 126, "More than 128 characters are too many."),
        ("", ""),
    ):
        field.fill(typed)
        expect(hint).to_have_text(said)


@in_the_browser
def test_a_password_is_shown_on_demand_and_hidden_again_when_sent(page_of):
    page = page_of("/accounts/login/", locale="en")
    field, button = (
        page.locator("#id_password"),
        page.get_by_role("button", name="Show password"),
    )
    expect(field).to_have_attribute("type", "password")
    expect(button).to_have_attribute("aria-pressed", "false")
    button.focus()
    page.keyboard.press("Space")
    expect(field).to_have_attribute("type", "text")
    expect(button).to_have_attribute("aria-pressed", "true")
    page.evaluate(
        "document.querySelector('#id_password').form.addEventListener('submit', (e) => e.preventDefault())"
    )
    page.locator("#id_login").fill("ann")
    field.fill("Correct-Horse-7")
    field.press("Enter")
    expect(field).to_have_attribute("type", "password")
    expect(button).to_have_attribute("aria-pressed", "false")


@in_the_browser
def test_without_javascript_it_is_a_plain_field(page_of):
    page = page_of("/accounts/signup/", java_script_enabled=False)
    expect(page.locator("#id_password1")).to_be_visible()
    expect(page.locator("[data-show-password]")).to_be_hidden()
    expect(page.locator("[data-strength]")).to_have_text("")


@in_the_browser
def test_it_speaks_the_language_of_the_page(page_of):
    page = page_of("/accounts/signup/", locale="uk")
    page.locator("#id_password1").fill("a")
    expect(page.locator("[data-strength]")).to_have_text(
        "Ще бракує: 8 символів, великої літери, цифри."
    )
    expect(page.get_by_role("button", name="Показати пароль")).to_be_visible()


@pytest.mark.django_db
def test_where_a_password_is_chosen_its_rules_are_followed_and_elsewhere_only_shown(web, owner):
    pages = {
        "/accounts/signup/": (web(), 1, 1),
        "/accounts/login/": (web(), 1, 0),
        "/accounts/password/change/": (web(owner), 3, 1),
    }
    for path, (browser, shown, chosen) in pages.items():
        html = browser.get(path).text
        assert html.count("data-show-password") == shown, path
        assert html.count("data-strength=") == chosen, path
        assert "js/password.js" in html


def test_the_page_calls_only_those_passwords_common_that_the_server_refuses_as_common():
    listed = SCRIPT.read_text().partition("COMMON = new Set([")[2].partition("]")[0]
    common = set(re.findall(r'"([^"]+)"', listed))
    assert len(common) > 10
    assert common - CommonPasswordValidator().passwords == set()
