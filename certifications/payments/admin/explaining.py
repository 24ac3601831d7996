"""The page on which staff say why nothing is to be done about money: unapplied, refunded in vain, or of a day."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest
from django.utils import timezone

from amtportal.members.access import account_of
from amtportal.refusals import Refused
from amtportal.staff.actions import ActionPage, AlreadyDone
from amtportal.staff.forms import ReadBy, ReasonForm
from certifications.payments.models import Refund, Settlement, UnappliedMoney

RESOLVE = "payments.resolve_unappliedmoney"


def explain_page(
    request: HttpRequest,
    record: UnappliedMoney | Refund | Settlement,
    *,
    noun: str,
    what: str,
    facts: list[tuple[str, object]],
    warning: str,
    verb: Callable[..., object],
) -> ActionPage:
    """Return the page that asks for the explanation, and calls ``verb`` with it. ``what`` names the record."""

    def act(typed: dict[str, Any]) -> str:
        explanation = typed["reason"]
        try:
            verb(explanation=explanation, by=account_of(request), at=timezone.now())
        except Refused:
            if type(record)._default_manager.filter(pk=record.pk, explanation=explanation).exists():
                raise AlreadyDone(f"The {noun} is explained, once.") from None
            raise
        return f"Explained {what}: {explanation}"

    return ActionPage(
        title=f"Explain {what}",
        button="Explain",
        form=ReasonForm(request.POST or None, read_by=ReadBy.STAFF, help_text="Why nothing is to be done about it."),
        facts=facts,
        warning=warning,
        act=act,
    )
