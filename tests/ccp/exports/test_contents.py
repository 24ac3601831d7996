"""What is in ``data.json``: every model and every column, or a reason why not; nothing of others, and no secret."""

import json
from pathlib import Path
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.apps import apps
from django.db.models import Model

from amtportal.history import events
from amtportal.history.models import SecurityEvent
from amtportal.jobs import Progress
from amtportal.members.models import Member, User
from ccp.audits.models import CaseState, ItemReview
from ccp.exports import contents, packing
from ccp.exports.contents import LEFT_OUT, SECTIONS, Whose
from ccp.exports.models import Archive
from ccp.notices.models import NoticeMail
from ccp.recording import verbs as recording
from ccp.sharing import links
from ccp.standing import calendar
from certifications.models import Payment
from tests.support.audits import case_on_record
from tests.support.builders import TODAY, begin_checkout, cycle_of, invoice_of, make_activity, make_user, noon
from tests.support.evidence import attach
from tests.support.factors import give_app
from tests.support.notices import make_mail

pytestmark = pytest.mark.usefixtures("on_today")

MODELS = [model for model in apps.get_models() if not hasattr(model, "history_id")]
OF_SECTIONS = {section.model: section for section in SECTIONS}


def leads_to_people(model: type[Model], seen: frozenset[type[Model]] = frozenset()) -> bool:
    """Return whether the model is a member or an account, or points at one, whatever is between."""
    if model in (Member, User):
        return True
    others = {field.related_model for field in model._meta.concrete_fields if field.related_model} - seen - {model}
    return any(leads_to_people(other, seen | {model, other}) for other in others)  # type: ignore[arg-type]


def paid(member: Member, *, by: User) -> Payment:
    invoice = invoice_of(cycle_of(member), 1)
    columns = {"amount": invoice.amount, "method": "check", "reference": "1001", "received_on": TODAY}
    return Payment.objects.create(invoice=invoice, recorded_at=noon(TODAY), recorded_by=by, **columns)


def data_of(member: Member, folder: Path) -> tuple[dict[str, Any], str]:
    path = folder / "data.json"
    packing._write_data(path, Whose.of(member), Progress(Archive.objects.none()), at=noon(TODAY))
    text = path.read_text()
    return json.loads(text), text


@pytest.mark.any_database
def test_every_model_that_leads_to_a_person_is_in_the_archive_or_left_out_with_a_reason() -> None:
    leading = {model for model in MODELS if leads_to_people(model)}
    assert leading - OF_SECTIONS.keys() - LEFT_OUT.keys() == set(), "say in contents.py how it is exported, or why not"
    assert OF_SECTIONS.keys() & LEFT_OUT.keys() == set()
    assert all(LEFT_OUT.values())
    assert len({section.name for section in SECTIONS}) == len(SECTIONS)


@pytest.mark.any_database
@pytest.mark.parametrize("section", SECTIONS, ids=lambda section: section.name)
def test_every_column_is_in_the_archive_or_left_out_with_a_reason(section: contents.Section) -> None:
    columns = {field.name for field in section.model._meta.concrete_fields} - {"id"}
    # A few columns are named only for the rows that ``change`` reads.
    assert columns - set(section.columns) - section.without.keys() == set()
    assert set(section.columns) <= columns
    assert not set(section.columns) & section.without.keys() - {"draw_line"}
    assert all(section.without.values())


@pytest.mark.any_database
def test_every_section_is_described() -> None:
    described = (Path(__file__).parents[3] / "docs" / "my-data.md").read_text()
    assert [section.name for section in SECTIONS if f"`{section.name}`" not in described] == []


@pytest.mark.django_db
def test_it_has_the_record_with_its_history_and_names_nobody_else(met: Member, tmp_path: Path, staff: User) -> None:
    entry = met.activities.get()
    recording.withdraw(activity=entry, by=met.user, at=noon(TODAY))
    payment = paid(met, by=staff)
    data, text = data_of(met, tmp_path)
    assert [row["amt_id"] for row in data["members"]] == [met.amt_id]
    [of_entry] = data["entries"]
    assert (of_entry["reference"], of_entry["attested_by"]) == (entry.reference, "you")
    assert of_entry["statement_text"] == entry.attestation
    assert [line["what"] for line in of_entry["history"]] == ["recorded", "changed"]
    assert [line["by"] for line in of_entry["history"]][-1] == "you"
    assert [(row["id"], row["recorded_by"]) for row in data["payments"]] == [(payment.pk, "AMT staff")]
    assert {row["id"]: row["points_counted"] for row in data["cycles"]}[cycle_of(met).pk] == "0.00"
    assert staff.email not in text
    assert data["account"][0]["email"] == met.user.email


@pytest.mark.django_db
def test_it_has_nothing_of_another_member(met: Member, stranger: Member, tmp_path: Path) -> None:
    make_mail(stranger)
    attach(make_activity(cycle_of(met), points="1"))
    data, text = data_of(stranger, tmp_path)
    assert [row["id"] for row in data["members"]] == [stranger.pk]
    assert data["entries"] == data["evidence"] == []
    assert (met.amt_id in text, met.user.email in text) == (False, False)


@pytest.mark.django_db
def test_it_has_what_was_of_a_member_who_was_merged(met: Member, stranger: Member, tmp_path: Path) -> None:
    Member.objects.filter(pk=stranger.pk).update(merged_into=met)
    make_mail(stranger)
    data, _text = data_of(met, tmp_path)
    assert [row["id"] for row in data["members"]] == sorted([met.pk, stranger.pk])
    assert [row["id"] for row in data["mails"]] == list(NoticeMail.objects.values_list("pk", flat=True))


@pytest.mark.django_db
def test_no_secret_is_in_it(met: Member, tmp_path: Path) -> None:
    user = met.user
    user.set_password("a password of the member")
    user.save()
    EmailAddress.objects.create(user=user, email=user.email, verified=True, primary=True)
    give_app(user)
    feed = calendar.create(member=met, at=noon(TODAY))
    link = links.create(member=met, scope="standing", until=TODAY, by=user, at=noon(TODAY))
    make_mail(met, text="Hello,\n\nhttps://portal.example.org/notices/stop/AbC-secret:1/\n")
    checkout = begin_checkout(invoice_of(cycle_of(met)))
    evidence = attach(met.activities.get())
    _data, text = data_of(met, tmp_path)
    secret = user.authenticator_set.get(type="totp").data["secret"]
    told = [
        user.password,
        secret,
        feed.token,
        link.digest,
        link.nonce,
        "AbC-secret",
        str(checkout.idempotency_key),
        evidence.stored_name,
    ]
    assert all(told)
    assert [one for one in told if one in text] == []


@pytest.mark.django_db
def test_where_staff_sat_is_not_in_it(met: Member, tmp_path: Path) -> None:
    for kind in (events.Kind.SIGNED_IN, events.Kind.FACTOR_REMOVED):
        SecurityEvent.objects.create(kind=kind, user=met.user, address="203.0.113.9")
    data, _text = data_of(met, tmp_path)
    assert [row["address"] for row in data["security_events"]] == ["203.0.113.9", None]


@pytest.mark.django_db
@pytest.mark.parametrize(("state", "is_told"), [(CaseState.DECIDED, False), (CaseState.ANNOUNCED, True)])
def test_a_decision_of_an_audit_is_in_it_once_it_is_announced(
    met: Member, tmp_path: Path, state: str, is_told: bool
) -> None:
    case = case_on_record(cycle_of(met), CaseState.ANNOUNCED)
    type(case).objects.update(state=state)
    ItemReview.objects.create(
        case=case,
        activity=met.activities.get(),
        round="first",
        reviewer=make_user(is_staff=True),
        reviewed_at=noon(TODAY),
        verdict="reject",
        points="0",
        reason="It shows no date.",
    )
    data, text = data_of(met, tmp_path)
    assert (data["audits"][0]["outcome"] is not None) == is_told
    assert ("It shows no date." in text) == is_told
