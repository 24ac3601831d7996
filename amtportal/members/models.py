"""Accounts, which sign in; members, whom AMT knows by their AMT ID; and mail that waits.

A member without an account has no way to sign in: there is no address to which anything could be
sent, and none that could be typed.
"""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from amtportal.chunks import chunks
from amtportal.history.lines import AppendOnly, History, Traced

ALONE = 15
"""The minimum length in characters of a password that is the only factor."""


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, **fields: Any) -> "User":
        """Create an account. Without a password, nobody can sign in until it is activated."""
        user = self.model(email=email.strip().lower(), **fields)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_superuser(self, email: str, password: str | None = None, **fields: Any) -> "User":
        return self.create_user(email, password, is_staff=True, is_superuser=True, **fields)


class User(AbstractBaseUser, PermissionsMixin):
    """An account of a member or of staff. People sign in with the e-mail address, in lower case."""

    email = models.EmailField("e-mail address", unique=True)
    is_staff = models.BooleanField("staff", default=False, help_text="May open the admin pages.")
    is_active = models.BooleanField("active", default=True, help_text="Untick this instead of deleting the account.")
    date_joined = models.DateTimeField(default=timezone.now, editable=False)
    # Too short to be the only factor, so the second factor cannot be removed
    # (``second_factor.may_remove``).
    short_password = models.BooleanField(default=False, editable=False)
    # The language of the last sign-in from a known browser. A mail about a sign-in from another
    # browser is written in this language.
    language = models.CharField(max_length=5, blank=True, editable=False)

    # ``amtportal.history.models.SecurityEvent`` records passwords and sign-ins.
    history = History(
        excluded_fields=["password", "last_login", "short_password", "language"],
        m2m_fields=["groups", "user_permissions"],
    )
    objects: ClassVar[UserManager] = UserManager()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_email_lower_case",
                condition=Q(email=Lower("email")),
                violation_error_message="Write the e-mail address in lower case.",
            ),
        ]

    def __str__(self) -> str:
        return self.email

    def clean(self) -> None:
        super().clean()
        self.email = self.email.strip().lower()

    def set_password(self, raw_password: str | None) -> None:
        super().set_password(raw_password)
        self.short_password = raw_password is not None and len(raw_password) < ALONE


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

        A word matches the start of a first or last name, of the AMT ID or of the e-mail address.
        A name of several words is matched as a whole: "De Witt", "Harold De Witt".

        Each kind of match is a separate query, and the queries are joined by id, because one OR
        across the two tables uses no index.
        """
        typed = words.split()
        if not typed:
            return self.all()
        matching = Member.objects.all()
        for word in typed:
            by_member = Member.objects.filter(
                Q(amt_id__istartswith=word) | Q(first_name__istartswith=word) | Q(last_name__istartswith=word)
            )
            by_user = Member.objects.filter(user__in=User.objects.filter(email__istartswith=word))
            ids = by_member.order_by().values("pk").union(by_user.order_by().values("pk"))
            matching = matching.filter(pk__in=ids)
        named = Q()
        for first_names in range(len(typed)):
            named |= Q(
                first_name__istartswith=" ".join(typed[:first_names]),
                last_name__istartswith=" ".join(typed[first_names:]),
            )
        by_name = Member.objects.filter(named)
        return self.filter(pk__in=matching.order_by().values("pk").union(by_name.order_by().values("pk")))


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
    amt_id = models.CharField("AMT ID", max_length=20, unique=True)
    # A person with one name has it in either of the two.
    first_name = models.CharField(max_length=150, blank=True)
    last_name = models.CharField(max_length=150, blank=True)
    phone = models.CharField(max_length=40, blank=True)
    address_line1 = models.CharField(max_length=200, blank=True)
    address_line2 = models.CharField(max_length=200, blank=True)
    city = models.CharField(max_length=100, blank=True)
    state = models.CharField(max_length=100, blank=True)
    postal_code = models.CharField(max_length=20, blank=True)
    country = models.CharField(max_length=100, blank=True)
    roster_email = models.EmailField(
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
        related_name="merged",
        help_text="The member who is the same person and holds the record now.",
    )

    history = History()
    objects = MemberQuerySet.as_manager()

    class Meta:
        ordering = ["last_name", "first_name", "pk"]
        indexes = [
            models.Index(fields=["last_name", "first_name"], name="members_member_name"),
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
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.amt_id})"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()

    def all_amt_ids(self) -> list[str]:
        """Return the AMT IDs under which the member is or was known, those of merged members too."""
        merged = Member.objects.filter(merged_into=self)
        former = FormerAmtId.objects.filter(Q(member=self) | Q(member__merged_into=self))
        return [self.amt_id, *merged.values_list("amt_id", flat=True), *former.values_list("amt_id", flat=True)]


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


class OutgoingMail(models.Model):
    """A mail that waits to be sent (``outbox``). The row is deleted once the mail server has it."""

    sender = models.CharField(max_length=320)
    recipients = models.JSONField()
    content = models.TextField(help_text="Encrypted: it may hold a link that opens an account.")
    made_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveIntegerField(default=0)
    next_try_at = models.DateTimeField(default=timezone.now, db_index=True)
    refused = models.CharField(max_length=500, blank=True, help_text="Why the mail server will never take it.")

    class Meta:
        verbose_name_plural = "outgoing mail"
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_sender_given",
                condition=~Q(sender=""),
                violation_error_message="A mail needs a sender.",
            ),
        ]

    def __str__(self) -> str:
        return f"Mail {self.pk} to {', '.join(self.recipients)}"
