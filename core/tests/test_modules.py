"""Every module that an app declares can really be opened, searched and asked; what it names exists."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise

from core import modules

pytestmark = pytest.mark.django_db
MODULES = pytest.mark.parametrize("module", modules.registered(), ids=lambda module: module.key)


def test_there_is_at_least_one_module_and_each_key_is_given_once():
    keys = [module.key for module in modules.registered()]
    assert keys
    assert len(set(keys)) == len(keys)


@MODULES
def test_every_route_of_the_navigation_exists_and_every_letter_leads_to_one_page(module):
    assert all(reverse(page.route).startswith("/") for page in module.navigation)
    letters = [
        page.letter for each in modules.registered() for page in each.navigation if page.letter
    ]
    assert len(set(letters)) == len(letters)


@MODULES
def test_titles_follow_the_language_of_the_page(module):
    assert isinstance(module.title, Promise)
    assert all(isinstance(page.title, Promise) for page in module.navigation)


@MODULES
def test_search_and_feed_answer_on_an_empty_database(module):
    assert module.found("no such words at all").groups in ([], ())
    if feed := module.feed_at(timezone.now()):
        assert feed.newest is None
        assert str(feed.source)
        assert reverse(feed.page).startswith("/")


@MODULES
def test_the_reads_a_module_names_answer_its_holder_and_nobody_else(module, api, owner, guest):
    assert module.api_reads
    for path in module.api_reads:
        assert api(owner).get(path).status_code == 200
        assert api(guest).get(path).status_code == 403
        assert api().get(path).status_code == 401


def test_the_shell_shows_a_person_the_modules_they_hold(web, owner, guest):
    for module in modules.registered():
        home = f'href="{reverse(module.home.route)}"'
        assert home in web(owner).get("/accounts/profile/").text
        assert home not in web(guest).get("/accounts/profile/").text


def test_the_list_of_keys_offers_nothing_a_person_does_not_have(web, owner, guest):
    of_markets = "search a market", "previous and next market"
    shown, withheld = (web(who).get("/accounts/profile/").text for who in (owner, guest))
    assert all(words in shown and words not in withheld for words in of_markets)


def test_who_holds_no_module_starts_at_their_own_page(web, guest):
    assert web(guest).get("/").url == reverse("accounts:profile")


def test_who_holds_no_module_finds_nothing(web, guest):
    answer = web(guest).get("/search/", {"q": "a"}, headers={"HX-Request": "true"})
    assert "Nothing by these words." in answer.text


def test_a_stranger_signs_in_before_searching(web):
    assert web().get("/search/", {"q": "a"}).url.startswith(reverse("account_login"))


def test_a_word_that_is_planned_can_be_granted_before_its_app_stands(settings):
    settings.PLANNED_MODULES = {"notes": "Notes"}
    assert ("notes", "Notes") in modules.grantable()
    assert "notes" not in [module.key for module in modules.registered()]


def test_an_unknown_word_stops_the_start():
    with pytest.raises(
        ImproperlyConfigured, match="DEFAULT_PERMISSIONS: unknown cots; known are cot, journal"
    ):
        modules.refuse_unknown_words("DEFAULT_PERMISSIONS", ["cot", "cots"], ["cot", "journal"])
