"""Redis dead or hanging, with real processes: no page and no mail is lost, and addresses stay secret."""

from __future__ import annotations

import json
import os
import shutil
import socketserver
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from django.db import connection

from conftest import PASSWORD
from core.tests.redis_server import Server

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
ROOT = Path(__file__).resolve().parents[2]
PREPARE = """
from accounts.services import create_person
create_person(email="owner@example.org", username="owner", password=sys.argv[1])
"""
ASK = """
from django.test import Client
from django.urls import get_resolver
get_resolver().url_patterns  # what a process loads once is none of Redis's time
def ask(path, body):
    began = time.monotonic()
    client = Client(SERVER_NAME="localhost", raise_request_exception=False)
    answer = client.post(path, body, content_type="application/json") if body else client.get(path)
    content = answer.json() if "json" in answer["Content-Type"] else answer.content.decode()
    print(json.dumps([answer.status_code, time.monotonic() - began, content]))
    time.sleep(0.1)  # a mail's task is handed over beside the requests
for path, body in json.loads(sys.argv[1]):
    ask(path, body)
"""
BEAT = """
from datetime import timedelta
from django.utils import timezone
from accounts.models import MailLog
from core.tasks import system_beat
MailLog.objects.update(asked_at=timezone.now() - timedelta(minutes=1))
system_beat()
"""
LEFT = """
from accounts.models import MailLog
print(json.dumps(list(MailLog.objects.waiting().values_list("template", flat=True))))
"""
KNOWN, UNKNOWN = "owner@example.org", "nobody@example.org"
CODES = ("auth/request-otp", "auth/password/reset", "auth/resend-verification")


class Mailbox(socketserver.ThreadingTCPServer):
    """A mail server that takes everything and notes to whom it went."""

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Talk)
        self.taken: list[str] = []


class Talk(socketserver.StreamRequestHandler):
    def handle(self):
        self.wfile.write(b"220 test\r\n")
        in_letter, to = False, ""
        for line in self.rfile:
            if in_letter:
                if line == b".\r\n":
                    in_letter = False
                    self.server.taken.append(to)
                    self.wfile.write(b"250 taken\r\n")
                continue
            word = line[:4].upper()
            if word == b"RCPT":
                to = line.decode().split("<")[1].split(">")[0]
            in_letter = word == b"DATA"
            self.wfile.write(b"354 go on\r\n" if in_letter else b"250 ok\r\n")
            if word == b"QUIT":
                return


@pytest.fixture
def mailbox():
    with Mailbox() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture
def redis(tmp_path):
    if shutil.which("redis-server") is None:
        pytest.skip("redis-server is not on this machine")
    server = Server(tmp_path)
    yield server
    server.go_on()
    server.kill()


@pytest.fixture
def environment(tmp_path, migrated_file, redis, mailbox):
    """What the product's own processes are started with: the database of this run, our Redis, our mail server."""
    database = {"DATABASE_URL": "", "DB_PATH": str(tmp_path / "app.db")}
    if connection.vendor == "postgresql":
        at = connection.settings_dict
        host, port = at["HOST"] or at["OPTIONS"].get("host", ""), at["PORT"] or 5432
        address = f"{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={host}&port={port}"
        database = {"DATABASE_URL": f"postgres://{address}"}
    else:
        shutil.copy(migrated_file, tmp_path)
    mail = {
        "EMAIL_PROVIDER": "smtp",
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(mailbox.server_address[1]),
        "SMTP_STARTTLS": "false",
        "ADMIN_NOTIFICATION_EMAIL": "",
    }
    own = {"REDIS_URL": redis.url, "CELERY_BROKER_URL": "", "LOG_DIR": str(tmp_path)}
    quiet = {"LOG_LEVEL": "ERROR", "THROTTLE_ANON": "1000/min"}
    module = {"DJANGO_SETTINGS_MODULE": "equilibrium.settings"}
    return os.environ | database | mail | own | quiet | module


@pytest.fixture
def run(environment):
    """Runs Python in a process of its own; what it printed, line by line, without its log."""

    def process(code, *arguments):
        setup = "import json, sys, time, django; django.setup()\n"
        done = subprocess.run(
            [sys.executable, "-c", setup + code, *arguments],
            env=environment,
            cwd=ROOT,
            capture_output=True,
            text=True,
            timeout=200,
        )
        assert done.returncode == 0, done.stderr
        lines = [line for line in done.stdout.splitlines() if line.startswith("[")]
        return [json.loads(line) for line in lines]

    process(PREPARE, PASSWORD)
    return process


@pytest.fixture
def worker(environment):
    words = ["-m", "celery", "-q", "-A", "equilibrium", "worker", "-P", "threads", "-c", "2"]
    quiet = ["--without-gossip", "--without-mingle", "--loglevel", "ERROR"]
    program = subprocess.Popen([sys.executable, *words, *quiet], env=environment, cwd=ROOT)
    yield program
    program.kill()
    program.wait()


def asked(run, *questions):
    """Status, seconds and content of each answer, all given by one process."""
    found = run(ASK, json.dumps([[f"/api/v1/{path}", body] for path, body in questions]))
    assert len(found) == len(questions)
    return found


def for_both(path):
    return [(path, {"email": email}) for email in (KNOWN, UNKNOWN)]


def until(condition, seconds=40):
    ends = time.monotonic() + seconds
    while not condition() and time.monotonic() < ends:
        time.sleep(0.2)
    return condition()


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_nobody_notices_and_no_mail_is_lost(redis, run, worker, mailbox, way):
    """Dead, then hanging: the answers are those of every day, for known and unknown addresses; mail waits."""
    getattr(redis, way)()
    questions = [pair for path in CODES for pair in for_both(path)]
    sign_up = {"email": "new@example.org", "password": "Quite-Long-Words-7"}
    sign_in = {"login": "owner", "password": PASSWORD}
    answers = asked(run, *questions, ("auth/register", sign_up), ("auth/login", sign_in))
    assert [status for status, *_rest in answers] == [200] * 6 + [202, 200]
    for (_s, _t, known), (_u, _v, unknown) in zip(answers[0:6:2], answers[1:6:2], strict=True):
        assert known.pop("request_token")
        assert unknown.pop("request_token")
        assert known == unknown
    # a look at the hanging cache, which then rests for five seconds, is all that it costs; a machine may be busy
    assert max(seconds for _status, seconds, _content in answers) < 6, answers
    left = sorted(run(LEFT)[0])
    nobody = [
        "nobody"
    ] * 4  # three codes for the unknown address, a confirmation for the confirmed one
    assert left == ["code_login", "code_reset", "code_verify", *nobody]
    assert mailbox.taken == []

    redis.start() if way == "kill" else redis.go_on()
    run(BEAT)
    assert until(lambda: len(mailbox.taken) >= 3), "the worker found its broker again"
    run(BEAT)
    time.sleep(2)
    assert sorted(mailbox.taken) == ["new@example.org", KNOWN, KNOWN]
    assert run(LEFT) == [[]]


@pytest.mark.parametrize("way", ["kill", "stop"])
def test_health_names_what_is_away_within_seconds(redis, run, way):
    getattr(redis, way)()
    health = ASK.replace("/api/v1", "")
    ((status, seconds, body),) = run(health, json.dumps([["/health/", None]]))
    checks = body["checks"]
    assert status == 200
    assert [checks[name]["status"] for name in ("database", "cache", "broker")] == [
        "ok",
        "failed",
        "failed",
    ]
    assert seconds < 8, "three time-outs of a second each, and the work of a busy machine"
