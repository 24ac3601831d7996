"""The calendar of a member's dates: what it tells, at which address, and to whom."""

import re
from datetime import UTC, date, datetime, timedelta

import icalendar
import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django.fixtures import Settings
from time_machine import TimeMachineFixture

from amtportal.members.models import Member, User
from ccp.models import CalendarFeed
from ccp.standing import calendar
from ccp.standing.ledger import Line, When
from tests.support.builders import (
    TODAY,
    client_of,
    cycle_of,
    invoice_of,
    make_activity,
    make_cycle,
    make_member,
    make_payment,
    noon,
)
from tests.support.pages import form_values, read, words
from tests.support.threads import at_once

DAY = timedelta(days=1)
AT = datetime(2026, 3, 14, 17, 0, 0, 123456, tzinfo=UTC)


def test_a_line_that_has_a_day_is_an_event_and_one_that_has_none_is_not() -> None:
    lines = [
        Line("requirement", None, "CCP requirement", "2 points to go.", "now"),
        Line("invoice-3-due", date(2026, 5, 1), "renewal invoice due", "It is due.", "ahead"),
    ]
    assert calendar.events("RMA", 12, lines, AT) == [
        calendar.Event(
            "cycle-12-invoice-3-due", date(2026, 5, 1), "RMA renewal invoice due", "It is due.", AT, asks=True
        )
    ]


@pytest.mark.parametrize(
    ("key", "when", "is_short", "asks"),
    [
        pytest.param("invoice-3-due", "ahead", False, True, id="to be paid"),
        pytest.param("invoice-3-due", "past", True, True, id="locked: the points are missing"),
        pytest.param("invoice-3-due", "done", False, False, id="paid"),
        pytest.param("invoice-3-pay-by", "ahead", False, True, id="last day to pay"),
        pytest.param("invoice-3-opens", "ahead", False, False, id="opens by itself"),
        pytest.param("cycle-ends", "ahead", True, True, id="points are missing"),
        pytest.param("cycle-ends", "ahead", False, False, id="nothing is missing"),
        pytest.param("grace-ends", "ahead", True, True, id="last day to record"),
        pytest.param("requirement", "done", False, False, id="met"),
    ],
)
def test_an_event_has_alarms_if_the_member_has_something_to_do_by_then(
    key: str, when: When, is_short: bool, asks: bool
) -> None:
    missing = [Line("requirement", None, "CCP requirement", "2 points to go.", "now")] if is_short else []
    line = Line(key, date(2026, 5, 1), "it", "It is.", when)
    (event,) = calendar.events("RMA", 12, iter([line, *missing]), AT)
    assert event.asks is asks
    (entry,) = icalendar.Calendar.from_ical(
        calendar.to_ical([event], host="h.example", page="https://h.example/")
    ).events
    assert [alarm["TRIGGER"].dt for alarm in entry.walk("VALARM")] == ([-60 * DAY, -14 * DAY, -DAY] if asks else [])
    assert all((alarm["ACTION"], alarm["DESCRIPTION"]) == ("DISPLAY", "RMA it") for alarm in entry.walk("VALARM"))


def test_programs_are_told_twice_how_often_to_ask() -> None:
    text = calendar.to_ical([], host="h.example", page="https://h.example/").decode()
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT12H\r\n" in text
    assert "X-PUBLISHED-TTL:PT12H\r\n" in text


def test_an_event_is_a_whole_day_that_stays_free() -> None:
    """The end is the day after, as the format requires. 2/28/2028 is followed by a 29th."""
    event = calendar.Event("cycle-1-cycle-ends", date(2028, 2, 28), "RMA CCP cycle ends", "It ends; really, “so”.", AT)
    text = calendar.to_ical([event], host="portal.example.org", page="https://portal.example.org/x/").decode()
    assert text.replace("\r\n ", "").split("\r\n")[-12:] == [
        "BEGIN:VEVENT",
        "SUMMARY:RMA CCP cycle ends",
        "DTSTART;VALUE=DATE:20280228",
        "DTEND;VALUE=DATE:20280229",
        "DTSTAMP:20260314T170000Z",
        "UID:cycle-1-cycle-ends@portal.example.org",
        "DESCRIPTION:It ends\\; really\\, “so”.",
        "TRANSP:TRANSPARENT",
        "URL:https://portal.example.org/x/",
        "END:VEVENT",
        "END:VCALENDAR",
        "",
    ]


def test_a_token_is_beyond_guessing() -> None:
    """32 bytes are 256 bits, written in 43 letters of 6 bits."""
    assert calendar.TOKEN_BYTES * 8 >= 128


def make_feed(member: Member, at: datetime = AT) -> CalendarFeed:
    return calendar.create(member=member, at=at)


def address(feed: CalendarFeed) -> str:
    return f"/calendar/{feed.token}.ics"


def events(answer: HttpResponse) -> dict[str, icalendar.Event]:
    """Return the events by their UID."""
    assert answer.status_code == 200
    return {str(event["UID"]): event for event in icalendar.Calendar.from_ical(answer.content).walk("VEVENT")}


@pytest.mark.django_db
class TestFeed:
    """Return the file behind the secret address."""

    pytestmark = pytest.mark.usefixtures("on_today")

    def test_it_tells_the_known_days_of_every_certification(self, two: Member) -> None:
        """RMA and RPT are both short, so neither last invoice has a day on which it opens."""
        answer = Client().get(address(make_feed(two)))
        assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
        found = {(str(event["SUMMARY"]), event["DTSTART"].dt) for event in events(answer).values()}
        assert ("RMA CCP cycle ends", date(2026, 4, 30)) in found
        assert ("RMA renewal invoice due", date(2026, 5, 1)) in found
        assert ("RMA grace period ends", date(2026, 7, 29)) in found
        assert ("RPT CCP cycle ends", date(2027, 9, 14)) in found
        assert ("RPT renewal invoice due", date(2027, 9, 15)) in found
        assert ("RPT renewal invoice opens", date(2027, 7, 17)) not in found

    def test_every_event_has_a_name_of_its_own_a_whole_day_and_a_reason(self, two: Member) -> None:
        found = events(Client().get(address(make_feed(two))))
        assert len(found) == 2 * 7  # the years 1 and 2 open and are due; year 3 is due; the cycle and the grace end
        for uid, event in found.items():
            assert re.fullmatch(r"cycle-\d+-[a-z0-9-]+@localhost", uid)
            assert type(event["DTSTART"].dt) is date
            assert event["DTSTART"].params["VALUE"] == "DATE"
            assert event["DTEND"].dt - event["DTSTART"].dt == DAY
            assert str(event["DESCRIPTION"]).endswith(".")

    def test_it_tells_nothing_about_the_person(self, short: Member) -> None:
        cycle = cycle_of(short, "RPT")
        text = Client().get(address(make_feed(short))).text.replace("\r\n ", "")
        private = [
            short.first_name,
            short.last_name,
            short.amt_id,
            short.user.email,
            cycle.certification.certificate_number,
            invoice_of(cycle).number,
            "$",
            "22",
            "24 points",
        ]
        shown = "\n".join(
            line for line in text.split("\r\n") if line.startswith(("SUMMARY", "DESCRIPTION", "X-", "NAME"))
        )
        assert [value for value in private if value in shown.replace("Apr 23, 2026", "")] == []

    def test_it_does_not_change_while_the_record_does_not(self, on_today: TimeMachineFixture, met: Member) -> None:
        feed = make_feed(met)
        first = Client().get(address(feed))
        for later in (DAY, 40 * DAY, 60 * DAY):
            on_today.move_to(noon(TODAY + later))
            assert Client().get(address(feed)).content == first.content
        unchanged = Client().get(address(feed), headers={"If-None-Match": first.headers["ETag"]})
        assert (unchanged.status_code, unchanged.content) == (304, b"")

    def test_it_follows_the_record_with_the_same_names(self, on_today: TimeMachineFixture, short: Member) -> None:
        """22 + 2 = 24 a day later.

        The invoice opens on 3/16/2026, and the grace period no longer matters.
        """
        feed = make_feed(short)
        cycle = cycle_of(short, "RPT")
        before = events(Client().get(address(feed)))
        on_today.move_to(noon(TODAY + DAY))
        make_activity(cycle, points="2", at=noon(TODAY + DAY))
        after = events(Client().get(address(feed)))
        uid = f"cycle-{cycle.pk}-{{}}@localhost".format
        assert after.keys() - before.keys() == {uid("requirement"), uid("invoice-3-opens")}
        assert before.keys() - after.keys() == {uid("grace-ends")}
        assert after[uid("invoice-3-opens")]["DTSTART"].dt == TODAY + 2 * DAY
        stamps = [found[uid("cycle-ends")]["DTSTAMP"].dt for found in (before, after)]
        assert stamps[0] < stamps[1] == noon(TODAY + DAY)

    def test_a_paid_invoice_keeps_its_name_and_says_so(self, met: Member) -> None:
        feed, cycle = make_feed(met), cycle_of(met)
        make_payment(invoice_of(cycle))  # today
        found = events(Client().get(address(feed)))
        uid = f"cycle-{cycle.pk}-invoice-3-due@localhost"
        assert (str(found[uid]["SUMMARY"]), found[uid]["DTSTART"].dt) == ("RMA renewal invoice paid", TODAY)
        assert f"cycle-{cycle.pk}-invoice-3-opens@localhost" not in found

    def test_a_cycle_that_is_due_is_closed_before_it_tells_of_the_next(
        self, on_today: TimeMachineFixture, met: Member
    ) -> None:
        """No run took place on 5/1/2026.

        The old cycle is met and paid, and the next one ends on 4/30/2029.
        """
        feed = make_feed(met)
        for year in (1, 2, 3):
            make_payment(invoice_of(cycle_of(met), year))
        on_today.move_to(noon(date(2026, 5, 1)))
        found = {str(event["SUMMARY"]): event["DTSTART"].dt for event in events(Client().get(address(feed))).values()}
        assert found["RMA CCP cycle ends"] == date(2029, 4, 30)

    def test_a_member_without_a_certification_has_an_empty_calendar(self) -> None:
        assert events(Client().get(address(make_feed(make_member())))) == {}

    def test_reading_takes_the_same_few_queries_with_one_certification_and_with_three(self, met: Member) -> None:
        many = make_member()
        for credential in ("RMA", "RPT", "MLT"):
            make_activity(make_cycle(many, credential=credential), points="3")
        feeds = [make_feed(met), make_feed(many)]
        counts = []
        for feed in feeds:
            with CaptureQueriesContext(connection) as captured:
                assert Client().get(address(feed)).status_code == 200
            counts.append(len(captured))
        assert counts[0] == counts[1] <= 10

    def test_it_is_kept_by_its_reader_only_and_asked_for_each_time(self, met: Member) -> None:
        headers = Client().get(address(make_feed(met))).headers
        assert {"private", "no-cache"} <= set(headers["Cache-Control"].split(", "))
        assert "Set-Cookie" not in headers

    def test_it_needs_no_sign_in_and_is_the_same_for_whoever_has_the_address(self, met: Member, two: Member) -> None:
        path = address(make_feed(met))
        assert client_of(two).get(path).content == Client().get(path).content == client_of(met).get(path).content

    def test_it_is_in_the_language_of_its_address_whatever_the_program_asks_for(self, met: Member) -> None:
        english = address(make_feed(met))
        for asked in ("en", "es"):
            headers = {"accept-language": asked}
            assert "RMA renewal invoice due" in Client().get(english, headers=headers).content.decode()
            answer = Client().get(f"{english}?language=es", headers=headers)
            assert "RMA: vence la factura de renovación" in answer.content.decode()
            assert answer.headers["Content-Language"] == "es"
        assert Client().get(f"{english}?language=fr").content == Client().get(english).content

    def test_no_other_address_is_found(self, met: Member) -> None:
        token = make_feed(met).token
        client = Client()
        for guess in (token[:-1], token + "A", token.swapcase(), "0", "A" * 43, "A" * 5000, f"{token}%00"):
            assert client.get(f"/calendar/{guess}.ics").status_code == 404, guess
        assert client.get(f"/calendar/{token}/").status_code == 404
        assert client.get(f"/calendar/{token}.ics").status_code == 200

    def test_a_revoked_address_is_not_found_any_more(self, met: Member) -> None:
        feed = make_feed(met)
        calendar.revoke(member=met, feed=feed.pk, at=AT)
        assert Client().get(address(feed)).status_code == 404

    def test_a_closed_account_has_no_calendar(self, met: Member) -> None:
        feed = make_feed(met)
        User.objects.filter(pk=met.user_id).update(is_active=False)
        assert Client().get(address(feed)).status_code == 404

    def test_an_address_that_came_in_the_open_works_no_more(self, met: Member, settings: Settings) -> None:
        """The portal is served over https, behind a proxy that says what came without it."""
        settings.SECURE_SSL_REDIRECT, settings.SECURE_PROXY_SSL_HEADER = True, ("HTTP_X_FORWARDED_PROTO", "https")
        feed = make_feed(met)
        encrypted, open_ = ({"x-forwarded-proto": scheme} for scheme in ("https", "http"))
        assert Client().get(address(feed), headers=encrypted).status_code == 200
        answer = Client().get(address(feed), headers=open_)
        assert (answer.status_code, "Location" in answer.headers) == (403, False)
        assert Client().get(address(feed), headers=encrypted).status_code == 404
        feed.refresh_from_db()
        assert (feed.revoked_at, feed.was_in_the_open) == (noon(TODAY), True)
        line = feed.history.first()
        assert (line.history_user, line.history_change_reason) == (None, "Asked for without encryption")
        unknown = Client().get("/calendar/unknown.ics", headers=open_)
        assert (unknown.status_code, unknown.content) == (403, answer.content), "nobody learns which addresses work"
        assert Client().get(address(feed), headers=open_).status_code == 403
        assert feed.history.count() == 2

    def test_on_this_machine_http_is_not_in_the_open(self, met: Member, settings: Settings) -> None:
        assert not settings.SECURE_SSL_REDIRECT, "AMTPORTAL_URL is http://localhost:8000"
        assert Client().get(address(make_feed(met))).status_code == 200
        assert calendar.feed_of(met)

    def test_it_can_only_be_read(self, met: Member) -> None:
        path = address(make_feed(met))
        client = Client()
        head = client.head(path)
        assert (head.status_code, head.content) == (200, b"")
        for method in ("post", "put", "patch", "delete", "options"):
            assert getattr(client, method)(path).status_code == 405


@pytest.mark.django_db
class TestVerbs:
    def test_a_member_has_one_address_however_often_it_is_asked_for(self, met: Member) -> None:
        assert make_feed(met) == make_feed(met, at=AT + DAY)
        assert len(CalendarFeed.objects.get().token) == 43

    def test_replacing_ends_the_address_and_gives_another(self, met: Member) -> None:
        old = make_feed(met)
        new = calendar.replace(member=met, feed=old.pk, at=AT + DAY)
        assert new.token != old.token
        old.refresh_from_db()
        assert old.revoked_at == AT + DAY
        assert calendar.feed_of(met) == new

    def test_replacing_twice_replaces_once(self, met: Member) -> None:
        old = make_feed(met)
        first = calendar.replace(member=met, feed=old.pk, at=AT + DAY)
        assert calendar.replace(member=met, feed=old.pk, at=AT + 2 * DAY) == first

    def test_revoking_twice_keeps_the_first_time(self, met: Member) -> None:
        feed = make_feed(met)
        for at in (AT + DAY, AT + 2 * DAY):
            calendar.revoke(member=met, feed=feed.pk, at=at)
        feed.refresh_from_db()
        assert feed.revoked_at == AT + DAY
        assert calendar.feed_of(met) is None

    def test_nobody_ends_the_address_of_another_member(self, met: Member, stranger: Member) -> None:
        feed = make_feed(met)
        calendar.revoke(member=stranger, feed=feed.pk, at=AT)
        calendar.replace(member=stranger, feed=feed.pk, at=AT)
        feed.refresh_from_db()
        assert feed.revoked_at is None


@pytest.mark.django_db(transaction=True)
def test_two_who_press_at_once_get_the_same_address(met: Member) -> None:
    first, second = at_once(lambda: make_feed(met).pk, lambda: make_feed(met).pk)
    assert first == second


@pytest.mark.django_db
class TestPage:
    pytestmark = pytest.mark.usefixtures("on_today")

    def press(self, client: Client, action: str) -> HttpResponse:
        page = read(client.get("/calendar/"))
        assert page.select_one(f'main button[name=action][value="{action}"]')
        return client.post("/calendar/", {**form_values(page), "action": action}, follow=True)

    def shown(self, client: Client) -> str | None:
        found = read(client.get("/calendar/")).select_one("[data-name=calendar-address]")
        return words(found) if found else None

    def test_it_is_reached_from_my_certifications(self, met: Member) -> None:
        assert read(client_of(met).get("/certifications/")).select('main a[href="/calendar/"]')

    def test_at_first_there_is_no_address_but_a_button(self, met: Member) -> None:
        client = client_of(met)
        assert self.shown(client) is None
        assert [button["value"] for button in read(client.get("/calendar/")).select("main button")] == ["create"]

    def test_the_address_it_shows_is_that_of_the_calendar(self, met: Member) -> None:
        client = client_of(met)
        page = read(self.press(client, "create"))
        assert "Your calendar has an address." in words(page.main)
        found = self.shown(client)
        assert found == f"http://localhost:8000{address(CalendarFeed.objects.get())}"
        assert [link["href"] for link in page.select("main a[href*='.ics']")] == [found]
        assert "webcal:" not in page.decode(), "it leads programs to http"
        assert Client().get(found).status_code == 200

    def test_read_in_spanish_it_gives_the_address_of_a_spanish_calendar(self, met: Member) -> None:
        feed = make_feed(met)
        page = read(client_of(met).get("/calendar/", headers={"accept-language": "es"}))
        found = words(page.select_one("[data-name=calendar-address]"))
        assert found == f"http://localhost:8000{address(feed)}?language=es"
        assert "Creada el 14 mar 2026." in words(page.main)

    def test_replacing_ends_the_address_before_at_once(self, met: Member) -> None:
        client = client_of(met)
        self.press(client, "create")
        old = self.shown(client)
        self.press(client, "replace")
        new = self.shown(client)
        assert [Client().get(found).status_code for found in (old, new)] == [404, 200]

    def test_a_member_reads_why_the_portal_revoked_it_and_gets_a_new_one_with_one_press(self, met: Member) -> None:
        client, feed = client_of(met), make_feed(met)
        calendar.revoke_exposed(token=feed.token, at=AT)
        said = read(client.get("/calendar/")).select_one("[data-name=calendar-exposed]")
        assert words(said).startswith(
            "Your address no longer works On Mar 14, 2026, 12:00 PM Central Time, a program asked"
        )
        new = read(self.press(client, "create"))
        assert not new.select("[data-name=calendar-exposed]")
        assert words(new.select_one("[data-name=calendar-address]")) != f"http://localhost:8000{address(feed)}"

    def test_what_the_member_revoked_is_not_called_exposed(self, met: Member) -> None:
        feed = make_feed(met)
        calendar.revoke_exposed(token=feed.token, at=AT)
        calendar.revoke(member=met, feed=make_feed(met).pk, at=AT)
        assert not read(client_of(met).get("/calendar/")).select("[data-name=calendar-exposed]")

    def test_revoking_leaves_no_address(self, met: Member) -> None:
        client = client_of(met)
        self.press(client, "create")
        old = self.shown(client)
        self.press(client, "revoke")
        assert Client().get(old).status_code == 404
        assert self.shown(client) is None

    @pytest.mark.parametrize(
        "sent",
        [
            pytest.param({}, id="nothing"),
            pytest.param({"action": "delete"}, id="no such button"),
            pytest.param({"action": "replace", "feed": "x"}, id="not a number"),
            pytest.param({"action": "revoke", "feed": str(10**30)}, id="more than a database holds"),
        ],
    )
    def test_what_no_button_sends_changes_nothing(self, met: Member, sent: dict[str, str]) -> None:
        feed = make_feed(met)
        read(client_of(met).post("/calendar/", sent), status=400)
        assert calendar.feed_of(met) == feed

    def test_another_member_cannot_press_for_me(self, met: Member, stranger: Member) -> None:
        feed = make_feed(met)
        client_of(stranger).post("/calendar/", {"action": "revoke", "feed": feed.pk})
        assert calendar.feed_of(met) == feed
        assert self.shown(client_of(stranger)) is None

    def test_the_buttons_are_guarded_against_other_sites(self, met: Member) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(met.user)
        assert client.post("/calendar/", {"action": "create"}).status_code == 403
        assert not CalendarFeed.objects.exists()

    def test_the_page_with_the_secret_is_kept_by_nobody(self, met: Member) -> None:
        assert "no-store" in client_of(met).get("/calendar/").headers["Cache-Control"]
