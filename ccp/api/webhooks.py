"""What course systems are told about their credits, by messages to an address of theirs.

- A message is stored in the transaction of what it tells, and the worker sends it afterwards. Each
  has a number of its own (``webhook-id``): a message may come twice, and its receiver tells by that.
- It is signed as https://www.standardwebhooks.com describes, with the secret of the course system.
  After a rotation, for ``OVERLAP``, with the earlier secret too.
- Whatever is no answer of 2xx is tried again, after longer and longer pauses, and given up after
  ``GIVEN_UP_AFTER``. Staff can send each message again.
- One worker at a time sends to a course system, what is due first. After a failure nothing is sent
  to it for a minute, so that a system that is down is not asked for each message that waits.
"""

import base64
import json
import secrets
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django_tasks import task
from standardwebhooks import Webhook

from amtportal.chunks import CHUNK
from amtportal.history.lines import sign
from amtportal.members import vault
from amtportal.members.models import User
from amtportal.refusals import Refused
from ccp.api import sending
from ccp.api.models import CourseSystem, Delivery, Event, EventKind, EventRepeat
from ccp.api.states import describe

PAUSES = [timedelta(minutes=minutes) for minutes in (1, 5, 30, 120, 360, 720)]
"""After the first failure, the second, and so on; the last one then stays."""
GIVEN_UP_AFTER = timedelta(days=3)
OVERLAP = timedelta(days=7)
LEASE = timedelta(minutes=5)
MOST_AT_ONCE = 200
"""How many messages one run sends, so that other work gets its turn."""
NEW_KINDS = {"recorded": EventKind.RECORDED, "held": EventKind.HELD}


def note_new(system: CourseSystem, told: Collection[Mapping[str, Any]], *, at: datetime) -> None:
    """Note a message for each credit that was just taken. ``told``: what became of each."""
    _note(system, [(NEW_KINDS[one["status"]], one) for one in told if one["status"] in NEW_KINDS], at)


def note(kind: EventKind, references: Collection[str], *, at: datetime) -> None:
    """Note what happened to the credits with these references on record, of whichever course systems."""
    deliveries: dict[str, Delivery] = {
        delivery.provider_reference: delivery
        for delivery in Delivery.objects.filter(provider_reference__in=references)
        .select_related("system")
        .order_by("pk")
    }
    told = describe(list(deliveries.values()))
    by_system: dict[CourseSystem, list[tuple[EventKind, Mapping[str, Any]]]] = {}
    for reference, delivery in deliveries.items():
        by_system.setdefault(delivery.system, []).append((kind, told[reference]))
    for system, happened in by_system.items():
        _note(system, happened, at)


def _note(system: CourseSystem, happened: Sequence[tuple[EventKind, Mapping[str, Any]]], at: datetime) -> None:
    if not system.webhook_url or not happened:
        return
    events = [
        Event(
            system=system,
            kind=kind,
            reference=told["reference"],
            body=json.dumps({"type": kind.value, "timestamp": at.isoformat(), "data": told}),
            created_at=at,
            due_at=at,
        )
        for kind, told in happened
    ]
    Event.objects.bulk_create(events, batch_size=CHUNK)
    send_events.enqueue(system.pk)


@transaction.atomic
def set_address(*, system: CourseSystem, url: str, by: User, at: datetime) -> str:
    """Send messages to this address from now on; none if it is empty. Raises ``Refused``.

    Return a new secret if there was none, else an empty text.
    """
    system = CourseSystem.objects.select_for_update(no_key=True).get(pk=system.pk)
    url = url.strip()
    if problem := sending.problem_with_address(url) if url else "":
        raise Refused(problem, "url")
    secret = ""
    if url and not system.webhook_secret:
        secret = _new_secret()
        system.webhook_secret = vault.encrypt(secret)
    system.webhook_url, system.sending_until = url, None
    sign(system, by=by, at=at)
    system.save(update_fields=["webhook_url", "webhook_secret", "sending_until"])
    if not url:
        waiting = Event.objects.filter(system=system, due_at__isnull=False)
        waiting.update(due_at=None, given_up_at=at, problem="The address was removed.")
    return secret


@transaction.atomic
def rotate(*, system: CourseSystem, by: User, at: datetime) -> str:
    """Return a new secret. For ``OVERLAP``, messages are signed with the earlier one too."""
    system = CourseSystem.objects.select_for_update(no_key=True).get(pk=system.pk)
    secret = _new_secret()
    system.earlier_secret, system.webhook_secret = system.webhook_secret, vault.encrypt(secret)
    system.earlier_secret_until = at + OVERLAP if system.earlier_secret else None
    sign(system, by=by, at=at, reason="New secret for messages")
    system.save(update_fields=["webhook_secret", "earlier_secret", "earlier_secret_until"])
    return secret


def _new_secret() -> str:
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode()


@transaction.atomic
def send_again(*, event: Event, by: User, at: datetime) -> bool:
    """Have a message sent again that was sent or given up. Return whether that is a change. Raises ``Refused``."""
    event = Event.objects.select_for_update(of=("self",)).select_related("system").get(pk=event.pk)
    if event.due_at:
        return False
    if not event.system.webhook_url:
        raise Refused(f"{event.system} has no address for messages. Set it first.")
    event.due_at, event.tries = at, 0
    event.sent_at = event.given_up_at = None
    event.problem = ""
    event.save(update_fields=["due_at", "tries", "sent_at", "given_up_at", "problem"])
    CourseSystem.objects.filter(pk=event.system_id).update(sending_until=None)
    EventRepeat.objects.create(event=event, asked_by=by, asked_at=at)
    send_events.enqueue(event.system_id)
    return True


@task()
def send_events(key: int) -> None:
    """Send what is due to a course system."""
    send_due(key)


def resume() -> None:
    """Have every message that waits sent. A worker calls this when it starts: one that was killed left some."""
    for key in sorted(_waiting()):
        send_events.enqueue(key)


def send_all_due() -> int:
    """Send what is due to every course system, and return how many messages were sent."""
    return sum(send_due(key) for key in sorted(_waiting()))


def _waiting() -> set[int]:
    """Return the keys of the course systems for which messages wait."""
    return set(Event.objects.filter(due_at__isnull=False).order_by().values_list("system", flat=True).distinct())


def send_due(key: int) -> int:
    """Send the messages that are due to a course system until one fails, and return how many were sent."""
    now = timezone.now()
    systems = CourseSystem.objects.filter(pk=key)
    free = Q(sending_until=None) | Q(sending_until__lte=now)
    if not systems.filter(free).update(sending_until=now + LEASE):
        return 0  # another worker sends to it
    sent, rests_until = 0, None
    try:
        while sent < MOST_AT_ONCE and (event := _next_due(key)):
            if not _send(event):
                rests_until = timezone.now() + PAUSES[0]
                break
            sent += 1
    finally:
        systems.update(sending_until=rests_until)
    following = Event.objects.filter(system=key, due_at__isnull=False).order_by("due_at").first()
    if following and following.due_at:
        wait = max(filter(None, [following.due_at, rests_until]))
        send_events.using(run_after=wait if wait > timezone.now() else None).enqueue(key)
    return sent


def _next_due(key: int) -> Event | None:
    due = Event.objects.select_related("system").filter(system=key, due_at__lte=timezone.now())
    return due.order_by("due_at", "pk").first()


def _send(event: Event) -> bool:
    """Send a message, and note what came of it. Return whether it was taken."""
    at = timezone.now()
    system = event.system
    if not system.webhook_url:
        event.due_at, event.given_up_at, event.problem = None, at, "The address was removed."
        event.save(update_fields=["due_at", "given_up_at", "problem"])
        return True
    problem = sending.post(system.webhook_url, event.body.encode(), _headers(event, at))
    event.tries += 1
    event.problem = problem[:200]
    if not problem:
        event.due_at, event.sent_at = None, at
    elif at - event.created_at >= GIVEN_UP_AFTER and event.tries > 1:
        event.due_at, event.given_up_at = None, at
    else:
        event.due_at = at + PAUSES[min(event.tries, len(PAUSES)) - 1]
    event.save(update_fields=["tries", "problem", "due_at", "sent_at", "given_up_at"])
    return not problem


def _headers(event: Event, at: datetime) -> dict[str, str]:
    system = event.system
    kept = [system.webhook_secret]
    if system.earlier_secret and system.earlier_secret_until and at < system.earlier_secret_until:
        kept.append(system.earlier_secret)
    signatures = [Webhook(vault.decrypt(secret)).sign(event.message_id, at, event.body) for secret in kept]
    return {
        "Content-Type": "application/json",
        "User-Agent": "AMT-Portal",
        "webhook-id": event.message_id,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
