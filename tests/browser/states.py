"""Every page that members see, in its states: empty, filled, with an error, with unbreakable names.

``every_page`` opens one page after another. It needs two members: one without a second factor, and
one with all of them.
"""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from allauth.mfa.models import Authenticator
from django.utils import timezone
from playwright.sync_api import Page

from amtportal.dates import today
from amtportal.members.models import Member, User
from amtportal.members.sign_in import addresses
from ccp.models.transcripts import PaperKind
from ccp.notices import preferences
from ccp.notices.models import MailState, NoticeKind, NoticeMail
from ccp.sharing import links
from ccp.transcripts import contents as transcripts
from ccp.transcripts import issuing, papers
from certifications.validity import of_certifications
from tests.browser import acts
from tests.support.audits import case_on_record, letter_on_record
from tests.support.builders import (
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_member,
)
from tests.support.draws import draw_with
from tests.support.evidence import attach
from tests.support.factors import make_careful
from tests.support.notices import make_mail

LONG_ADDRESS = f"{'w' * 60}@example.org"
Window = Callable[..., Page]
PUBLIC = [
    "/",
    "/accounts/login/",
    "/accounts/activate/",
    "/accounts/activate/done/",
    "/accounts/password/reset/",
    "/accounts/password/reset/done/",
    "/accounts/password/reset/key/1-abc/",
    "/accounts/confirm-email/abc/",
    "/accounts/inactive/",
    "/accounts/signup/",
    "/qualifying-activities/",
    "/qualifying-activities/?type=self-study&quantity=3",
    "/qualifying-activities/?type=&quantity=x",
    "/guide/",
    "/guide/tutorial/",
    "/verify/",
    "/verify/?code=7KQ2",
    "/verify/0000000000000000/",
    "/help/question/",
    "/help/question/sent/",
    "/credentials/",
    "/share/x/",
    "/audits/draws/",
    "/notices/stop/x/",
]


def of_member(member: Member) -> list[str]:
    """Open the pages of a member without a second factor.

    The member's titles and files have names without a place to break.
    """
    cycle = cycle_of(member)
    long = make_activity(
        cycle,
        points="1",
        title="W" * 200,
        provider="x" * 200,
        starts_on=today() - timedelta(days=9),
        at=timezone.now(),
    )
    make_activity(cycle, points="1", title="W" * 200, starts_on=today() - timedelta(days=9), at=timezone.now())
    from_amt = make_amt_credit(cycle, points="1", starts_on=today() - timedelta(days=8), at=timezone.now())
    entry = member.activities.order_by("pk")[0]
    member.user.refresh_from_db()
    draw = draw_with(member)
    audit = letter_on_record(case_on_record(cycle)).case_id
    file = attach(long, name=f"{'W' * 120}.png")
    return [
        "/",
        "/certifications/",
        "/ccp/record/",
        "/ccp/activities/",
        "/ccp/activities/?sort=title&state=standing",
        "/ccp/activities/?category=formal-education",
        f"/ccp/activities/{long.pk}/",
        f"/ccp/activities/{entry.pk}/amend/",
        f"/ccp/activities/{long.pk}/withdraw/",
        f"/ccp/activities/{long.pk}/difference/",
        f"/ccp/activities/{long.pk}/evidence/",
        f"/ccp/evidence/{file.pk}/remove/",
        f"/ccp/activities/{from_amt.pk}/",
        f"/ccp/activities/{from_amt.pk}/report/",
        "/audits/check/",
        "/audits/",
        f"/audits/{audit}/",
        f"/audits/{audit}/entries/{long.pk}/files/",
        f"/audits/{audit}/entries/{long.pk}/missing/",
        f"/audits/{audit}/message/",
        f"/audits/{audit}/extension/",
        f"/audits/draws/{draw.year}/",
        f"/audits/draws/{draw.year}/mine/",
        f"/ccp/transcript/{cycle.pk}/",
        "/ccp/transcript/all/",
        f"/verify/{_issued_before(member)}/",
        "/calendar/",
        "/account/card/",
        f"/account/letter/{cycle.certification_id}/",
        f"/ccp/completion/{cycle.pk}.pdf",
        f"/verify/{_card(member)}/",
        "/account/details/",
        "/account/details/name/",
        "/account/my-data/",
        "/account/sharing/",
        *_shared(member),
        "/account/notices/",
        f"/account/notices/{_mailed(member).pk}/",
        f"/notices/stop/{preferences.token(member, NoticeKind.MONTHLY_SUMMARY)}/",
        f"/notices/stop/{preferences.token(_without_monthly(), NoticeKind.MONTHLY_SUMMARY)}/",
        "/invoices/",
        f"/invoices/{invoice_of(cycle, 1).pk}/",
        f"/invoices/{invoice_of(cycle, 3).pk}/",
        f"/invoices/{invoice_of(cycle, 3).pk}.pdf",
        "/accounts/password/change/",
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/",
        "/accounts/2fa/totp/activate/",
        "/accounts/2fa/webauthn/add/",
        "/accounts/sessions/",
        "/accounts/email/",
        "/accounts/email/x/",
        f"/accounts/email/{addresses.token(member.user, LONG_ADDRESS)}/",
        "/accounts/reauthenticate/",
        "/accounts/logout/",
        "/nothing/here/",
    ]


def _issued_before(member: Member) -> str:
    """Return the code of a transcript that was issued before the record changed."""
    cycle = cycle_of(member)
    issue = issuing.issue(contents=transcripts.of_cycle(cycle), by=member.user, at=timezone.now())
    make_activity(cycle, points="1", starts_on=today() - timedelta(days=7), at=timezone.now())
    return issue.code


def _card(member: Member) -> str:
    """Return the code of a card that was issued before the name changed."""
    [validity] = of_certifications([cycle_of(member).certification], today())
    record = papers.of_standing(PaperKind.CARD, validity)
    earlier = replace(record, snapshot=record.snapshot | {"name": "W" * 60})
    return papers.issue(earlier, by=member.user, at=timezone.now()).code


def _shared(member: Member) -> list[str]:
    """Return the member's page again, with links that work and that do not, and what the links show."""
    now = timezone.now()
    given: dict[str, Any] = {"until": today(), "by": member.user, "at": now}
    standing = links.create(member=member, scope="standing", label="W" * 80, **given)
    transcript = links.create(member=member, scope="transcript", **given)
    links.count_opening(standing, at=now)
    over = links.create(member=member, scope="standing", label="for Mercy Hospital", **given)
    links.revoke(member=member, link=over.pk, by=member.user, at=now)
    return ["/account/sharing/#links", *(urlsplit(links.address(link)).path for link in (standing, transcript))]


def _mailed(member: Member) -> NoticeMail:
    """Return a mail with an address that has no place to break, after one of each other state."""
    for place, state in enumerate([MailState.DROPPED, MailState.UNDELIVERABLE, MailState.WAITING], start=1):
        make_mail(member, on=today() - timedelta(days=place), state=state)
    text = f"Hello,\n\n2 points to go:\nhttps://portal.example.org/{'w' * 200}/\n"
    return make_mail(member, on=today(), text=text, address=LONG_ADDRESS)


def _without_monthly() -> Member:
    """Return another member, who switched the monthly summary off."""
    other = make_member()
    preferences.choose(member=other, language="", wanted=[], by=other.user, at=timezone.now())
    return other


def of_careful(careful: Member) -> list[str]:
    passkey = Authenticator.objects.filter(user=careful.user, type=Authenticator.Type.WEBAUTHN).latest("pk")
    return [
        "/accounts/2fa/",
        "/accounts/2fa/webauthn/",
        f"/accounts/2fa/webauthn/keys/{passkey.pk}/edit/",
        f"/accounts/2fa/webauthn/keys/{passkey.pk}/remove/",
        "/accounts/2fa/totp/deactivate/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/2fa/recovery-codes/generate/",
        "/accounts/2fa/reauthenticate/",
        "/accounts/2fa/webauthn/reauthenticate/",
        "/accounts/sessions/",
    ]


def every_page(window: Window, member: Member, **look: Any) -> Iterator[tuple[str, Page]]:
    """Yield each page once it is open, with a name, in windows that look like this."""
    careful = make_careful()
    # Mail to this one comes back, which every page says.
    User.objects.filter(pk=careful.user_id).update(bouncing_email=careful.user.email)
    for name, person, listed, states in (
        ("nobody", None, PUBLIC, acts.SIGNED_OUT),
        ("member", member, of_member(member), acts.OF_MEMBER),
        ("careful", careful, of_careful(careful), acts.OF_CAREFUL),
    ):
        page = window(person, **look)
        for address in listed:
            acts.opened(page, address)
            yield f"{name}: {address}", page
        for state, act in states.items():
            act(page)
            yield f"{name}: {state}", page
