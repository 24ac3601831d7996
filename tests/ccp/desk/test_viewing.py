"""The portal as a member sees it: read-only, on record, told on every page, and nothing that is the member's secret."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse
from time_machine import TimeMachineFixture

from amtportal.history.models import SecurityEvent
from amtportal.members.models import Member, User
from ccp.desk import viewing
from ccp.desk.models import Viewing
from ccp.models import Activity, Transcript
from certifications.models import Cycle
from tests.support.addresses import PRIVATE, of_owner
from tests.support.builders import TODAY, client_of, cycle_of, make_member, make_user, noon
from tests.support.staff import make_clerk, page

pytestmark = [pytest.mark.django_db, pytest.mark.ignore_template_errors, pytest.mark.usefixtures("on_today")]
END = "/admin/viewing/end/"


@pytest.fixture
def clerk() -> User:
    return make_clerk("view_member", "view_as_member")


def viewing_of(member: Member, clerk: User) -> Client:
    client = client_of(clerk)
    answer = client.post(page(Member, "viewing", member.pk), {"reason": "On the phone."})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    return client


def test_who_viewed_whom_when_and_why_is_on_record(short: Member, clerk: User) -> None:
    viewing_of(short, clerk)
    row = Viewing.objects.get()
    assert (row.member, row.viewed_by, row.reason, row.began_at) == (short, clerk, "On the phone.", noon(TODAY))


@pytest.mark.parametrize("name", sorted(viewing.PAGES - {"notice-detail"}))
def test_each_page_is_as_the_member_sees_it_with_a_banner(met: Member, clerk: User, name: str) -> None:
    address = of_owner(PRIVATE[name][0], met) if name in PRIVATE else reverse(name)
    answer = viewing_of(met, clerk).get(address)
    assert answer.status_code == 200
    assert 'data-name="viewing"' in answer.text
    assert f'action="{END}"' in answer.text
    assert met.user.email in answer.text
    assert 'data-name="viewing"' not in client_of(met).get(address).text


def test_the_way_back_leads_to_the_page_of_the_member(short: Member, clerk: User) -> None:
    client = viewing_of(short, clerk)
    assert "This page is your own: what you do here is saved." in client.get("/admin/").text
    assert "Nothing that you do here is saved." in client.get("/").text
    assert client.post(END)["Location"] == page(Member, "change", short.pk)
    assert "You are signed in as staff" in client.get("/").text


def test_every_post_is_refused_with_a_sentence_and_changes_nothing(short: Member, clerk: User) -> None:
    client = viewing_of(short, clerk)
    entries = Activity.objects.count()
    for path in (
        "/ccp/record/",
        "/account/notices/",
        "/account/details/",
        "/i18n/setlang/",
        "/accounts/password/change/",
    ):
        answer = client.post(path, {"language": "es"})
        assert answer.status_code == 403, path
        assert "Nothing was changed: you only view the portal as this member." in answer.text
    assert Activity.objects.count() == entries
    assert client.get("/").status_code == 200


@pytest.mark.parametrize(
    "path",
    [
        "/ccp/record/",
        "/calendar/",
        "/account/my-data/",
        "/account/sharing/",
        "/account/details/",
        "/accounts/2fa/",
        "/accounts/2fa/recovery-codes/",
        "/accounts/sessions/",
        "/accounts/email/",
        "/account/card/",
    ],
)
def test_what_only_the_member_may_see_is_refused(short: Member, clerk: User, path: str) -> None:
    answer = viewing_of(short, clerk).get(path)
    assert answer.status_code == 403
    assert "It is not shown while you view the portal." in answer.text


def test_pages_for_everybody_are_shown_with_the_banner(short: Member, clerk: User) -> None:
    answer = viewing_of(short, clerk).get("/guide/")
    assert answer.status_code == 200
    assert 'data-name="viewing"' in answer.text


def test_nothing_is_written_but_that_it_began(met: Member, clerk: User, on_today: TimeMachineFixture) -> None:
    """The cycle is due to close, and the transcript was never issued: the pages show both, the record has neither."""
    cycle = cycle_of(met)
    before = met.user.last_login
    on_today.move_to(noon(cycle.ends_on + timedelta(days=120)))
    client = viewing_of(met, clerk)
    events = SecurityEvent.objects.filter(user=met.user).count()
    for path in ("/certifications/", f"/ccp/transcript/{cycle.pk}/", "/ccp/transcript/all/"):
        answer = client.get(path)
        assert answer.status_code == 200
        assert 'data-name="transcript-code"' not in answer.text
    assert Cycle.objects.get(pk=cycle.pk).closed_on is None
    assert not Transcript.objects.exists()
    met.user.refresh_from_db()
    assert met.user.last_login == before
    assert SecurityEvent.objects.filter(user=met.user).count() == events
    assert client.session["_auth_user_id"] == str(clerk.pk)


@pytest.mark.parametrize("fields", [{"is_staff": True}, {"is_superuser": True}, {"is_active": False}])
def test_some_accounts_are_never_viewed(clerk: User, fields: dict[str, bool]) -> None:
    member = make_member(user=make_user(**fields))
    answer = client_of(clerk).post(page(Member, "viewing", member.pk), {"reason": "To look."})
    assert answer.status_code == 200
    assert "errorlist" in answer.text
    assert not Viewing.objects.exists()
    assert "View as the member sees it" not in client_of(clerk).get(page(Member, "change", member.pk)).text


def test_a_member_without_an_account_has_no_pages(clerk: User) -> None:
    member = Member.objects.create(amt_id="1", first_name="Ada")
    answer = client_of(clerk).post(page(Member, "viewing", member.pk), {"reason": "To look."})
    assert "The member has no account" in answer.text


def test_without_a_reason_nothing_is_viewed(short: Member, clerk: User) -> None:
    answer = client_of(clerk).post(page(Member, "viewing", short.pk), {"reason": " "})
    assert "the reason stays on record" in answer.text
    assert not Viewing.objects.exists()


@pytest.mark.parametrize("why", ["too long", "permission gone", "account of staff now", "signed out"])
def test_it_ends(short: Member, clerk: User, on_today: TimeMachineFixture, why: str) -> None:
    client = viewing_of(short, clerk)
    if why == "too long":
        on_today.move_to(noon(TODAY) + viewing.LASTS)
    elif why == "permission gone":
        clerk.user_permissions.clear()
    elif why == "account of staff now":
        User.objects.filter(pk=short.user_id).update(is_staff=True)
    else:
        client.post("/accounts/logout/")
        client.force_login(clerk)
    answer = client.get("/")
    assert "You are signed in as staff" in answer.text
    assert 'data-name="viewing"' not in answer.text


def test_another_session_of_the_same_person_views_nobody(short: Member, clerk: User) -> None:
    viewing_of(short, clerk)
    assert "You are signed in as staff" in client_of(clerk).get("/").text
