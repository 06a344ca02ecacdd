"""The audit log can be written and read, nothing else."""

from __future__ import annotations

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from django.urls import reverse

from accounts.models import Action, AuditEntry
from core import broker, runs


@pytest.fixture
def entry(admin):
    return AuditEntry.objects.create(actor=admin, action=Action.CREATE_ADMIN, target_user=admin)


@pytest.mark.parametrize(
    "statement", ["UPDATE accounts_auditentry SET action = 'x'", "DELETE FROM accounts_auditentry"]
)
def test_sql_cannot_change_or_remove_an_audit_entry(entry, statement):
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    entry.refresh_from_db()
    assert entry.action == "create_admin"


@pytest.mark.parametrize("same", ["seq", "id"])
def test_sql_cannot_replace_an_audit_entry(entry, same):
    """An insert in place of an old row is a change of it."""
    verb = "INSERT" if connection.vendor == "postgresql" else "INSERT OR REPLACE"
    new = {"seq": entry.seq + 1, "id": uuid.uuid4().hex} | {
        same: entry.id.hex if same == "id" else entry.seq
    }
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"{verb} INTO accounts_auditentry (seq, id, action, metadata, request_id, created_at) "
            "VALUES (%s, %s, 'x', '{}', '', '2026-01-01')",
            [new["seq"], new["id"]],
        )
    assert list(AuditEntry.objects.values_list("seq", "id", "action")) == [
        (entry.seq, entry.id, "create_admin")
    ]


@pytest.mark.postgres
def test_sql_cannot_truncate_the_audit_log(db):
    if connection.vendor != "postgresql":
        pytest.skip("SQLite has no TRUNCATE")
    with (
        pytest.raises(DatabaseError, match="append-only"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute("TRUNCATE accounts_auditentry")


@pytest.mark.django_db(transaction=True)
def test_real_transactions_keep_the_log_append_only_too(admin):
    """The triggers are in place outside a test's own transaction."""
    AuditEntry.objects.create(actor=admin, action=Action.CREATE_ADMIN, target_user=admin)
    with pytest.raises(DatabaseError, match="append-only"):
        AuditEntry.objects.update(action="x")


@pytest.mark.parametrize("index", ["audit_by_actor", "audit_by_target"])
def test_the_log_is_indexed_by_actor_and_target(db, index):
    with connection.cursor() as cursor:
        assert index in connection.introspection.get_constraints(cursor, "accounts_auditentry")


def test_who_starts_or_ends_a_job_by_hand_stands_in_the_log(web, admin, monkeypatch):
    monkeypatch.setattr(broker, "ask", lambda task, **options: True)
    record = runs.on_record("purge", trigger="command")
    browser, listed = web(admin), reverse("admin:core_jobrun_changelist")
    browser.post(reverse("admin:core_jobrun_start"), {"job": "purge"})
    with runs.working(record):
        browser.post(listed, {"action": "cancel", "_selected_action": [record.pk]})
    entries = AuditEntry.objects.order_by("seq").values_list("actor", "action", "metadata")
    assert list(entries) == [
        (admin.pk, "start_job", {"job": "purge"}),
        (admin.pk, "end_job", {"job": "purge", "run": record.pk}),
    ]
