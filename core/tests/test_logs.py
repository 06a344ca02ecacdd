"""What is written to the log and what never is."""

from __future__ import annotations

import json
import logging
import logging.config
import subprocess
import sys

import pytest
import structlog
from django.conf import settings

from core import jobs, logs
from core.logs import scrub


@pytest.fixture
def lines(tmp_path):
    """The real configuration, writing to a file of this test: `lines()` reads what stands in it."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    logging.config.dictConfig(logs.configure(level="INFO", folder=tmp_path, readable=False))
    file = tmp_path / "app.log"
    yield (
        lambda: (
            [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        )
    )
    for handler in set(root.handlers) - set(before[0]):
        handler.close()
    root.handlers, root.level = before[0], before[1]


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("mail to anna.smith+x@example.org failed", "mail to a***@example.org failed"),
        ("Authorization: Bearer abc.def-123456", "Authorization: Bearer [token]"),
        ("bad token eyJhbGciOi.eyJzdWIi.c2lnbmF0", "bad token [token]"),
        ("postgres://app:hunter22@db/eq", "postgres://app:[secret]@db/eq"),
        ("{'password': 'Correct-Horse-7', 'a': 1}", "{'password': '[secret]', 'a': 1}"),
        ("refresh_token=abc123&next=/", "refresh_token=[secret]&next=/"),
        ("Cookie: sessionid=abc; x=1", "Cookie: sessionid=[secret]; x=1"),
        ("your code is 123456.", "your code is [code]."),
        ("RESEND_API_KEY=re_123", "RESEND_API_KEY=[secret]"),
    ],
)
def test_secrets_inside_a_text_are_replaced(text, clean):
    assert scrub(text) == clean


@pytest.mark.parametrize(
    "text", ["market 099741, 61995 rows", "GET /api/v1/cot/markets/disagg/fo", "exit code 2", ""]
)
def test_harmless_text_stays_as_it_is(text):
    assert scrub(text) == text


def test_secrets_are_removed_from_every_value_of_a_line(lines):
    structlog.get_logger("test").warning(
        "login",
        email="anna@example.org",
        password="Correct-Horse-7",
        data={"otp": "123456", "who": ["b@x.org"]},
        n=5,
    )
    (line,) = lines()
    assert line["email"] == "a***@example.org"
    assert line["password"] == "[secret]"
    assert line["data"] == {"otp": "[secret]", "who": ["b***@x.org"]}
    assert line["n"] == 5


def test_a_trace_is_scrubbed_too(lines):
    try:
        raise ValueError("no account for anna@example.org")
    except ValueError:
        logging.getLogger("app").exception("failed for %s", "bob@example.org")
    (line,) = lines()
    assert line["message"] == "failed for b***@example.org"
    assert "ValueError: no account for a***@example.org" in line["exception"]
    assert "anna@" not in json.dumps(line)


def test_one_line_per_request_with_what_the_operator_needs(lines, client):
    """The query string may hold secrets and is left out."""
    client.get("/api/v1/nothing?token=very-secret", headers={"X-Request-ID": "request-0001"})
    (line,) = lines()
    assert list(line)[:9] == list(logs.FIRST)
    assert line["request_id"] == "request-0001"
    assert (line["method"], line["path"], line["status"]) == ("GET", "/api/v1/nothing", 404)
    assert line["user_id"] is None
    assert line["latency_ms"] >= 0
    assert line["level"] == "info"
    assert line["time"].endswith("Z")
    assert "very-secret" not in json.dumps(line)


def test_the_line_names_the_person_by_key_only(lines, api, owner):
    api(owner).get("/api/v1/auth/me")
    (line,) = [line for line in lines() if line["message"] == "request"]
    assert line["user_id"] == str(owner.pk)
    assert owner.email not in json.dumps(lines())


def test_asking_who_it_is_costs_the_log_no_query(web, owner, django_assert_num_queries):
    browser = web(owner)
    with django_assert_num_queries(0):
        browser.get("/api/v1/nothing")


def test_a_password_in_a_body_reaches_no_log_line(lines, api, owner, db):
    """Neither in a refused nor in a broken request."""
    body = {"email": owner.email, "password": "Wrong-Horse-8"}
    api().post("/api/v1/auth/login", body, format="json")
    api().post("/api/v1/auth/login", json.dumps(body)[:-1], content_type="application/json")
    text = json.dumps(lines())
    assert len(lines()) >= 2
    assert "Wrong-Horse-8" not in text
    assert owner.email not in text


def test_a_bug_is_logged_once_with_its_trace_under_the_request_id(lines, monkeypatch, client):
    monkeypatch.setattr("core.health.report", lambda: 1 / 0)
    client.raise_request_exception = False
    client.get("/health/", headers={"X-Request-ID": "request-0002"})
    traces = [line for line in lines() if "exception" in line]
    assert len(traces) == 1
    assert "ZeroDivisionError" in traces[0]["exception"]
    assert {line["request_id"] for line in lines()} == {"request-0002"}


def test_a_job_logs_start_end_counts_and_duration_under_the_id_of_its_run(lines, db):
    record = jobs.run("purge", key="test")
    started, ended = [line for line in lines() if line.get("job_run") == record.pk]
    assert (started["message"], started["job"]) == ("job started", "purge")
    assert (ended["message"], ended["status"], ended["counts"]) == (
        "job ended",
        "ok",
        record.result,
    )
    assert ended["seconds"] >= 0


WRITER = """
import logging, sys
from core.logs import TurnedFile
handler = TurnedFile(sys.argv[1], size=20_000, kept=50)
for number in range(1500):
    handler.handle(logging.LogRecord("test", 20, "", 0, f"{sys.argv[2]} {number:04} {'x' * 100}", (), None))
"""


@pytest.mark.slow
def test_processes_share_one_file_which_is_turned_without_losing_a_line(tmp_path):
    """Before, each process turned the file by itself, over what another had just begun."""
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(tmp_path / "app.log"), name], cwd=settings.BASE_DIR
        )
        for name in "abcd"
    ]
    assert [writer.wait(60) for writer in writers] == [0, 0, 0, 0]
    files = list(tmp_path.glob("app.log*"))
    lines = [line[:6] for file in files for line in file.read_text().splitlines()]
    assert sorted(lines) == [f"{name} {number:04}" for name in "abcd" for number in range(1500)]
    turned = [file.stat().st_size for file in files if file.name != "app.log"]
    assert len(turned) >= 20
    assert min(turned) >= 20_000, "no file is turned before it is full"


def test_the_file_is_turned_at_ten_megabytes_and_five_are_kept(tmp_path):
    assert (logs.FILE_BYTES, logs.KEPT_FILES) == (10 * 1024 * 1024, 5)
    handler = logs.TurnedFile(str(tmp_path / "app.log"), size=10, kept=5)
    for number in range(9):
        handler.handle(logging.LogRecord("test", 20, "", 0, f"line {number} is full", (), None))
    handler.close()
    found = {file.name: file.read_text() for file in tmp_path.glob("app.log*")}
    assert found == {"app.log": "line 8 is full\n"} | {
        f"app.log.{age}": f"line {8 - age} is full\n" for age in range(1, 6)
    }


def test_a_file_that_cannot_be_written_costs_its_lines_and_one_sentence(tmp_path, capsys):
    (tmp_path / "logs").write_text("a file where the folder should be")
    config = logs.configure(level="INFO", folder=tmp_path / "logs", readable=False)
    handler = logs.TurnedFile(config["handlers"]["file"]["filename"])
    for _ in range(3):
        handler.handle(logging.LogRecord("test", 20, "", 0, "line", (), None))
    said = capsys.readouterr().err
    assert said.count("app.log is not written: ") == 1
    assert "Traceback" not in said


def test_without_a_folder_lines_go_to_standard_output_alone():
    config = logs.configure(level="INFO", folder=None, readable=False)
    assert (list(config["handlers"]), config["root"]["handlers"]) == (["console"], ["console"])


def test_in_debug_the_console_is_readable_and_the_file_stays_json(tmp_path, capsys):
    config = logs.configure(level="INFO", folder=tmp_path, readable=True)
    assert config["handlers"]["console"]["formatter"] == "console"
    assert config["handlers"]["file"]["formatter"] == "json"
