"""Mail about accounts: what it says, when it is sent, what happens when it is not."""

from __future__ import annotations

import logging
import re
import smtplib
from datetime import timedelta

import pytest
import time_machine
from celery.utils.log import LoggingProxy
from django.core import mail as outbox
from django.core.mail.backends.locmem import EmailBackend
from django.db import transaction
from django.utils import timezone, translation

from accounts import services
from accounts.letters import delivery, mail, tasks
from accounts.letters.tasks import is_permanent, send_mail
from accounts.letters.texts import LETTERS
from accounts.models import MailLog, Purpose, User
from conftest import PASSWORD
from core import broker
from core.tasks import system_beat

pytestmark = pytest.mark.django_db
CONTEXT = {"code": "123456", "name": "Ann", "label": "Firefox, Linux", "network": "10.0.0.0/24"} | {
    "day": "2026-12-14", "email": "new@example.org",
    "report": "Tue 3 Feb 2026", "series": "Legacy · Futures", "error": "no answer",
}  # fmt: skip


class Flaky(EmailBackend):
    """Refuses the first sendings with the errors in `refusals`."""

    refusals: list[Exception] = []
    asked = 0

    def send_messages(self, messages):
        Flaky.asked += 1
        if Flaky.refusals:
            raise Flaky.refusals.pop(0)
        return super().send_messages(messages)


@pytest.fixture
def flaky(settings, monkeypatch):
    settings.EMAIL_BACKEND = f"{__name__}.Flaky"
    Flaky.refusals, Flaky.asked = [], 0
    monkeypatch.setattr("accounts.letters.tasks.random.uniform", lambda low, high: 0)
    return Flaky


@pytest.fixture
def lost(monkeypatch):
    """The broker takes nothing."""
    monkeypatch.setattr(broker, "soon", lambda *task: None)


def waiting(user, template="welcome", **context):
    """The id of a mail that waits."""
    mail.send(template, user, **context)
    return str(MailLog.objects.get().pk)


@pytest.mark.parametrize("template", sorted(LETTERS))
def test_every_letter_has_text_and_html_with_the_same_lines_and_no_code_in_the_subject(
    template, owner, settings
):
    settings.ADMIN_NOTIFICATION_EMAIL = "ops@example.org"
    message = delivery.compose(template, owner, CONTEXT)
    ((html, kind),) = message.alternatives
    assert kind == "text/html"
    assert "123456" not in message.subject
    for body in (message.body, html):
        assert ("123456" in body) is template.startswith("code_")
        assert "%(" not in body
        assert settings.APP_NAME in body
    assert message.to == [owner.email]


def test_each_person_is_written_to_in_their_language(make_person, mailoutbox):
    """The letter is composed in the reader's language, whoever asked for it."""
    seen = []
    real = delivery.compose

    def note(*args):
        seen.append(translation.get_language())
        return real(*args)

    olena = make_person("olena", language="uk")
    with translation.override("en"), pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "compose", note)
        mail.send("welcome", olena)
    assert seen == ["uk"]


def test_a_letter_in_a_language_without_a_catalogue_is_english_and_says_so(make_person, mailoutbox):
    """A profile may say `ru`."""
    mail.send("welcome", make_person("ivan", language="ru"))
    html, _kind = mailoutbox[0].alternatives[0]
    assert '<html lang="en">' in html


def test_a_repeated_task_sends_once(owner, mailoutbox):
    mail.send("welcome", owner)
    row = MailLog.objects.get()
    for _ in range(2):
        send_mail.delay(str(row.pk))
    assert len(mailoutbox) == 1


def test_of_two_workers_with_one_mail_one_sends_it(owner, lost):
    row = waiting(owner)
    assert delivery.claim(row) is not None
    assert delivery.claim(row) is None
    MailLog.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert delivery.claim(row) is not None, "the first was killed in the middle"


def test_a_mail_whose_task_was_lost_is_sent_with_the_next_beat(owner, mailoutbox, monkeypatch):
    with monkeypatch.context() as away:
        away.setattr(broker, "soon", lambda *task: None)
        mail.send("code_login", owner, code="123456")
    tasks.send_what_waits()
    assert mailoutbox == [], "its task may still be on the way"
    MailLog.objects.update(asked_at=timezone.now() - timedelta(seconds=31))
    system_beat()
    system_beat()
    assert ["123456" in sent.body for sent in mailoutbox] == [True]


def test_a_code_waits_encrypted_and_is_forgotten_with_its_mail(owner, lost, mailoutbox):
    row = waiting(owner, "code_login", code="123456")
    kept = MailLog.objects.values().get()
    assert "123456" not in str(kept)
    send_mail.delay(row)
    assert MailLog.objects.get().sealed == ""
    assert "123456" in mailoutbox[0].body


def test_a_code_that_ended_while_it_waited_is_not_mailed(owner, lost, mailoutbox, caplog):
    row = waiting(owner, "code_login", code="123456")
    MailLog.objects.update(useless_after=timezone.now())
    send_mail.delay(row)
    assert mailoutbox == []
    assert (MailLog.objects.get().sealed, MailLog.objects.waiting().count()) == ("", 0)
    assert "Mail code_login was not sent: TooLate" in caplog.text


def test_a_mail_sealed_under_a_lost_key_is_given_up(owner, lost, mailoutbox, settings):
    row = waiting(owner)
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another" * 8, []
    send_mail.delay(row)
    assert (mailoutbox, MailLog.objects.waiting().count()) == ([], 0)


def test_nothing_is_sent_when_the_transaction_fails(owner, mailoutbox, monkeypatch):
    """After commit only."""
    monkeypatch.undo()

    def fail_after_asking_for_mail():
        with transaction.atomic():
            mail.send("welcome", owner)
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_asking_for_mail()
    assert mailoutbox == []


def test_a_provider_that_fails_is_tried_three_times_more(owner, lost, flaky):
    flaky.refusals = [ConnectionError(), ConnectionError(), ConnectionError()]
    send_mail.apply(args=[waiting(owner)])
    assert (flaky.asked, len(outbox.outbox)) == (4, 1)


def test_after_the_third_retry_it_is_given_up_with_one_line(owner, lost, flaky, caplog):
    """The line names no address."""
    flaky.refusals = [ConnectionError("to owner@example.org")] * 9
    send_mail.apply(args=[waiting(owner)])
    assert flaky.asked == 4
    lines = [record.getMessage() for record in caplog.records if record.levelname == "ERROR"]
    assert lines == ["Mail welcome was not sent: ConnectionError"]


def test_a_permanent_refusal_is_not_retried(owner, lost, flaky):
    flaky.refusals = [smtplib.SMTPDataError(550, b"no such mailbox")] * 9
    send_mail.apply(args=[waiting(owner)])
    assert flaky.asked == 1


@pytest.mark.parametrize(
    ("error", "permanent"),
    [
        (smtplib.SMTPDataError(550, b""), True),
        (smtplib.SMTPDataError(451, b""), False),
        (ConnectionError(), False),
    ],
)
def test_what_is_permanent(error, permanent):
    assert is_permanent(error) is permanent


def test_a_sign_in_from_an_unseen_network_is_told(post, owner, mailoutbox, settings):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for ip in ("203.0.113.7", "203.0.113.8", "198.51.100.1"):
        headers = {"X-Forwarded-For": ip, "User-Agent": "okhttp/4"}
        assert (
            post(
                "auth/login", login="owner", password="Correct-Horse-7", headers=headers
            ).status_code
            == 200
        )
    (told,) = mailoutbox
    assert told.subject == "New sign-in · Equilibrium"
    assert "198.51.100.0/24" in told.body


def test_without_a_provider_mail_is_printed_with_its_code_and_kept_for_operators(
    owner, web, admin, post, settings, tmp_path, capfd
):
    settings.EMAIL_BACKEND, settings.MAIL_DIR = "accounts.letters.local_mail.LocalMail", tmp_path
    post("auth/request-otp", email=owner.email)
    printed = capfd.readouterr().out
    (digits,) = set(re.findall(r"^ +([0-9]{6})$", printed, re.M))
    page = web(admin).get("/staff/mail/").content.decode()
    assert digits in page
    assert owner.email in page
    settings.ENV = "prod"
    assert web(admin).get("/staff/mail/").status_code == 404


CODE_PAGES = {
    "/accounts/signup/": {"email": "new@example.org", "password1": PASSWORD, "password2": PASSWORD},
    "/accounts/login/code/": {"email": "owner@example.org"},
    "/accounts/password/reset/": {"email": "owner@example.org"},
    "/accounts/email/change/": {"new_email": "new@example.org"},
    "/accounts/reauthenticate/code/": {"action": "mail"},
}


@pytest.mark.parametrize("path", CODE_PAGES)
@pytest.mark.parametrize(
    ("env", "provider", "language", "said"),
    [
        ("local", "console", "en", "with <code>make run</code> in <code>up.log</code>"),
        ("local", "console", "uk", "з <code>make run</code> — у <code>up.log</code>"),
        ("local", "smtp", "en", ""),
        ("prod", "smtp", "en", ""),
        ("prod", "console", "en", ""),
    ],
)
def test_a_page_whose_mail_was_printed_says_where_it_is_and_no_other_does(
    web, owner, settings, path, env, provider, language, said
):
    settings.ENV, settings.LOCAL, settings.EMAIL_PROVIDER = env, env == "local", provider
    signed_in = "change" in path or "reauthenticate" in path
    browser = web(owner) if signed_in else web()
    browser.cookies["django_language"] = language
    page = browser.post(path, CODE_PAGES[path], follow=True)
    assert page.status_code == 200
    assert ("/staff/mail/" in page.content.decode()) == bool(said)
    assert said in page.content.decode()


def test_a_printed_mail_does_not_reach_the_log(
    owner, post, settings, tmp_path, caplog, capfd, monkeypatch
):
    """A worker turns whatever Python prints into log lines, but not the codes."""
    settings.EMAIL_BACKEND, settings.MAIL_DIR = "accounts.letters.local_mail.LocalMail", tmp_path
    monkeypatch.setattr("sys.stdout", LoggingProxy(logging.getLogger("celery.redirected")))
    print("something else")
    post("auth/request-otp", email=owner.email)
    (digits,) = set(re.findall(r"^ +([0-9]{6})$", capfd.readouterr().out, re.M))
    assert "something else" in caplog.text
    assert digits not in caplog.text


def test_fifty_mails_are_kept(owner, settings, tmp_path, capfd):
    settings.EMAIL_BACKEND, settings.MAIL_DIR = "accounts.letters.local_mail.LocalMail", tmp_path
    for _ in range(52):
        mail.send("welcome", owner)
    assert len(list(tmp_path.iterdir())) == 50


def test_without_mail_the_api_refuses_what_needs_it_whoever_asks(owner, post, settings):
    settings.EMAIL_PROVIDER = "none"
    new = {"email": "new@example.org", "password": "Quite-Long-Words-7"}
    answers = [post("auth/register", **new)] + [
        post(path, email=email)
        for path in ("auth/request-otp", "auth/password/reset", "auth/resend-verification")
        for email in (owner.email, "nobody@example.org")
    ]
    assert {(answer.status_code, answer.json()["error"]["code"]) for answer in answers} == {
        (503, "mail_unavailable")
    }
    assert not User.objects.filter(email=new["email"]).exists()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("path", ["signup/", "login/code/", "password/reset/", "confirm-email/"])
def test_without_mail_the_pages_that_need_it_say_so(owner, web, settings, mailoutbox, path, method):
    settings.EMAIL_PROVIDER = "none"
    page = getattr(web(), method)(f"/accounts/{path}", {"email": owner.email})
    assert page.status_code == 503
    assert "This installation sends no mail" in page.content.decode()
    assert (mailoutbox, MailLog.objects.count()) == ([], 0)


def test_without_mail_everything_else_goes_on(owner, post, settings, mailoutbox):
    """Notices are not kept for a day when there is mail."""
    settings.EMAIL_PROVIDER = "none"
    services.set_password(owner, "Another-Horse-8")
    assert post("auth/login", login="owner", password="Another-Horse-8").status_code == 200
    assert (mailoutbox, MailLog.objects.count()) == ([], 0)


@pytest.mark.parametrize("purpose", Purpose)
def test_a_letter_says_how_long_its_code_works(purpose):
    minutes = {5: "five minutes", 10: "ten minutes"}[purpose.life.total_seconds() / 60]
    assert minutes in str(LETTERS[f"code_{purpose}"].lines[0])


def test_the_same_letter_of_once_a_day_goes_again_the_day_after(owner, mailoutbox):
    now = timezone.now()
    for hours, sent in ((0, 1), (23, 1), (25, 2)):
        with time_machine.travel(now + timedelta(hours=hours), tick=False):
            mail.send("account_exists", owner)
        assert len(mailoutbox) == sent
    assert MailLog.objects.count() == 2
