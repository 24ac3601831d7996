"""Who may open which staff page: every address of the admin, with each permission and without it.

A permission opens the pages that are named after it, and no more. What only the portal's verbs
write, nobody can write by hand, whatever the permission.
"""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Group, Permission
from django.template.response import SimpleTemplateResponse
from django.test import Client
from django.urls import reverse

from amtportal.history import seals
from amtportal.members.models import BouncingAddress, MailDelivery, MailPause, Member, OutgoingMail, User
from amtportal.staff.roles import Role, permissions_of
from ccp.audits.models import AuditCase
from ccp.reports.figures.registry import REPORTS
from ccp.reports.lists.registry import LISTS, url_name
from ccp.reports.views.access import MAY_COUNT, MAY_EXPORT, MAY_KEEP, MAY_MAIL, MAY_VIEW_LISTS, MAY_VIEW_REPORTS
from ccp.standing import calendar
from ccp.transcripts import batches, issuing
from ccp.transcripts import contents as transcripts
from certifications.models import Cycle
from tests.support.addresses import below
from tests.support.builders import TODAY, client_of, make_member, make_user, noon
from tests.support.staff import ADD, BY_HAND, CHANGE, DEEDS, DELETE, VIEW, populate

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.ignore_template_errors,
    pytest.mark.usefixtures("on_today"),
    pytest.mark.any_database,
]

# Imports: the permission that each needs. That for a roster is given to few: a roster also writes the
# e-mail address of an account, by which its password is reset.
IMPORTS = {
    "ccp_activity_import": "ccp.import_entries",
    "ccp_activity_process_import": "ccp.import_entries",
    "certifications_payment_import": "certifications.import_payments",
    "certifications_payment_process_import": "certifications.import_payments",
    "ccp_heldcredit_import": "ccp.import_credits",
    "ccp_heldcredit_process_import": "ccp.import_credits",
    "certifications_certification_import": "certifications.import_roster",
    "certifications_certification_process_import": "certifications.import_roster",
}
# Pages about several records, which are there to be read: the permission that each needs.
READ = {
    "members_member_changes": "members.view_member",
    "members_outgoingmail_samples": "members.view_outgoingmail",
    "members_outgoingmail_sample": "members.view_outgoingmail",
    "audits_draw_figures": "audits.view_draw",
    "audits_draw_figures_csv": "audits.view_draw",
    "audits_letter_download": "audits.view_letter",
    "members_namerequest_document": "members.view_namerequest",
    "payments_settlement_csv": "payments.view_settlement",
    "certifications_payment_till": "certifications.view_payment",
    "payments_unappliedmoney_look": "payments.view_unappliedmoney",
}
# Tabs of a member: the permission that each needs, besides the one to view the member.
TABS = {
    "members_member_entries": "ccp.view_activity",
    "members_member_money": "certifications.view_renewalinvoice",
    "members_member_mail": "notices.view_noticemail",
    "members_member_audits": "audits.view_auditcase",
    "members_member_notes": "desk.view_note",
}
READ |= {url_name(name): MAY_VIEW_LISTS for name in LISTS}
READ |= {f"reports_{name}": MAY_VIEW_REPORTS for name in REPORTS}
READ |= {"reports_index": MAY_VIEW_REPORTS}
# What is done with a list, and the figures as a file: ``tests/ccp/reports/test_access.py``.
OF_LIST = tuple(f"{url_name(name)}_{action}" for name in LISTS for action in ("export", "filters", "mail"))
OF_REPORT = ("reports_count", *(f"reports_{name}_csv" for name in REPORTS))
# Pages of an entry and a file of an audit, for who has taken the case: ``tests/ccp/audits/test_staff_pages.py``.
OF_PART = ("audits_auditcase_item", "audits_auditcase_file")
# Pages of no model, for any staff. They show what the account may open, or nobody's data.
OF_STAFF = {
    "index": 200,
    "app_list": 200,
    "password_change": 302,  # to the page that members use, too
    "password_change_done": 200,
    "jsi18n": 200,
    "login": 302,  # home: already signed in
    "search": 403,  # for who may view members
    "viewing_end": 405,
    "view_on_site": 404,
}
ELSEWHERE = {"logout", "autocomplete", ""}  # a form; below; redirects to pages of this table, and what is not found
NEEDED = {"changelist": VIEW, "add": ADD, "history": VIEW, "delete": DELETE, "change": VIEW}
PAGES = [f"{model}_{kind}" for model in BY_HAND for kind in NEEDED]


@pytest.fixture(scope="module", autouse=True)
def _rows(keep: Callable[[Callable[[], object]], None]) -> None:
    keep(write_rows)


def write_rows() -> None:
    """Make a row of every model.

    The cycle is closed, its certification is retired, one invoice is paid and one is void.
    """
    populate(1)
    Group.objects.create(name="Desk")
    assert list(seals.seal())
    member = Member.objects.get()
    calendar.create(member=member, at=noon(TODAY))
    cycle = Cycle.objects.get()
    issuing.issue(contents=transcripts.of_cycle(cycle), by=member.user, at=noon(TODAY))
    batches.ask(cycles=[cycle.pk], by=make_user(), at=noon(TODAY))
    Authenticator.objects.create(user=member.user, type="totp", data={})
    OutgoingMail.objects.create(sender="portal@amt.example", recipients=["ada@example.org"], content="…")
    BouncingAddress.objects.create(email="ada@example.org", marked_at=noon(TODAY), reason="550 5.1.1 no such box")
    MailPause.objects.create(domain="busy.example", until=noon(TODAY), reason="421 later")
    MailDelivery.objects.create(recipient="ada@example.org", priority=2, queued_at=noon(TODAY), sent_at=noon(TODAY))


def model_of(name: str) -> Any:
    return next(
        model for model in admin.site._registry if name.startswith(f"{model._meta.label_lower.replace('.', '_')}_")
    )


def address(name: str) -> str:
    """Return the page, which is that of the first row if it belongs to a row."""
    route = next(route for route, found in below("admin/").items() if found == name)
    if name in OF_PART:
        return reverse(f"admin:{name}", args=[AuditCase.objects.get().pk, 1])
    if "<path:object_id>" in route:
        return reverse(f"admin:{name}", args=[model_of(name)._default_manager.order_by("pk").first().pk])
    return reverse(f"admin:{name}")


def staff_with(*permissions: str) -> Client:
    """Return staff with exactly these permissions, written as ``app.codename``."""
    user = make_user(is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    return client_of(user)


def permission(model: str, action: str) -> str:
    return model.replace("_", f".{action}_", 1)


def test_every_address_of_the_admin_is_in_one_of_the_tables() -> None:
    names = set(below("admin/").values())
    assert names == {*PAGES, *DEEDS, *IMPORTS, *READ, *TABS, *OF_LIST, *OF_REPORT, *OF_PART, *OF_STAFF, *ELSEWHERE}


@pytest.mark.slow
def test_nobody_but_staff_with_a_permission_for_it_opens_a_page() -> None:
    owner, stranger, anonymous = client_of(Member.objects.get()), client_of(make_member()), client_of(None)
    clerk = staff_with()  # each of these signed in, which makes the row of its table
    for name in (*PAGES, *DEEDS, *IMPORTS, *READ, *TABS, *OF_LIST, *OF_REPORT, *OF_PART):
        page = address(name)
        for method in ("get", "post"):
            for client in (owner, stranger):
                answer = getattr(client, method)(page)
                assert (answer.status_code, answer.headers["Location"]) == (302, f"/admin/login/?next={page}"), name
            answer = getattr(anonymous, method)(page)
            assert (answer.status_code, answer.headers["Location"]) == (302, f"/accounts/login/?next={page}"), name
            assert getattr(clerk, method)(page).status_code in (403, 405), name


def test_the_way_from_the_admins_sign_in_ends_for_members() -> None:
    assert client_of(make_member()).get("/admin/login/?next=/admin/").status_code == 403


@pytest.mark.parametrize("model", BY_HAND)
def test_each_permission_opens_its_own_pages(model: str) -> None:
    for given in (VIEW, ADD, CHANGE, DELETE):
        client = staff_with(permission(model, given))
        # A person who may change it may look at it.
        may = {given} & BY_HAND[model] | ({VIEW} if given == CHANGE else set())
        for kind, needed in NEEDED.items():
            found = client.get(address(f"{model}_{kind}")).status_code
            if model == "members_user" and kind == "add" and given == ADD:
                assert found in (200, 403)  # Django's own page asks for both
                continue
            assert found == (200 if needed in may else 403), (given, kind)
        changed = client.post(address(f"{model}_change"), {"_save": "Save"}).status_code
        assert changed == (200 if {CHANGE} & BY_HAND[model] and given == CHANGE else 403), given


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_needs_its_own_permission_and_the_one_to_see_the_record(name: str) -> None:
    page, needed = address(name), DEEDS[name]
    see = permission(model_of(name)._meta.label_lower.replace(".", "_"), VIEW)
    assert staff_with(see).get(page).status_code == 403
    assert staff_with(see).post(page, {"reason": "Because"}).status_code == 403
    assert staff_with(see, needed).get(page).status_code in (200, 302)  # back to the record if it is done already
    if CHANGE not in needed:  # to change includes to see
        assert staff_with(needed).get(page).status_code == 403


@pytest.mark.parametrize("name", IMPORTS)
def test_an_import_needs_its_own_permission(name: str) -> None:
    page, needed = address(name), IMPORTS[name]
    assert staff_with(needed).get(page).status_code in (200, 405)
    others = staff_with(*{*IMPORTS.values()} - {needed}, "members.change_user", "ccp.view_activity")
    assert others.get(page).status_code in (403, 405)
    assert others.post(page).status_code == 403


@pytest.mark.parametrize("name", READ)
def test_what_is_there_to_be_read_needs_its_permission(name: str) -> None:
    assert staff_with(READ[name]).get(address(name)).status_code == 200
    others = {"payments.view_settlement", "payments.view_unappliedmoney", "payments.view_refund"} - {READ[name]}
    assert staff_with(*others).get(address(name)).status_code == 403


@pytest.mark.parametrize("name", TABS)
def test_a_tab_of_a_member_needs_its_permission_and_the_one_to_see_the_member(name: str) -> None:
    page, needed = address(name), TABS[name]
    assert staff_with("members.view_member").get(page).status_code == 403
    assert staff_with(needed).get(page).status_code == 403
    assert staff_with("members.view_member", needed).get(page).status_code == 200


def test_a_note_is_written_by_who_may_write_one() -> None:
    page, reads = address("members_member_notes"), ("members.view_member", "desk.view_note")
    assert staff_with(*reads).post(page, {"text": "No."}).status_code == 403
    assert staff_with(*reads, "desk.write_note").post(page, {"text": "Yes."}).status_code == 302


def ways_in(name: str) -> list[set[str]]:
    """Return the sets of permissions of which each opens a page, by the tables above."""
    if name in PAGES:
        model, _, kind = name.rpartition("_")
        if NEEDED[kind] not in BY_HAND[model]:
            return []
        opened = [{permission(model, NEEDED[kind])}]
        if NEEDED[kind] == VIEW:
            opened.append({permission(model, CHANGE)} if CHANGE in BY_HAND[model] else opened[0])
        if name == "members_user_add":  # Django's own page asks for both
            opened[0].add(permission(model, CHANGE))
        return opened
    if name in DEEDS:
        see = permission(model_of(name)._meta.label_lower.replace(".", "_"), VIEW)
        return [{DEEDS[name], see}, *([{"audits.decide_appeals", see}] if name in OF_BOARD else [])]
    if name in IMPORTS:
        return [{IMPORTS[name]}]
    if name in TABS:
        return [{TABS[name], "members.view_member"}]
    if name in OF_REPORT:
        return [{MAY_VIEW_REPORTS} if name.endswith("_csv") else {MAY_VIEW_REPORTS, MAY_COUNT}]
    if name in OF_LIST:
        action = name.rpartition("_")[2]
        return [{MAY_VIEW_LISTS, {"export": MAY_EXPORT, "filters": MAY_KEEP, "mail": MAY_MAIL}[action]}]
    return [{READ[name]}, *([{MAY_VIEW_LISTS}] if name == "reports_index" else [])]


# What a reviewer does, the appeal board does too.
OF_BOARD = {f"audits_auditcase_{verb}" for verb in ("conflict", "decide", "release", "take")}
OF_ROLES = (*PAGES, *DEEDS, *IMPORTS, *READ, *TABS, *OF_LIST, *OF_REPORT)


def clerk_in(role: Role) -> Client:
    user = make_user(is_staff=True)
    user.groups.add(Group.objects.get(name=role))
    return client_of(user)


@pytest.fixture
def unwritten(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Leave the words of the pages away, and the log of what is refused: what is asked here is who comes in."""
    monkeypatch.setattr(SimpleTemplateResponse, "rendered_content", "")
    logging.disable()
    yield
    logging.disable(logging.NOTSET)


@pytest.mark.slow
@pytest.mark.usefixtures("unwritten")
def test_a_clerk_of_each_role_opens_what_the_table_says_and_nothing_else() -> None:
    clerks = {role: clerk_in(role) for role in Role}
    pages = [(name, address(name), ways_in(name)) for name in OF_ROLES]
    opened: dict[str, Any] = {}
    for role, client in clerks.items():
        allowed = permissions_of(role)
        for name, page, ways in pages:
            expected = any(needed <= allowed for needed in ways)
            answer = client.get(page).status_code
            if answer == 405:  # a form without a page: what is sent is looked at
                answer = client.post(page).status_code
            if (answer != 403) != expected:
                opened[f"{role}: {name}"] = answer
    assert opened == {}


@pytest.mark.usefixtures("unwritten")
def test_nothing_that_the_auditor_sends_changes_anything() -> None:
    auditor = clerk_in(Role.AUDITOR)
    auditor.get(address("members_member_changelist"))  # which makes the rows of a visit
    visits = {"session", "securityevent", "listopening", "tally"}
    models = [model for model in apps.get_models() if model._meta.model_name not in visits]
    before = {model: model._default_manager.count() for model in models}
    sent = {"reason": "Because", "text": "Words", "_save": "Save", "post": "yes", "press": "yes"}
    for name in OF_ROLES:
        answer = auditor.post(address(name), sent).status_code
        # What there is to read cannot be written to, or is only shown once more.
        assert answer in (403, 405) or name in (*READ, *TABS) or name.endswith(("_changelist", "_history")), (
            name,
            answer,
        )
    for name in ("ccp_activity", "certifications_cycle"):
        acts = {"action": "delete_selected", "_selected_action": ["1"], "post": "yes"}
        auditor.post(address(f"{name}_changelist"), acts)
    assert {model: model._default_manager.count() for model in models} == before


def test_money_to_look_at_shows_only_what_the_account_may_see() -> None:
    page = address("payments_unappliedmoney_look")
    said = staff_with("payments.view_unappliedmoney").get(page).text
    assert "Unapplied money" in said
    assert "Days that differ" not in said
    said = staff_with("payments.view_unappliedmoney", "payments.view_settlement").get(page).text
    assert "has no payment." in said


@pytest.mark.parametrize("name", OF_STAFF)
def test_pages_of_no_model_are_for_staff(name: str) -> None:
    arguments = {"app_list": ["ccp"], "view_on_site": [1, 1]}.get(name, [])
    page = reverse(f"admin:{name}", args=arguments)
    clerk = staff_with(permission("ccp_activity", VIEW))
    assert clerk.get(page).status_code == OF_STAFF[name]
    assert client_of(make_member()).get(page).status_code in (302, 403)
    assert client_of(None).get(page).headers["Location"].startswith(("/accounts/login/", "/admin/login/"))


@pytest.mark.parametrize(
    ("field", "needed"),
    [
        pytest.param("certifications.certification.member", "members.view_member", id="member of a certification"),
        pytest.param("members.member.user", "members.view_user", id="account of a member"),
    ],
)
def test_names_are_completed_for_those_who_may_see_them(field: str, needed: str) -> None:
    app, model, name = field.split(".")
    asked = {"app_label": app, "model_name": model, "field_name": name, "term": "Ada"}
    page = reverse("admin:autocomplete")
    assert staff_with(f"{app}.change_{model}").get(page, asked).status_code == 403
    assert staff_with(needed).get(page, asked).status_code == 200
    assert client_of(make_member()).get(page, asked).status_code == 302


def test_a_clerk_makes_nobody_staff_and_changes_no_staff(staff: User) -> None:
    client = staff_with("members.add_user", "members.change_user", "members.view_user")
    mine = User.objects.latest("pk")
    rights = {"is_staff": "on", "is_superuser": "on", "is_active": "on"}
    for user in (mine, staff):
        changed = client.post(reverse("admin:members_user_change", args=[user.pk]), {"email": user.email, **rights})
        assert changed.status_code == 403
    member = Member.objects.get().user
    client.post(reverse("admin:members_user_change", args=[member.pk]), {"email": member.email, **rights})
    client.post(reverse("admin:members_user_add"), {"email": "new@amt.example", **rights})
    assert set(User.objects.filter(is_superuser=True)) == set()
    assert not User.objects.get(pk=member.pk).is_staff
    assert not User.objects.filter(email="new@amt.example", is_staff=True).exists()
