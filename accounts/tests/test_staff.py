"""Pages of operators."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
import time_machine

from accounts.models import AuditEntry, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def ops(web, admin):
    return web(admin)


def url(user, tail=""):
    return f"/staff/users/{user.pk}/{tail}"


@pytest.mark.parametrize(
    ("before", "action", "after"),
    [
        ("pending", "approve", "active"),
        ("active", "disable", "disabled"),
        ("disabled", "enable", "active"),
    ],
)
def test_an_action_changes_the_state_and_is_written_down(ops, make_person, before, action, after):
    person = make_person("ann", status=before)
    answer = ops.post(url(person, f"{action}/"), follow=True)
    assert "Done." in answer.content.decode()
    assert User.objects.get(pk=person.pk).status == after
    assert AuditEntry.objects.get().action == f"{action}_user"


def test_the_way_to_the_staff_pages_shows_the_queue_to_administrators_only(ops, web, guest):
    assert ops.get("/staff/", follow=True).redirect_chain == [("/staff/approvals/", 302)]
    assert web(guest).get("/staff/", follow=True).status_code == 403


def test_approving_in_the_queue_stays_in_the_queue(ops, make_person):
    """Who has twenty people to approve does not go back twenty times."""
    first, second = (make_person(name, status="pending") for name in ("ann", "bob"))
    page = ops.post(url(first, "approve/"), {"queue": ""}, follow=True)
    assert page.redirect_chain == [("/staff/approvals/", 302)]
    assert list(page.context["waiting"]) == [second]
    assert 'name="queue"' in page.content.decode()


def test_a_refusal_is_told_and_nothing_changes(ops, admin):
    answer = ops.post(url(admin, "disable/"), follow=True)
    assert "You cannot do this to your own account." in answer.content.decode()
    assert User.objects.get(pk=admin.pk).status == "active"


def test_roles_and_modules_are_changed_on_the_page(ops, guest):
    ops.post(url(guest, "role/"), {"role": "viewer"})
    ops.post(url(guest, "modules/"), {"permission": "cot"})
    guest = User.objects.get(pk=guest.pk)
    assert (guest.role, guest.modules) == ("viewer", {"cot"})
    ops.post(url(guest, "modules/cot/revoke/"))
    assert User.objects.get(pk=guest.pk).modules == frozenset()


@pytest.mark.parametrize("body", [{"role": "king"}, {"permission": "poker"}])
def test_unknown_roles_and_modules_change_nothing(ops, guest, body):
    for tail in ("role/", "modules/"):
        assert ops.post(url(guest, tail), body).status_code == 302
    guest = User.objects.get(pk=guest.pk)
    assert (guest.role, guest.modules) == ("user", frozenset())
    assert not AuditEntry.objects.exists()


def test_only_modules_that_are_missing_are_offered(ops, make_person):
    """Granting one twice is not even on the page."""
    ann = make_person("ann", modules=["cot", "signals"])
    offered = ops.get(url(ann)).context["module_form"].fields["permission"].choices
    assert [code for code, _name in offered] == ["journal", "trading"]


def test_the_audit_page_tells_values_in_words(ops, make_person):
    """Before and after, by their names; narrowed to one person by the link from their page."""
    ann, bob = make_person("ann", status="pending", modules=[]), make_person("bob")
    ops.post(url(ann, "approve/"))
    ops.post(url(ann, "role/"), {"role": "viewer"})
    ops.post(url(ann, "modules/"), {"permission": "cot"})
    ops.post(url(bob, "disable/"))
    page = ops.get(f"/staff/audit/?target={ann.pk}").content.decode()
    for told in ("Awaiting approval → Active", "User → Viewer", "+ Positioning"):
        assert f"<td>{told}</td>" in page
    assert "Active → Disabled" not in page
    assert f'href="/staff/audit/?target={ann.pk}"' in ops.get(url(ann)).content.decode()


@pytest.mark.parametrize(
    "path", [f"{'-' * 36}/disable/", "00000000-0000-4000-8000-000000000000/poke/"]
)
def test_an_action_or_person_that_cannot_be_is_404(ops, path):
    assert ops.post(f"/staff/users/{path}").status_code == 404


@pytest.mark.parametrize(
    "tail", ["disable/", "role/", "modules/", "modules/cot/revoke/", "reset-mfa/"]
)
def test_actions_are_posted(ops, guest, tail):
    assert ops.get(url(guest, tail)).status_code == 405


@pytest.mark.parametrize("tail", ["disable/", "role/", "modules/"])
def test_nobody_else_does_them(web, owner, guest, tail):
    assert (
        web(owner).post(url(guest, tail), {"role": "admin", "permission": "cot"}).status_code == 403
    )
    assert User.objects.filter(pk=guest.pk, role="user", status="active").exists()


def test_an_unknown_person_is_404(ops):
    unknown = "/staff/users/00000000-0000-4000-8000-000000000000/"
    assert (ops.get(unknown).status_code, ops.post(f"{unknown}disable/").status_code) == (404, 404)


def test_people_are_searched_and_filtered(ops, owner, viewer):
    page = ops.get("/staff/users/?q=VIEW&role=viewer").content.decode()
    assert viewer.email in page
    assert owner.email not in page


def test_the_audit_log_names_people_by_their_address(ops, admin, make_person):
    """Everybody chooses their own nickname, be it that of somebody else."""
    person = make_person("ann")
    User.objects.filter(pk=person.pk).update(nickname=admin.email)
    ops.post(url(person, "disable/"))
    for page in ("/staff/audit/", url(person)):
        row = ops.get(page).content.decode().split("<tbody>")[-1]
        assert f"<td>{admin.email}</td>" in row
        assert f">{person.email}</a>" in row


def test_modules_stand_in_one_order_for_everybody(ops, make_person):
    """Granted in any order."""
    for modules in (["cot", "trading"], ["trading", "cot"]):
        make_person(modules[0], modules=modules)
    shown = [
        [row.permission for row in person.module_permissions.all()]
        for person in ops.get("/staff/users/").context["page"]
    ]
    assert [row for row in shown if len(row) == 2] == [["cot", "trading"]] * 2


def test_the_statistics_page_shows_the_numbers_of_the_endpoint(ops, api, admin, owner):
    """One selector behind page and API."""
    numbers = api(admin).get("/api/v1/admin/stats").json()
    page = ops.get(
        "/staff/statistics/", {"date_from": numbers["period_from"], "date_to": numbers["period_to"]}
    )
    assert page.context["numbers"].new_registrations == numbers["new_registrations"] == 2
    assert page.context["chart"]["data"][0]["y"] == [2]
    reversed_period = ops.get(
        "/staff/statistics/", {"date_from": "2026-02-01", "date_to": "2026-01-01"}
    )
    assert reversed_period.status_code == 200
    assert reversed_period.context["numbers"] is None
    assert "does not end before it begins" in reversed_period.content.decode()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("since=2026-01-01", "Unknown query parameter: since."),
        ("date_from=2026-02-30", "Enter a valid date."),
        ("date_from=nonsense&date_to=2026-01-01", "Enter a valid date."),
        ("date_from=0001-01-01", "at most 366 days"),
        ("date_to=9999-12-31", "at most 366 days"),
        ("date_from=", "This field is required."),
    ],
)
def test_the_statistics_page_says_what_is_wrong_with_its_address(ops, query, said):
    page = ops.get(f"/staff/statistics/?{query}")
    assert (page.status_code, page.context["numbers"]) == (200, None)
    assert said in page.content.decode()


def test_one_end_of_the_period_is_enough_on_the_statistics_page(ops):
    with time_machine.travel(datetime(2026, 7, 15, 12, tzinfo=UTC), tick=False):
        numbers = ops.get("/staff/statistics/?date_from=2026-07-14").context["numbers"]
    assert (str(numbers.period_from), str(numbers.period_to)) == ("2026-07-14", "2026-07-15")


@pytest.mark.parametrize("language", ["en", "uk"])
def test_the_fields_of_the_period_are_filled_in_every_language(ops, language):
    """A browser's calendar reads `2026-07-15` only and shows any other spelling as empty."""
    ops.cookies["django_language"] = language
    with time_machine.travel(datetime(2026, 7, 15, 12, tzinfo=UTC), tick=False):
        page = ops.get("/staff/statistics/").content.decode()
    assert 'value="2026-06-16"' in page
    assert 'value="2026-07-15"' in page


@pytest.mark.parametrize("path", ["users", "audit", "approvals"])
def test_lists_take_the_same_queries_for_many_as_for_few(
    ops, make_person, path, django_assert_max_num_queries
):
    ops.get(
        f"/staff/{path}/"
    )  # notes that the session is in use, which is done once in ten minutes
    for number in range(8):
        make_person(f"person{number}", status="pending" if number % 2 else "active")
    with django_assert_max_num_queries(9):
        assert ops.get(f"/staff/{path}/").status_code == 200
