"""Staff explain what nobody can put right: a day of the book that differs, or a refund that failed.

What is explained does not wait for anybody any more. A day waits again once it differs in another way.
"""

from datetime import datetime

from django.db import transaction

from amtportal.history.lines import sign
from amtportal.members.models import User
from amtportal.refusals import Refused
from certifications.payments import refunds
from certifications.payments.models import Refund, Settlement

Explainable = Settlement | Refund


def why_not_explainable(record: Explainable) -> str:
    """Return why there is nothing to explain, as a sentence for staff; empty if there is."""
    if record.explanation:
        return f"This was explained already: {record.explanation}"
    if isinstance(record, Settlement):
        return "" if record.differences else "The book and the records of this day agree: there is nothing to explain."
    if refunds.without_money().filter(pk=record.pk).exists():
        return ""
    return "Only the refund of a payment that failed, and that no other refund made up for, can be explained."


@transaction.atomic
def explain(*, record: Explainable, explanation: str, by: User, at: datetime) -> None:
    """Note why nothing is to be done about the record. Raises ``Refused`` with a sentence for staff."""
    record = type(record)._default_manager.select_for_update().get(pk=record.pk)
    if problem := why_not_explainable(record):
        raise Refused(problem)
    if not explanation.strip():
        raise Refused("Say why nothing is to be done.", "reason")
    record.explanation, record.explained_at, record.explained_by = explanation.strip()[:300], at, by
    sign(record, by=by, at=at)
    record.save()
