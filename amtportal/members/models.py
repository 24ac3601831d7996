"""Accounts, which sign in; members, whom AMT knows by their AMT ID; mail that waits; tallies."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone

from amtportal import clean
from amtportal.history.lines import History
from amtportal.model_fields import EmailField, IdentifierField, LineField
from amtportal.staff.searching import first_words

ALONE = 15
"""The minimum length in characters of a password that is the only factor."""


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
        self.email = clean.email(self.email)

    def set_password(self, raw_password: str | None) -> None:
        password = None if raw_password is None else clean.password(raw_password)
        super().set_password(password)
        self.short_password = password is not None and len(password) < ALONE

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


class MemberQuerySet(models.QuerySet["Member"]):
    def found_by(self, words: str) -> "MemberQuerySet":
        """Return the members whom every word matches.

        A word matches the start of a first or last name, of the AMT ID or of the e-mail address.
        A name of several words is matched as a whole: "De Witt", "Harold De Witt". Words after the
        first ``MOST_WORDS`` are ignored.

        Each kind of match is a separate query, and the queries are joined by id, because one OR
        across the two tables uses no index.
        """
        typed = first_words(words)
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

    user = models.OneToOneField(User, on_delete=models.PROTECT, related_name="member")
    amt_id = IdentifierField("AMT ID", max_length=20, unique=True)
    first_name = LineField(max_length=150)
    last_name = LineField(max_length=150)
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
        help_text="The roster's address, which the member has replaced by another one.",
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
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.amt_id})"

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


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
