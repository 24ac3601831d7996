"""Questions to AMT: asked on a page of the portal, mailed to the office, and answered by staff.

- Somebody who is signed in asks as that account: the answer goes to its address, and the AMT ID is
  attached. Somebody who is signed out types an address.
- The office gets a mail with each question. So does whoever is signed in, as a confirmation. To an
  address that was only typed, nothing goes but an answer that staff wrote: nobody can use the
  portal to write to strangers.
- The page from which the question was asked is attached, without what is secret in its address.
- Staff write the answer, which is mailed, or note that the question was answered elsewhere.
"""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import get_connection
from django.db import transaction
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from amtportal import links
from amtportal.history.lines import sign
from amtportal.logs import without_secrets
from amtportal.members.mail.layout import Button, Content, Mail, Part, compose
from amtportal.members.models import MailPriority, Member, Question, User
from amtportal.refusals import Refused

MOST = 2000
MOST_OF_PAGE = 200
MAY_ANSWER = "members.answer_question"


def page_of(address: str) -> str:
    """Return the page of the portal that an address names; empty if it is none.

    Secrets in it are left out, and so is what follows the path: what somebody searched for is no
    part of the question.
    """
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    if not address.isprintable():
        return ""
    if parts.netloc and parts.hostname != links.host():
        return ""
    path = without_secrets(parts.path)
    return path[:MOST_OF_PAGE] if path.startswith("/") else ""


@transaction.atomic
def ask(*, user: User | None, email: str, text: str, page: str, language: str, at: datetime) -> Question:
    """Keep the question and mail it. The same question, sent again while it waits, is returned as it is."""
    if user is not None:
        email = user.email
    again = Question.objects.filter(user=user, email=email, text=text, answered_at=None).first()
    if again:
        return again
    member = Member.objects.filter(user=user).first() if user else None
    question = Question(
        user=user,
        email=email,
        amt_id=member.amt_id if member else "",
        page=page,
        text=text,
        language=language,
        asked_at=at,
    )
    sign(question, by=user, at=at)
    question.save()
    with translation.override("en"):
        content = to_office(question, name=member.name if member else "")
    mails = [compose(content, to=settings.OFFICE_EMAIL, language="en", priority=MailPriority.ACCOUNT)]
    if user is not None:
        mails.append(_to_asker(question, confirmed))
    get_connection().send_messages(mails)
    return question


@transaction.atomic
def answer(*, question: Question, answer: str, by: User, at: datetime) -> Question:
    """Mail the answer, or note that there was one elsewhere if it is empty. Raises ``Refused`` if it is answered."""
    present = Question.objects.select_for_update(of=["self"]).get(pk=question.pk)
    if present.answered_at is not None:
        raise Refused(f"{present.answered_by} has answered this question in the meantime.")
    present.answer, present.answered_at, present.answered_by = answer.strip(), at, by
    sign(present, by=by, at=at)
    present.save(update_fields=["answer", "answered_at", "answered_by"])
    if present.answer:
        get_connection().send_messages([_to_asker(present, answered)])
    return present


def _to_asker(question: Question, says: Callable[[Question], Content]) -> Mail:
    """Return mail to whoever asked, in the language in which they asked."""
    with translation.override(question.language):
        content = says(question)
    return compose(content, to=question.email, language=question.language, priority=MailPriority.ACCOUNT)


def to_office(question: Question, *, name: str) -> Content:
    """Return the mail that tells the office. It is English, as all staff pages are."""
    who = [("From", f"{name} <{question.email}>" if name else question.email)]
    if question.amt_id:
        who.append(("AMT ID", question.amt_id))
    if not question.user:
        who.append(("Signed in", "No: the address is as typed, and nobody proved it"))
    if question.page:
        who.append(("Page", question.page))
    page = links.absolute(reverse("admin:members_question_change", args=[question.pk]))
    return Content(
        subject=f"Question {question.pk} from the portal",
        parts=[Part(sentences=question.text.splitlines(), facts=who, button=Button("Answer it", page))],
        why="You get this mail because questions that are asked in My AMT Portal go to this address.",
    )


def confirmed(question: Question) -> Content:
    return Content(
        subject=_("AMT has your question"),
        parts=[
            Part(sentences=[_("Thank you. The AMT office has your question and answers it by mail.")]),
            Part(heading=_("Your question"), sentences=question.text.splitlines()),
        ],
        why=_why(),
    )


def answered(question: Question) -> Content:
    return Content(
        subject=_("AMT’s answer to your question"),
        parts=[
            Part(sentences=question.answer.splitlines()),
            Part(heading=_("Your question"), sentences=question.text.splitlines()),
        ],
        why=_why(),
    )


def _why() -> str:
    return _("You get this mail because somebody, probably you, asked AMT a question in My AMT Portal.")
