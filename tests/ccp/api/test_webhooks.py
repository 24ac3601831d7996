"""Messages to course systems: what is told, how it is signed, what is tried again, and where nothing is sent."""

import json
import socket
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from django.core.management import call_command
from standardwebhooks import Webhook, WebhookVerificationError
from time_machine import TimeMachineFixture

from amtportal.members import vault
from amtportal.members.models import Member
from amtportal.refusals import Refused
from ccp.amt_credits import holding
from ccp.api import sending, webhooks
from ccp.api.models import CourseSystem, Event
from ccp.models import Activity, HeldCredit
from ccp.recording import verbs as recording
from tests.support.builders import TODAY, make_cycle, make_member, make_user, noon, set_terms
from tests.support.course_systems import Course, credit

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today")]


class Receiver:
    """A server on this machine that takes messages, and answers as it is told."""

    def __init__(self) -> None:
        self.taken: list[tuple[dict[str, str], str]] = []
        self.answers: list[int] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"])).decode()
                receiver.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 204)
                self.send_header("Location", "http://127.0.0.1:1/")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/amt?x=1"
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    settings.API_WEBHOOKS_INSIDE = True
    found = Receiver()
    yield found
    found.server.shutdown()
    found.server.server_close()


@pytest.fixture
def course(receiver: Receiver) -> Course:
    course = Course("credits:write")
    course.webhook_secret = webhooks.set_address(  # type: ignore[attr-defined]
        system=course.system, url=receiver.url, by=make_user(), at=noon(TODAY)
    )
    return course


def kinds() -> list[str]:
    return list(Event.objects.order_by("pk").values_list("kind", flat=True))


def deliver(course: Course) -> int:
    return webhooks.send_due(course.system.pk)


# What is told


def test_a_message_is_signed_so_that_the_library_verifies_it(
    course: Any, receiver: Receiver, new: Member, on_today: TimeMachineFixture
) -> None:
    sent = credit(new)
    course.post("credits", sent)
    assert deliver(course) == 1
    [(headers, body)] = receiver.taken
    told = Webhook(course.webhook_secret).verify(body, headers)
    assert (told["type"], told["data"]["reference"]) == ("credit.recorded", sent["reference"])
    assert told["data"] == course.get(f"credits/{sent['reference']}").json()
    assert new.amt_id not in body
    assert new.last_name not in body
    assert headers["webhook-id"].startswith("msg_")
    with pytest.raises(WebhookVerificationError):
        Webhook(course.webhook_secret).verify(body.replace("recorded", "held"), headers)
    assert Event.objects.get().state == "sent"


def test_each_thing_that_happens_to_a_credit_is_told(course: Course, new: Member) -> None:
    course.post("credits", credit(new))
    entry = Activity.objects.get()
    staff = make_user(is_staff=True)
    recording.void(activity=entry, reason="Twice.", by=staff, at=noon(TODAY))
    assert kinds() == ["credit.recorded", "credit.voided"]
    recording.take_back_void(activity=entry, reason="It was right.", by=make_user(is_staff=True), at=noon(TODAY))
    assert kinds()[2:] == ["credit.restored", "credit.counted"]
    told = json.loads(Event.objects.get(kind="credit.voided").body)["data"]
    assert (told["status"], told["points"]) == ("voided", "5")


def test_a_held_credit_that_is_recorded_later_or_refused_is_told(course: Course) -> None:
    member = make_member(last_name="Maiden")
    make_cycle(member)
    course.post("credits", credit(member, last_name="Married"))
    course.post("credits", credit(member, last_name="Nobody"))
    member.last_name = "Married"
    member.save()
    holding.match(by=None, at=noon(TODAY))
    HeldCredit.objects.get(activity=None).delete()
    assert kinds() == ["credit.held", "credit.held", "credit.matched", "credit.refused"]
    assert json.loads(Event.objects.get(kind="credit.matched").body)["data"]["status"] == "recorded"


def test_it_is_told_when_an_entry_counts_for_other_points(course: Course, new: Member) -> None:
    """Under a cap of 6 points, 4 of 5 count behind 2 of an earlier day; all 5 when those are void."""
    set_terms("course-seminar-webinar", cap=6)
    course.post("credits", credit(new, points="2", starts_on="2026-02-01"))
    course.post("credits", credit(new, points="5", starts_on="2026-03-01"))
    first = Activity.objects.get(points=2)
    recording.void(activity=first, reason="Twice.", by=make_user(is_staff=True), at=noon(TODAY))
    assert kinds() == ["credit.recorded", "credit.recorded", "credit.voided", "credit.counted"]
    assert json.loads(Event.objects.get(kind="credit.counted").body)["data"]["counted"] == [
        {"credential": "RMA", "points": "5"}
    ]


def test_nothing_is_told_of_what_others_record(course: Course, met: Member) -> None:
    entry = met.activities.get()
    recording.withdraw(activity=entry, by=met.user, at=noon(TODAY))
    assert kinds() == []


def test_without_an_address_nothing_is_stored(new: Member) -> None:
    Course("credits:write").post("credits", credit(new))
    assert kinds() == []


# Trying again


def test_a_message_that_is_not_taken_comes_again_with_its_number(
    course: Course, receiver: Receiver, new: Member, on_today: TimeMachineFixture
) -> None:
    course.post("credits", credit(new))
    receiver.answers = [500, 302, 200]
    for pause in webhooks.PAUSES[:2]:
        assert deliver(course) == 0
        assert deliver(course) == 0  # it is not due
        on_today.shift(pause)
    assert deliver(course) == 1
    assert len({headers["webhook-id"] for headers, _ in receiver.taken}) == 1
    assert len(receiver.taken) == 3
    event = Event.objects.get()
    assert (event.tries, event.problem, event.due_at) == (3, "", None)


def test_after_a_failure_the_others_wait_too(
    course: Course, receiver: Receiver, new: Member, on_today: TimeMachineFixture
) -> None:
    for _ in range(3):
        course.post("credits", credit(new))
    receiver.answers = [500]
    assert deliver(course) == 0
    assert deliver(course) == 0
    assert len(receiver.taken) == 1
    on_today.shift(webhooks.PAUSES[0])
    assert deliver(course) == 3


def test_it_is_given_up_after_three_days_and_staff_can_send_it_again(
    course: Course, receiver: Receiver, new: Member, on_today: TimeMachineFixture
) -> None:
    course.post("credits", credit(new))
    receiver.server.shutdown()
    receiver.server.server_close()
    for _ in range(20):
        deliver(course)
        event = Event.objects.get()
        if event.given_up_at:
            break
        assert event.due_at
        on_today.move_to(event.due_at)
    assert (event.state, event.problem) == ("given up", "It could not be reached: ConnectionRefusedError.")
    assert webhooks.GIVEN_UP_AFTER <= event.given_up_at - event.created_at < timedelta(days=4)
    assert webhooks.send_again(event=event, by=make_user(is_staff=True), at=event.given_up_at)
    event.refresh_from_db()
    assert (event.state, event.tries) == ("waits", 0)
    assert not webhooks.send_again(event=event, by=make_user(is_staff=True), at=noon(TODAY))


def test_two_workers_do_not_send_the_same(course: Course, receiver: Receiver, new: Member) -> None:
    course.post("credits", credit(new))
    CourseSystem.objects.update(sending_until=noon(TODAY) + timedelta(minutes=1))
    assert deliver(course) == 0
    CourseSystem.objects.update(sending_until=noon(TODAY))  # a worker that was killed
    assert deliver(course) == 1


def test_the_command_sends_what_a_worker_left(
    course: Course, receiver: Receiver, new: Member, capsys: pytest.CaptureFixture[str]
) -> None:
    course.post("credits", credit(new))
    call_command("send_webhooks")
    assert capsys.readouterr().out == "1 messages sent. 0 tokens and 0 kept answers removed.\n"


# Secrets


def test_after_a_rotation_both_secrets_verify_for_a_week(
    course: Any, receiver: Receiver, new: Member, on_today: TimeMachineFixture
) -> None:
    later = webhooks.rotate(system=course.system, by=make_user(), at=noon(TODAY))
    course.post("credits", credit(new))
    deliver(course)
    headers, body = receiver.taken[0]
    for secret in (course.webhook_secret, later):
        Webhook(secret).verify(body, headers)
    on_today.shift(webhooks.OVERLAP)
    Event.objects.update(due_at=noon(TODAY), sent_at=None)
    deliver(course)
    headers, body = receiver.taken[1]
    Webhook(later).verify(body, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(course.webhook_secret).verify(body, headers)


def test_a_secret_is_stored_encrypted_and_in_no_history(course: Any) -> None:
    system = CourseSystem.objects.get()
    assert course.webhook_secret not in system.webhook_secret
    assert vault.decrypt(system.webhook_secret) == course.webhook_secret
    assert "webhook_secret" not in [field.name for field in CourseSystem.history.model._meta.fields]


def test_a_secret_is_encrypted_again_with_a_new_key(
    course: Any, settings: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    settings.MFA_KEYS = ["n" * 40, *settings.MFA_KEYS]
    call_command("renew_encryption")
    settings.MFA_KEYS = settings.MFA_KEYS[:1]
    assert vault.decrypt(CourseSystem.objects.get().webhook_secret) == course.webhook_secret


# Where nothing is sent


@pytest.mark.parametrize(
    "url",
    [
        "http://courses.example.org/amt",
        "ftp://courses.example.org/",
        "https://",
        "https://user:secret@courses.example.org/",
        "https://courses.example.org:0/",
        "https://courses.example.org:99999/",
        "https://127.0.0.1/",
        "https://10.0.0.7/",
        "https://169.254.169.254/latest/",
        "https://[::1]/",
        "https://[::ffff:10.0.0.7]/",
        "https://[64:ff9b::a00:7]/",
        "https://0.0.0.0/",
        "https://courses.example.org/ü",
        "https://courses.example.org/\r\nHost: x",
    ],
)
def test_an_address_inside_the_network_is_refused(url: str) -> None:
    course = Course("credits:write")
    with pytest.raises(Refused):
        webhooks.set_address(system=course.system, url=url, by=make_user(), at=noon(TODAY))


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "::1", "fd00::1", "224.0.0.1"]
)
def test_a_name_that_leads_inside_is_not_connected_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One public address beside it makes no difference."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("93.184.216.34", address)]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: found)
    monkeypatch.setattr(socket, "create_connection", lambda *args, **kwargs: pytest.fail("it was connected to"))
    problem = sending.post("https://courses.example.org/amt", b"{}", {})
    assert problem == "Its name leads to an address that is not on the public internet."


def test_the_connection_goes_to_the_address_that_was_looked_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second look-up could find another address."""
    public = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", 443))]
    asked: list[Any] = []

    def connect(where: Any, *args: Any, **kwargs: Any) -> socket.socket:
        asked.append(where)
        raise TimeoutError

    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **kwargs: public)
    monkeypatch.setattr(socket, "create_connection", connect)
    assert sending.post("https://courses.example.org/amt", b"{}", {}) == "It could not be reached: TimeoutError."
    assert asked == [("93.184.216.34", 443)]


def test_without_an_address_what_waits_is_given_up(course: Course, new: Member) -> None:
    course.post("credits", credit(new))
    webhooks.set_address(system=course.system, url="", by=make_user(), at=noon(TODAY))
    event = Event.objects.get()
    assert (event.state, event.problem) == ("given up", "The address was removed.")
    with pytest.raises(Refused):
        webhooks.send_again(event=event, by=make_user(), at=noon(TODAY))
