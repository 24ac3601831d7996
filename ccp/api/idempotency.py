"""``Idempotency-Key``: a request that is sent again gets the same answer, and is done only once.

- The key is the course system's own, for one request. The same key with the same request gets the
  stored answer; with another request it is refused.
- Answers are kept for ``KEPT``. A request that was refused leaves nothing, so that it can be
  corrected and sent again under its key.
- Spaces and the order of the fields make no difference between two bodies.
"""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db import transaction

from ccp.api.models import CourseSystem, KeptAnswer, Key
from ccp.api.problems import ProblemError

KEPT = timedelta(days=7)
LONGEST = 255


@dataclass(frozen=True)
class Answer:
    """The status and the JSON of an answer. ``is_repeat``: it is that of an earlier request."""

    status: int
    body: dict[str, Any]
    is_repeat: bool = False


def once(*, key: Key, number: str, address: str, body: Any, act: Callable[[], Answer], at: datetime) -> Answer:
    """Do what was asked for, or return the answer that the same request got before.

    ``number``: the ``Idempotency-Key`` of the request; empty if it has none. Raises ``ProblemError``.
    """
    if not number:
        return act()
    if len(number) > LONGEST or not (number.isascii() and number.isprintable()):
        raise ProblemError("refused", f"Write the Idempotency-Key with at most {LONGEST} letters, digits and signs.")
    digest, body_digest = _digest(number), _digest(f"{address}\n{json.dumps(body, sort_keys=True, default=_written)}")
    with transaction.atomic():
        system = CourseSystem.objects.select_for_update(no_key=True).get(pk=key.system_id)
        kept = KeptAnswer.objects.filter(system=system, digest=digest).first()
        if kept and kept.until > at:
            if kept.body_digest != body_digest:
                raise ProblemError(
                    "conflict",
                    "This Idempotency-Key was used for another request. Use a new key for each request, and the same "
                    "key only to send the same request again.",
                )
            return Answer(kept.status, kept.body, is_repeat=True)
        answer = act()
        values = {"body_digest": body_digest, "status": answer.status, "body": answer.body, "until": at + KEPT}
        KeptAnswer.objects.update_or_create(system=system, digest=digest, defaults=values)
    return answer


def forget(*, at: datetime) -> int:
    """Remove the answers that are kept no longer, and return how many."""
    return KeptAnswer.objects.filter(until__lte=at).delete()[0]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _written(value: Any) -> str:
    assert isinstance(value, Decimal)
    return str(value)
