"""Every page in Spanish.

No text of three words or more is the same as in English, except names and what people typed.
"""

from datetime import date, timedelta

import pytest
from allauth.mfa.models import Authenticator
from django.test import Client
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.amt_credits import error_reports
from ccp.audits.models import AuditCase
from ccp.notices import preferences
from ccp.notices.models import OPTIONAL, MailState, NoticeKind
from ccp.recording import verbs as recording
from ccp.standing import calendar
from certifications import life
from tests.support.audits import CAUSE, LOST, OPENED, SAID, WANTED, WRONG, audited_cycle, make_case, owner
from tests.support.builders import (
    PASSWORD,
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_amt_credit,
    make_cycle,
    make_member,
    make_payment,
    noon,
)
from tests.support.evidence import attach
from tests.support.factors import confirm, make_careful
from tests.support.notices import make_mail
from tests.support.spanish import TYPED, left_after, left_on

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("on_today"), pytest.mark.any_database]


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
    "/guide/",
    "/guide/tutorial/",
    "/guide/tutorial/enter-ce/",
    "/guide/tutorial/track-progress/",
    "/guide/tutorial/transcript/",
    "/verify/",
    "/audits/draws/",
    "/verify/?code=7KQ2",
    "/verify/0000000000000000/",
    "/notices/stop/x/",
    "/nothing/here/",
]
OF_MEMBER = [
    "/",
    "/certifications/",
    "/ccp/record/",
    "/ccp/activities/",
    "/ccp/activities/?cycle={cycle}&category=authorship",
    "/ccp/activities/?sort=title&state=withdrawn&source=amt",
    "/ccp/activities/?sort=sideways",
    "/ccp/transcript/{cycle}/",
    "/ccp/transcript/all/",
    "/audits/check/",
    "/calendar/",
    "/account/notices/",
    "/invoices/",
    "/invoices/{first}/",
    "/invoices/{last}/",
    "/invoices/{last}.pdf",
    "/accounts/password/change/",
    "/accounts/2fa/",
    "/accounts/2fa/webauthn/",
    "/accounts/sessions/",
    "/accounts/email/x/",
    "/accounts/logout/",
]
OF_ACCOUNT = [
    "/accounts/2fa/",
    "/accounts/2fa/webauthn/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/2fa/totp/activate/",
    "/accounts/sessions/",
    "/accounts/reauthenticate/",
]
OF_FACTORS = [
    "/accounts/2fa/webauthn/keys/{passkey}/edit/",
    "/accounts/2fa/webauthn/keys/{passkey}/remove/",
    "/accounts/2fa/webauthn/reauthenticate/",
    "/accounts/2fa/totp/deactivate/",
    "/accounts/2fa/recovery-codes/",
    "/accounts/2fa/recovery-codes/generate/",
    "/accounts/2fa/reauthenticate/",
]
OF_ENTRY = [
    "/ccp/activities/{activity}/",
    "/ccp/activities/{activity}/amend/",
    "/ccp/activities/{activity}/withdraw/",
    "/ccp/activities/{activity}/difference/",
    "/ccp/record/?like={activity}",
]


# The pages that ask for the password first.
AFTER_THE_PASSWORD = [
    "/accounts/2fa/",
    "/accounts/2fa/totp/activate/",
    "/accounts/2fa/webauthn/add/",
    "/accounts/email/",
]


def confirmed(member: Member) -> Client:
    client = client_of(member)
    confirm(client, PASSWORD)
    return client


def left_of(member: Member, *more: str) -> set[str]:
    cycle = cycle_of(member, member.certifications.get().credential.code)
    keys = {"cycle": cycle.pk, "first": invoice_of(cycle, 1).pk, "last": invoice_of(cycle).pk}
    found = left_on(client_of(member), OF_MEMBER, **keys)
    for activity in member.activities.all():
        found |= left_on(client_of(member), [*OF_ENTRY, *more], activity=activity.pk)
    return found


def with_everything(member: Member, staff: User) -> Member:
    """Return a member who has something of every kind.

    The member has a look-alike, entries that are withdrawn, void and amended, a reported credit, a
    calendar and a payment.
    """
    cycle = cycle_of(member)
    calendar.create(member=member, at=noon(TODAY))
    make_activity(cycle, points="2", quantity=None, title=TYPED[0])
    make_activity(cycle, points="2", title=TYPED[0])
    recording.withdraw(activity=make_activity(cycle, points="1"), by=member.user, at=noon(TODAY))
    credit = make_amt_credit(cycle, title=TYPED[0], points="2")
    error_reports.report(activity=credit, text=TYPED[0], by=member.user, at=noon(TODAY))
    void = make_activity(cycle, points="1", title=TYPED[0])
    recording.void(activity=void, reason=TYPED[0], by=staff, at=noon(TODAY))
    make_payment(invoice_of(cycle, 1))
    return member


def past(member: Member) -> Member:
    """Return a closed cycle, and the one after it."""
    cycle = make_cycle(member, awarded_on=date(2020, 5, 1), on=date(2022, 1, 1))
    make_activity(cycle, points="30", starts_on=date(2021, 1, 1), at=noon(date(2022, 1, 2)))
    for year in (1, 2, 3):
        make_payment(invoice_of(cycle, year), at=noon(date(2023, 4, 30)), received_on=date(2023, 4, 29))
    return member


@pytest.fixture
def left(new: Member, short: Member, met: Member, grace: Member, voluntary: Member, staff: User) -> set[str]:
    """Return every text of every page that is the same in both languages."""
    everything = with_everything(met, staff)
    anonymous = Client()
    found = left_on(anonymous, PUBLIC)
    for member in (new, short, grace, voluntary):
        found |= left_of(member)
    found |= left_on(client_of(staff), ["/"])
    everything.user.set_password(PASSWORD)
    everything.user.save()
    found |= left_of(everything, "/ccp/activities/{activity}/report/", "/accounts/reauthenticate/")
    found |= left_on(confirmed(everything), AFTER_THE_PASSWORD)
    found |= left_on(client_of(past(make_member())), ["/", "/certifications/", "/ccp/activities/", "/invoices/"])
    lapsed = make_cycle(credential="RPT").certification
    life.change_status(certification=lapsed, to="retired", reason=TYPED[0], by=staff, at=noon(TODAY))
    found |= left_on(client_of(lapsed.member), ["/", "/certifications/", "/ccp/record/"])
    found |= left_on(
        client_of(make_member()), ["/", "/certifications/", "/ccp/record/", "/ccp/activities/", "/invoices/"]
    )
    return found


def test_no_page_of_the_second_factor_does() -> None:
    careful, plain = make_careful(), make_careful("rosa@example.org")
    Authenticator.objects.filter(user=plain.user).delete()
    passkey = careful.user.authenticator_set.filter(type=Authenticator.Type.WEBAUTHN).latest("pk")
    found = set()
    for member in (careful, plain):
        client = client_of(member)
        confirm(client, PASSWORD)
        found |= left_on(client, OF_ACCOUNT)
        if member == careful:
            found |= left_on(client, OF_FACTORS, passkey=passkey.pk)
    assert found == set()


def test_no_page_of_evidence_does(met: Member) -> None:
    entry, client = met.activities.get(), client_of(met)
    nothing = left_on(client, ["/ccp/activities/{entry}/", "/ccp/activities/{entry}/evidence/"], entry=entry.pk)
    wrong = left_after(client, f"/ccp/activities/{entry.pk}/evidence/")
    pages = ["/ccp/activities/{entry}/", "/ccp/evidence/{file}/remove/"]
    assert nothing | wrong | left_on(client, pages, entry=entry.pk, file=attach(entry).pk) == set()


def test_no_page_of_an_audit_does(met: Member, on_today: TimeMachineFixture) -> None:
    found = left_on(client_of(met), ["/audits/"])
    for state in AuditCase.State:
        if state == "decided":  # the portal passes it on at once
            continue
        case = make_case(state, cycle=audited_cycle(amt="3"))
        on_today.move_to(noon(case.due_on) if case.due_on else OPENED, tick=False)
        audited, entry = client_of(owner(case)), case.cycle.credits.order_by("pk")[0].activity_id
        below = ["", "message/", "extension/", "appeal/", f"entries/{entry}/files/", f"entries/{entry}/missing/"]
        found |= left_on(audited, ["/", "/audits/", *(f"/audits/{case.pk}/{part}" for part in below)])
        if state == "notified":
            for part in ("message/", "extension/", "submit/", f"entries/{entry}/missing/", f"entries/{entry}/files/"):
                found |= left_after(audited, f"/audits/{case.pk}/{part}")
    assert found == {CAUSE, LOST, SAID, WANTED, WRONG}, "nothing but what people typed"


@pytest.mark.slow
def test_no_page_in_spanish_says_a_sentence_in_english(left: set[str]) -> None:
    assert left == set()


def test_no_page_of_notices_does(short: Member) -> None:
    """The text of a mail is in the language in which it was sent."""
    for place, state in enumerate([MailState.WAITING, MailState.UNDELIVERABLE, MailState.DROPPED]):
        make_mail(short, NoticeKind.CYCLE_ENDS, on=TODAY - timedelta(days=place), state=state)
    tokens = {kind.name: preferences.token(short, kind) for kind in OPTIONAL}
    pages = ["/account/notices/", *(f"/notices/stop/{{{name}}}/" for name in tokens)]
    found = left_on(client_of(short), pages, **tokens)
    preferences.choose(member=short, language="", wanted=[], by=short.user, at=noon(TODAY))
    assert found | left_on(Client(), pages[1:], **tokens) == set()
