"""Accounts, which sign in; members, whom AMT knows by their AMT ID; mail that waits; tallies.

A member without an account has no way to sign in: there is no address to which anything could be
sent, and none that could be typed.
"""

import json
from collections.abc import Iterable, Sequence
from functools import reduce
from itertools import chain
from operator import or_
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, Group, Permission, PermissionsMixin
from django.db import connection, models, transaction
from django.db.models import Exists, F, OuterRef, Q, Value
from django.db.models.functions import Coalesce, Lower, NullIf
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from amtportal import clean
from amtportal.chunks import chunks
from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members import lookups  # noqa: F401  Registers ``begins``.
from amtportal.members.search_terms import (
    LONGEST,
    can_be_paired,
    needed,
    paired,
    sound_terms,
    terms_of,
    typed_words,
)
from amtportal.model_fields import EmailField, IdentifierField, LineField
from amtportal.prepared import prepared
from amtportal.staff.searching import MOST_PEOPLE, first_words
from amtportal.uploads.kept import FileKind

MOST_FOUND = MOST_PEOPLE + 1
"""How many members a search returns at most: one more than the lists of the admin show."""
MOST_READ = 300
"""How many terms a search reads at most. A member may have several that begin alike."""
MOST_COUNTED = 5_000
"""Up to how many terms with a beginning are counted, to look at the rarest first."""

ALONE = 15
"""The minimum length in characters of a password that is the only factor."""


UNOPENED = Q(password__startswith="!")  # noqa: S106  Django's mark of an account without a password
"""The condition of accounts that nobody has opened."""


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account. Without a password, nobody can sign in until it is activated."""
        user = self.model(email=clean.email(email), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)

    def get_by_natural_key(self, username: str | None) -> "User":
        return super().get_by_natural_key(clean.email(username or ""))


class User(AbstractBaseUser, PermissionsMixin):
    """An account of a member or of staff. People sign in with the e-mail address, in lower case."""

    email = EmailField("e-mail address", unique=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May open the admin pages.")
    is_active = models.BooleanField("active", default=True, help_text="Untick this instead of deleting the account.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # Too short to be the only factor, so the second factor cannot be removed
    # (``second_factor.may_remove``).
    short_password = models.BooleanField(default=False, editable=False)
    # The language of the last sign-in from a known browser. A mail about a sign-in from another
    # browser is written in this language.
    language = models.CharField(max_length=5, blank=True, editable=False)

    # The address of this account if mail to it comes back (``bounces``), so that pages need not ask.
    bouncing_email = models.CharField(max_length=254, blank=True, editable=False)

    # ``amtportal.history.models.SecurityEvent`` records passwords and sign-ins.
    history = History(
        excluded_fields=["password", "last_login", "short_password", "language", "bouncing_email"],
        m2m_fields=["groups", "user_permissions"],
    )
    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        permissions = [("give_roles", "Can give roles to staff and take them away, within one's own rights")]
        indexes = [
            models.Index(fields=["-id"], name="members_user_staff", condition=Q(is_staff=True)),
            models.Index(fields=["-id"], name="members_user_inactive", condition=Q(is_active=False)),
            models.Index(fields=["-id"], name="members_user_unopened", condition=UNOPENED),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message="Write the e-mail address in lower case.",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    @property
    def mail_comes_back(self) -> bool:
        """Return whether mail to the address comes back. With another address the answer is no by itself."""
        return self.bouncing_email == self.email

    def clean(self) -> None:
        super().clean()
        self.email = clean.email(self.email)

    def set_password(self, raw_password: str | None) -> None:
        password = None if raw_password is None else clean.password(raw_password)
        super().set_password(password)
        self.short_password = password is not None and len(password) < ALONE

    def has_perm(self, perm: str, obj: Any = None) -> bool:
        # Read by one query, compiled once; Django would compile two for each page of staff.
        if self.is_active and not self.is_superuser and not hasattr(self, "_perm_cache"):
            self._perm_cache = {f"{app}.{name}" for app, name in _permissions(self.pk)}
        return super().has_perm(perm, obj)

    def check_password(self, raw_password: str) -> bool:
        """Return whether this is the password, from whatever keyboard it comes.

        A password that was set before passwords were normalized is also accepted as it was typed.
        """
        password = clean.password(raw_password)
        return super().check_password(password) or (password != raw_password and super().check_password(raw_password))

    def normalize_password(self, right: str) -> None:
        """Store the right password normalized, if it was set before passwords were normalized.

        This ends the sessions of the account, so it is done while somebody signs in.
        """
        password = clean.password(right)
        if password != right and not super().check_password(password):
            super().set_password(password)
            self._password = None  # It is no new password.
            self.save(update_fields=["password"])


@prepared
def _permissions(user: int) -> models.QuerySet[Permission, tuple[str, str]]:
    """Return the permissions of an account, its own and those of its groups."""
    own = User.user_permissions.through.objects.filter(user=user).values("permission")
    of_groups = Group.permissions.through.objects.filter(group__user=user).values("permission")
    granted = Permission.objects.filter(Q(pk__in=own) | Q(pk__in=of_groups))
    return granted.order_by().values_list("content_type__app_label", "codename")


class MemberQuerySet(models.QuerySet["Member"]):
    def known_as(self, amt_ids: Iterable[str]) -> dict[str, "Member"]:
        """Return the members who have, or had, these AMT IDs, by AMT ID.

        A member who was merged into another stands for that one. An AMT ID of today comes before
        the same one of the past.
        """
        known: dict[str, Member] = {}
        for some in chunks(amt_ids):
            former = FormerAmtId.objects.filter(amt_id__in=some).select_related("member__merged_into")
            known |= {row.amt_id: row.member for row in former.order_by("pk")}
            known |= {member.amt_id: member for member in self.filter(amt_id__in=some).select_related("merged_into")}
        return {amt_id: member.merged_into or member for amt_id, member in known.items()}

    def found_by(self, words: str) -> "MemberQuerySet":
        """Return the members whom every word matches.

        A word matches the start of a word of the name, in any spelling, of the AMT ID, of a former
        one, or of the e-mail address, or a part of the phone number (``search_terms``). Words after
        the first ``MOST_WORDS`` are ignored.

        They are looked up at once (``keys_found_by``), and no more of them than ``MOST_FOUND``.
        """
        return self.filter(pk__among=self.keys_found_by(words)) if words.split() else self.all()

    def keys_found_by(self, words: str) -> list[int]:
        """Return the keys of the members whom the words find, ``MOST_FOUND`` at most.

        Each kind of match is a query of its own: one OR across the tables uses no index.
        """
        last, _, first = " ".join(first_words(words)).partition(",")  # "Lane, Ada" is "Ada Lane"
        typed = typed_words(f"{first} {last}")
        keys: set[int] = set()
        for every in {tuple(chain.from_iterable(typed)), tuple("".join(terms) for terms in typed)} - {()}:
            keys |= SearchTerm.objects.members_with(every)
        if len(words.split()) == 1 and len(keys) < MOST_FOUND:
            by_address = User.objects.filter(email__begins=words.strip().lower()).order_by()
            accounts = list(by_address.values_list("pk", flat=True)[:MOST_FOUND])
            with_them = (
                Member.objects.filter(user__pk__among=accounts).order_by() if accounts else Member.objects.none()
            )
            keys |= set(with_them.values_list("pk", flat=True))
        return sorted(keys)[:MOST_FOUND]

    def keys_sounding_like(self, words: str) -> list[int]:
        """Return the keys of the members with a name that sounds like each of the words, ``MOST_FOUND`` at most."""
        keys = sorted(sound_terms(first_words(words)))
        return sorted(SearchTerm.objects.members_with(keys))[:MOST_FOUND] if keys else []

    def bulk_create(self, objs: Iterable["Member"], *args: Any, **kwargs: Any) -> list["Member"]:
        with transaction.atomic():
            created = super().bulk_create(objs, *args, **kwargs)
            keep_search_terms(created)
        return created

    bulk_create.alters_data = True  # type: ignore[attr-defined]

    def bulk_update(self, objs: Iterable["Member"], fields: Iterable[str], *args: Any, **kwargs: Any) -> int:
        fields = list(fields)
        with transaction.atomic():
            members = list(objs)
            changed = super().bulk_update(members, fields, *args, **kwargs)
            if Member.FOUND_BY & set(fields):
                keep_search_terms(members)
        return changed

    bulk_update.alters_data = True  # type: ignore[attr-defined]


LAST_OR_ONLY_NAME = Coalesce(NullIf("last_name", Value("")), "first_name")
NO_SIGN_IN = Q(user=None, merged_into=None, died_on=None)


class Member(models.Model):
    """A person with an AMT ID, who holds (or held) at least one certification."""

    user = models.OneToOneField(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="member",
        help_text="Empty: the member has no way to sign in.",
    )
    amt_id = IdentifierField("AMT ID", max_length=20, unique=True)
    # A person with one name has it in either of the two.
    first_name = LineField(max_length=150, blank=True)
    last_name = LineField(max_length=150, blank=True)
    phone = IdentifierField(max_length=40, blank=True)
    address_line1 = LineField(max_length=200, blank=True)
    address_line2 = LineField(max_length=200, blank=True)
    city = LineField(max_length=100, blank=True)
    state = LineField(max_length=100, blank=True)
    postal_code = IdentifierField(max_length=20, blank=True)
    country = LineField(max_length=100, blank=True)
    roster_email = EmailField(
        blank=True,
        editable=False,
        help_text="The roster's address, if the member does not sign in with it.",
    )
    merged_into = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        editable=False,
        db_index=False,  # few are merged; their index is below
        related_name="merged",
        help_text="The member who is the same person and holds the record now.",
    )
    died_on = models.DateField(
        "died on", null=True, blank=True, editable=False, help_text="The member has died; the report says who said so."
    )

    erased_on = models.DateField(
        "erased on",
        null=True,
        blank=True,
        editable=False,
        help_text="Erased by law: only what the record of the certification needs is left.",
    )

    history = History(found_by=["merged_into"])
    objects = MemberQuerySet.as_manager()

    FOUND_BY: ClassVar[set[str]] = {"first_name", "last_name", "phone", "amt_id"}

    class Meta:
        # A person with one name stands under this name.
        ordering = [LAST_OR_ONLY_NAME, "first_name", "pk"]
        indexes = [
            models.Index(LAST_OR_ONLY_NAME, "first_name", "id", name="members_member_sorted"),
            models.Index(LAST_OR_ONLY_NAME, "first_name", "id", name="members_member_no_sign_in", condition=NO_SIGN_IN),
            models.Index(
                LAST_OR_ONLY_NAME,
                "first_name",
                "id",
                name="members_member_no_address",
                condition=NO_SIGN_IN & Q(roster_email=""),
            ),
            models.Index(
                LAST_OR_ONLY_NAME,
                "first_name",
                "id",
                name="members_member_shared_address",
                condition=NO_SIGN_IN & ~Q(roster_email=""),
            ),
            models.Index(
                fields=["roster_email"],
                name="members_member_roster_email",
                opclasses=["text_pattern_ops"],
                condition=~Q(roster_email=""),
            ),
            models.Index(fields=["merged_into"], name="members_member_merged", condition=Q(merged_into__isnull=False)),
            models.Index(
                LAST_OR_ONLY_NAME, "first_name", "id", name="members_member_died", condition=Q(died_on__isnull=False)
            ),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_amt_id_given",
                condition=~Q(amt_id=""),
                violation_error_message="A member needs an AMT ID.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_name_given",
                condition=~Q(first_name="", last_name=""),
                violation_error_message="Enter the name. A person with one name has it in either field.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_not_merged_into_itself",
                condition=Q(merged_into=None) | ~Q(merged_into=F("pk")),
            ),
        ]
        permissions = [
            ("change_amt_id", "Can give a member another AMT ID"),
            ("merge_members", "Can merge two members who are one person"),
            ("give_sign_in", "Can give a member a way to sign in"),
            ("record_death", "Can record that a member has died, and take it back"),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.amt_id})"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the member and what the member is found by."""
        with transaction.atomic():
            super().save(*args, **kwargs)
            update_fields = kwargs.get("update_fields")
            if update_fields is None or self.FOUND_BY & set(update_fields):
                keep_search_terms([self])

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def all_amt_ids(self) -> list[str]:
        """Return the AMT IDs under which the member is or was known, those of merged members too."""
        merged = Member.objects.filter(merged_into=self)
        former = FormerAmtId.objects.filter(Q(member=self) | Q(member__merged_into=self))
        return [self.amt_id, *merged.values_list("amt_id", flat=True), *former.values_list("amt_id", flat=True)]


class DeathReport(models.Model):
    """Who reported, and when, that a member has died; and the reason, if that was a mistake.

    ``certifications.deaths`` writes it. The day of the report that stands is ``Member.died_on``.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="death_reports")
    died_on = models.DateField("died on")
    reported_by = LineField(max_length=300, help_text="Who reported it, and how. Staff and auditors read it.")
    recorded_at = models.DateTimeField()
    recorded_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="deaths_recorded")
    closed_account = models.BooleanField(default=False, help_text="The sign-in was open and was closed with it.")
    taken_back_at = models.DateTimeField(null=True, blank=True)
    taken_back_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="deaths_taken_back"
    )
    taken_back_reason = models.CharField(max_length=300, blank=True, help_text="How the mistake came about.")

    history = History(found_by=["member"])

    class Meta:
        ordering = ["-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(taken_back_at=None), name="%(app_label)s_%(class)s_one_stands"
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_source", condition=~Q(reported_by="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_taken_back_whole",
                condition=Q(taken_back_at=None, taken_back_by=None, taken_back_reason="")
                | (Q(taken_back_at__isnull=False, taken_back_by__isnull=False) & ~Q(taken_back_reason="")),
                violation_error_message="A report that is taken back has a time, a person and a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.member} died on {self.died_on}"


class SearchTermQuerySet(models.QuerySet["SearchTerm"]):
    def members_with(self, beginnings: Sequence[str]) -> set[int]:
        """Return the keys of members who have a term for each beginning, ``MOST_FOUND`` at most."""
        members = self.having(beginnings).order_by().values_list("member", flat=True)
        read = list(members[:MOST_READ])
        if len(read) == MOST_READ and len(set(read)) < MOST_FOUND:  # many terms of few members
            read = list(members.distinct()[:MOST_FOUND])
        return set(read)

    def having(self, beginnings: Sequence[str]) -> "SearchTermQuerySet":
        """Return terms of the members who have a term for each beginning.

        Two words of names are looked for in the terms of pairs. Of more words the rarest comes
        first, and its members are looked at one by one. Of those that are all too many to count, it
        is the last one: people type the last name last, and there are fewer with the same.
        """
        rarest, *others = self._rarest_first(needed(beginnings))
        second = next(filter(can_be_paired, others), "") if can_be_paired(rarest) else ""
        if second:
            others.remove(second)
            found = self.filter(term__fits=paired(rarest, second, unknown="_").rstrip("_"))
        else:
            found = self.filter(term__begins=rarest)
        for beginning in others:
            found = found.filter(Exists(self.filter(term__begins=beginning, member=OuterRef("member"))))
        return found

    def _rarest_first(self, beginnings: list[str]) -> list[str]:
        """Return the words in the order in which they are looked for. For one, and for a pair, it does not matter."""
        if len(beginnings) == 1 or (len(beginnings) == 2 and all(map(can_be_paired, beginnings))):
            return beginnings

        def count(beginning: str) -> int:
            return self.filter(term__begins=beginning).order_by().values("pk")[:MOST_COUNTED].count()

        last_first = beginnings[::-1]
        return sorted(last_first, key=count)


class SearchTerm(models.Model):
    """A term by which a member is found (``search_terms``). It follows from the member's record."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="search_terms", db_index=False)
    term = models.CharField(max_length=LONGEST)

    objects = SearchTermQuerySet.as_manager()

    class Meta:
        indexes = [
            # Both columns are in both, so that a search does not read the table.
            models.Index(
                fields=["term", "member"], name="members_searchterm_start", opclasses=["text_pattern_ops", "int8_ops"]
            ),
            models.Index(
                fields=["member", "term"], name="members_searchterm_member", opclasses=["int8_ops", "text_pattern_ops"]
            ),
        ]

    def __str__(self) -> str:
        return self.term


def keep_search_terms(members: Iterable[Member]) -> None:
    """Make the terms of these members, who are on record, follow from what they are and were called.

    A name that was changed still finds its member: people give on the phone the name they had.
    """
    for some in chunks(members):
        keys = [member.pk for member in some]
        former: dict[int, list[str]] = {}
        for key, amt_id in FormerAmtId.objects.filter(member__in=keys).order_by().values_list("member", "amt_id"):
            former.setdefault(key, []).append(amt_id)
        names = {member.pk: {member.first_name, member.last_name} for member in some}
        earlier = Member.history.filter(id__in=keys).order_by()
        for key, *named in earlier.values_list("id", "first_name", "last_name").distinct():
            names[key].update(named)
        kept = {(row.member_id, row.term): row.pk for row in SearchTerm.objects.filter(member__in=keys)}
        wanted = {
            (member.pk, term)
            for member in some
            for term in terms_of(
                names=names[member.pk],
                amt_ids=[member.amt_id, *former.get(member.pk, [])],
                phone=member.phone,
            )
            | sound_terms(names[member.pk])
        }
        for stale in chunks(pk for key, pk in kept.items() if key not in wanted):
            SearchTerm.objects.filter(pk__in=stale).delete()
        _insert_search_terms(sorted(wanted - kept.keys()))


def _insert_search_terms(rows: Sequence[tuple[int, str]]) -> None:
    """Insert these members and terms as bare values: an instance of each costs several times as much."""
    pairs = "json_array_elements(%s) AS pair(value)" if connection.vendor == "postgresql" else "json_each(%s) AS pair"
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {SearchTerm._meta.db_table} (member_id, term) "  # noqa: S608
            f"SELECT CAST(pair.value->>0 AS bigint), pair.value->>1 FROM {pairs}",
            [json.dumps(rows)],
        )


class FormerAmtId(AppendOnly, Traced):
    """An AMT ID that a member had before. Files and documents of that time still name it."""

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="former_amt_ids")
    amt_id = models.CharField("AMT ID", max_length=20, db_index=True)
    changed_at = models.DateTimeField()
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="amt_ids_changed")
    reason = models.CharField(max_length=300)

    class Meta:
        ordering = ["member", "-changed_at", "-pk"]
        verbose_name = "former AMT ID"
        verbose_name_plural = "former AMT IDs"
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_given_with_reason",
                condition=~Q(amt_id="") & ~Q(reason=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amt_id}, now {self.member.amt_id}"


class Detail(models.TextChoices):
    """What a member, staff and the roster may change of a person. Each is compared as a whole."""

    NAME = "name", "Name"
    PHONE = "phone", "Phone"
    ADDRESS = "address", "Postal address"


class RosterDifference(models.Model):
    """A detail that a member or staff changed, with what the roster says of it.

    ``amtportal.members.details`` and the roster import write it. It is settled when both say the
    same again. While it waits, the roster brought something new, and staff decide.
    """

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="roster_differences")
    detail = models.CharField(max_length=10, choices=Detail)
    roster_says = models.JSONField(help_text="The text of each column, as the roster brought it last.")
    decided_against = models.JSONField(
        default=list, blank=True, help_text="What the roster said before, and somebody decided against."
    )
    changed_at = models.DateTimeField(help_text="When the record was changed last.")
    changed_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="roster_differences_made")
    waits_since = models.DateTimeField(
        "waits for staff since", null=True, blank=True, help_text="When the roster brought something new."
    )
    file_name = models.CharField("file", max_length=255, blank=True, help_text="The roster that brought it.")
    settled_at = models.DateTimeField(null=True, blank=True)

    history = History(found_by=["member"])

    class Meta:
        verbose_name = "difference from the roster"
        verbose_name_plural = "differences from the roster"
        indexes = [
            models.Index(fields=["-id"], name="members_difference_waits", condition=Q(waits_since__isnull=False)),
            models.Index(fields=["-id"], name="members_difference_open", condition=Q(settled_at=None)),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member", "detail"],
                condition=Q(settled_at=None),
                name="%(app_label)s_%(class)s_once_while_open",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_detail_known", condition=Q(detail__in=Detail.values)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_waits_while_open", condition=Q(settled_at=None) | Q(waits_since=None)
            ),
        ]
        permissions = [("decide_rosterdifference", "Can decide whether the record or the roster is right")]

    def __str__(self) -> str:
        return f"{self.get_detail_display()} of {self.member}"


class NameRequestState(models.TextChoices):
    WAITING = "waiting", "Waits for an answer"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    WITHDRAWN = "withdrawn", "Withdrawn"


class NameRequestReason(models.TextChoices):
    MARRIAGE = "marriage", _("Marriage")
    DIVORCE = "divorce", _("Divorce")
    COURT = "court", _("Court order")
    CORRECTION = "correction", _("The name is misspelled or incomplete")
    OTHER = "other", _("Another reason")


class NameRequest(models.Model):
    """A member asks for another name on record, with a document that proves it; staff answer.

    ``amtportal.members.name_requests`` writes it. The row stays when its document is deleted.
    """

    State = NameRequestState
    Reason = NameRequestReason

    member = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="name_requests")
    first_name = LineField(max_length=150, blank=True)
    last_name = LineField(max_length=150, blank=True)
    before = models.CharField("name before", max_length=301, help_text="On record when it was asked for.")
    reason = models.CharField(max_length=10, choices=NameRequestReason)
    note = LineField(max_length=300, blank=True, help_text="What the member wrote.")
    document_name = models.CharField("document", max_length=200, help_text="As the member's file was called.")
    document_kind = models.CharField(max_length=10, choices=FileKind)
    document_size = models.PositiveIntegerField(help_text="Bytes, as it is kept.")
    document_sha256 = models.CharField("SHA-256", max_length=64, help_text="Of the file as it was sent.")
    stored_sha256 = models.CharField("SHA-256 as kept", max_length=64)
    stored_name = models.CharField(max_length=100, unique=True, help_text="In the storage of evidence.")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(User, on_delete=models.PROTECT, related_name="names_asked_for")
    state = models.CharField(max_length=10, choices=NameRequestState, default=NameRequestState.WAITING)
    answer = models.CharField(max_length=500, blank=True, help_text="The member reads it.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="names_answered"
    )

    history = History(found_by=["member"])

    class Meta:
        verbose_name = "request for another name"
        verbose_name_plural = "requests for another name"
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["-id"], name="members_namerequest_waiting", condition=Q(state="waiting")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["member"], condition=Q(state="waiting"), name="%(app_label)s_%(class)s_one_waits"
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_name_given", condition=~Q(first_name="", last_name="")
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_reason_known", condition=Q(reason__in=NameRequestReason.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_kind_known", condition=Q(document_kind__in=FileKind.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_state_known", condition=Q(state__in=NameRequestState.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_answer_whole",
                condition=Q(state="waiting", answered_at=None, answered_by=None)
                | (~Q(state="waiting") & Q(answered_at__isnull=False, answered_by__isnull=False)),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_declined_with_reason", condition=~Q(state="declined", answer="")
            ),
        ]
        permissions = [("answer_namerequest", "Can accept or decline another name")]

    def __str__(self) -> str:
        return f"{self.name} for {self.before}"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


class MailPriority(models.IntegerChoices):
    """Which mail goes first: the lowest number."""

    LINK = 1, "A link or code that somebody is waiting for"
    ACCOUNT = 2, "About the safety of an account"
    MONEY = 3, "Receipts and refunds"
    NOTICE = 5, "Notices"
    SUMMARY = 8, "Summaries"


# Not one of a list: Django cannot describe a table of SQLite whose constraint lists numbers, and fingerprint asks it.
PRIORITY_KNOWN = reduce(or_, (Q(priority=value) for value in MailPriority.values))


class OutgoingMail(models.Model):
    """A mail that waits to be sent (``outbox``). The row is deleted once the mail server has it.

    Most are stored as they were written. One with a ``writer`` is written at the moment of sending,
    with the figures of that moment, or not sent because its reason is gone.
    """

    Priority = MailPriority

    message_id = models.CharField(
        "Message-ID", max_length=255, blank=True, db_index=True, help_text="Empty until it is written."
    )
    sender = models.CharField(max_length=320)
    recipients = models.JSONField(help_text="One: a mail to several people is stored once for each.")
    domain = models.CharField(max_length=255, editable=False, help_text="The domain of the recipient, in lower case.")
    priority = models.PositiveSmallIntegerField(choices=MailPriority, default=MailPriority.ACCOUNT)
    content = models.TextField(blank=True, help_text="Encrypted: it may hold a link that opens an account.")
    writer = models.CharField(max_length=40, blank=True, help_text="What writes it at sending, if it is not written.")
    writer_key = models.BigIntegerField(null=True, blank=True, help_text="The key of what is to be written about.")
    made_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now, db_index=True)
    claimed_by = models.CharField(max_length=100, blank=True, help_text="Which sender has it in hand.")

    class Meta:
        verbose_name_plural = "outgoing mail"
        indexes = [
            models.Index(fields=["priority", "id"], name="members_outgoingmail_in_order"),
            models.Index(fields=["claimed_by"], name="members_outgoingmail_claimed", condition=~Q(claimed_by="")),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_sender_given",
                condition=~Q(sender=""),
                violation_error_message="A mail needs a sender.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_priority_known",
                condition=PRIORITY_KNOWN,
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_written_or_to_be",
                condition=(~Q(content="") & Q(writer="", writer_key=None))
                | (Q(content="", writer_key__isnull=False) & ~Q(writer="")),
                violation_error_message="A mail is written, or something writes it at sending.",
            ),
        ]

    def __str__(self) -> str:
        return f"Mail {self.pk} to {', '.join(self.recipients)}"


class MailPause(models.Model):
    """A domain whose mail server asked the portal to come later. Its mail waits until then.

    The row is deleted when the domain takes a mail again.
    """

    domain = models.CharField(max_length=255, primary_key=True)
    until = models.DateTimeField()
    times = models.PositiveIntegerField(default=1, help_text="How often in a row.")
    reason = models.CharField(max_length=500)

    def __str__(self) -> str:
        return self.domain


class MailDelivery(models.Model):
    """What became of a mail to one recipient: the mail server took it, or it was given up.

    It says nothing of what the mail said, and is removed after 90 days (``outbox.KEPT``).
    """

    message_id = models.CharField("Message-ID", max_length=255, db_index=True)
    recipient = models.CharField(max_length=320, db_index=True)
    account = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="mail_deliveries",
        help_text="Who signed in with this address when the mail was sent.",
    )  # fmt: skip
    priority = models.PositiveSmallIntegerField(choices=MailPriority)
    queued_at = models.DateTimeField(db_index=True)
    sent_at = models.DateTimeField(null=True, blank=True, help_text="When the mail server took it.")
    refused_at = models.DateTimeField(null=True, blank=True, help_text="When it was given up.")
    reason = models.CharField(max_length=500, blank=True, help_text="Why it was given up.")
    returned_at = models.DateTimeField(null=True, blank=True, help_text="When a report came that it was not delivered.")
    returned_for_good = models.BooleanField("returned for good", default=False)
    returned_reason = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "mail deliveries"
        indexes = [
            models.Index(fields=["-id"], name="members_maildelivery_refused", condition=Q(refused_at__isnull=False)),
            models.Index(fields=["-id"], name="members_maildelivery_returned", condition=Q(returned_at__isnull=False)),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_priority_known",
                condition=PRIORITY_KNOWN,
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_sent_or_refused",
                condition=Q(sent_at__isnull=False, refused_at=None, reason="")
                | (Q(sent_at=None, refused_at__isnull=False) & ~Q(reason="")),
                violation_error_message="A mail was taken, or given up for a reason.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.message_id} to {self.recipient}"


class BouncingAddress(models.Model):
    """An address whose mail comes back (``bounces``). It is marked until staff clear it."""

    email = EmailField("e-mail address", unique=True)
    marked_at = models.DateTimeField()
    reason = models.CharField(max_length=500, help_text="What the mail server said.")
    cleared_at = models.DateTimeField(null=True, blank=True)
    cleared_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="bouncing_addresses_cleared"
    )

    history = History()

    class Meta:
        verbose_name_plural = "bouncing addresses"
        indexes = [
            models.Index(fields=["-id"], name="members_bouncing_marked", condition=Q(cleared_at=None)),
        ]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_cleared_by_somebody",
                condition=Q(cleared_at=None, cleared_by=None) | Q(cleared_at__isnull=False, cleared_by__isnull=False),
            ),
        ]
        permissions = [("clear_bouncingaddress", "Can let mail go to an address again whose mail came back")]

    def __str__(self) -> str:
        return self.email


class Question(models.Model):
    """What somebody asked AMT in the portal, with the answer (``questions`` writes it)."""

    user = models.ForeignKey(
        User,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="questions",
        help_text="Who was signed in; nobody if it was asked signed out.",
    )
    email = EmailField("e-mail address", help_text="Where the answer goes. Signed out, it is as typed.")
    amt_id = models.CharField("AMT ID", max_length=20, blank=True, help_text="Of the member who was signed in.")
    page = models.CharField(max_length=200, blank=True, help_text="From where it was asked.")
    text = models.TextField("question")
    language = models.CharField(max_length=5, help_text="In which the page was shown.")
    asked_at = models.DateTimeField()
    answer = models.TextField(blank=True, help_text="As it was mailed; empty if it was answered elsewhere.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        User, on_delete=models.PROTECT, null=True, blank=True, related_name="questions_answered"
    )

    history = History()

    class Meta:
        ordering = ["-pk"]
        indexes = [
            models.Index(fields=["-id"], name="members_question_waiting", condition=Q(answered_at=None)),
            models.Index(fields=["email"], name="members_question_by_email"),
            models.Index(fields=["amt_id"], name="members_question_by_amt_id"),
        ]
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_text", condition=~Q(text="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_answer_whole",
                condition=Q(answered_at=None, answered_by=None, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False),
            ),
        ]
        permissions = [("answer_question", "Can answer questions")]

    def __str__(self) -> str:
        return f"Question {self.pk}"


class Tally(models.Model):
    """How often something happened lately (``tallies``): requests of one address, wrong passwords.

    The row is deleted some time after ``until``.
    """

    key = models.CharField(max_length=64, primary_key=True, help_text="The SHA-256 of what is counted.")
    number = models.PositiveIntegerField()
    until = models.FloatField(db_index=True, help_text="Seconds since 1970.")

    class Meta:
        verbose_name_plural = "tallies"

    def __str__(self) -> str:
        return f"{self.key[:8]}: {self.number}"
