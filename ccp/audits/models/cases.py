"""A case: one member's closed cycle under audit, what was done in it, by whom and why.

Only ``ccp.audits.cases`` writes these rows. The member of a case is the one who holds the
certification of its cycle, also after a merge.
"""

from datetime import date

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from amtportal.dates import day_of
from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.members.models import Member
from ccp.audits.models.draws import DrawLine
from ccp.models import Activity, AttestationStatement
from ccp.notices.models import NoticeMail
from certifications.models import Cycle, PointsField, in_quarters

ASKED_FOR_MORE_AT_MOST = 2


class CaseState(models.TextChoices):
    """Where a case stands; ``ccp.audits.states`` has the table of what follows."""

    DRAWN = "drawn", pgettext_lazy("state of an audit", "Drawn")
    NOTIFIED = "notified", pgettext_lazy("state of an audit", "Proof asked for")
    EXTENSION_ASKED = "extension-asked", pgettext_lazy("state of an audit", "More time asked for")
    OVERDUE = "overdue", pgettext_lazy("state of an audit", "Overdue")
    SUBMITTED = "submitted", pgettext_lazy("state of an audit", "Submitted")
    MORE_WANTED = "more-wanted", pgettext_lazy("state of an audit", "More proof asked for")
    DECIDED = "decided", pgettext_lazy("state of an audit", "Decided")
    SECOND_REVIEW = "second-review", pgettext_lazy("state of an audit", "Second review")
    ANNOUNCED = "announced", pgettext_lazy("state of an audit", "Decision announced")
    APPEALED = "appealed", pgettext_lazy("state of an audit", "Appealed")
    CLOSED = "closed", pgettext_lazy("state of an audit", "Closed")


class Who(models.TextChoices):
    """In which capacity somebody acts in a case."""

    PORTAL = "portal", _("The portal")
    COORDINATOR = "coordinator", _("Audit coordinator")
    MEMBER = "member", _("Member")
    REVIEWER = "reviewer", _("Reviewer")
    BOARD = "board", _("Appeal board")


class Verb(models.TextChoices):
    """What is done in a case."""

    OPEN = "open", _("Case opened")
    NOTIFY = "notify", _("Proof asked for")
    CALL_OFF = "call-off", _("Audit called off")
    ASK_EXTENSION = "ask-extension", _("More time asked for")
    GRANT_EXTENSION = "grant-extension", _("More time granted")
    REFUSE_EXTENSION = "refuse-extension", _("More time refused")
    SUBMIT = "submit", _("Proof submitted")
    DECLARE_CONFLICT = "declare-conflict", _("Question of conflict answered")
    TAKE = "take", _("Taken for review")
    RELEASE = "release", _("Given back to the queue")
    WANT_MORE = "want-more", _("More proof asked for")
    DECIDE = "decide", _("Decided")
    SEND_TO_SECOND_REVIEW = "send-to-second-review", _("Sent to second review")
    DECIDE_AGAIN = "decide-again", _("Decided in second review")
    ANNOUNCE = "announce", _("Decision announced")
    APPEAL = "appeal", _("Appealed")
    DECIDE_APPEAL = "decide-appeal", _("Decided by the appeal board")
    PASS_DEADLINE = "pass-deadline", _("Last day passed")
    CLOSE = "close", _("Closed")


class CaseOutcome(models.TextChoices):
    """What an audit came to."""

    PASSED = "passed", pgettext_lazy("outcome of an audit", "Passed")
    FAILED = "failed", pgettext_lazy("outcome of an audit", "Not passed")
    CALLED_OFF = "called-off", pgettext_lazy("outcome of an audit", "Called off")


class AuditCase(models.Model):
    """The audit of one closed cycle: drawn, or opened for cause.

    ``due_on`` is the last day of the move that the state asks for. ``outcome`` and ``points`` are
    what has been decided so far; the member reads them once they are announced.
    """

    State = CaseState
    Outcome = CaseOutcome

    cycle = models.ForeignKey(Cycle, on_delete=models.PROTECT, related_name="audit_cases")
    draw_line = models.OneToOneField(
        DrawLine,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="case",
        help_text="Empty for an audit for cause.",
    )
    cause = models.CharField(max_length=300, blank=True, help_text="Why it is audited, if it was not drawn.")
    ticket = models.CharField(max_length=64, help_text="SHA-256. It settles which passing results are reviewed again.")
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="audits_opened")
    state = models.CharField(max_length=20, choices=CaseState, default=CaseState.DRAWN)
    state_since = models.DateTimeField()
    due_on = models.DateField("last day", null=True, blank=True)
    frozen_at = models.DateTimeField(
        null=True, blank=True, help_text="Since then no file of its entries can be removed."
    )
    asked_for_more = models.PositiveSmallIntegerField(default=0, help_text="How often more proof was asked for.")
    no_proof = models.BooleanField(default=False, help_text="The last day passed, and nothing was submitted.")
    first_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="audits_reviewed"
    )
    second_reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="audits_reviewed_again"
    )
    first_of_board = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    second_of_board = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    outcome = models.CharField(max_length=15, choices=CaseOutcome, blank=True)
    points = PointsField("points after audit", null=True, blank=True)
    closed_at = models.DateTimeField(null=True, blank=True)

    history = History(found_by=["cycle"])

    class Meta:
        ordering = ["due_on", "pk"]
        permissions = [
            ("coordinate_audits", "Can coordinate audits"),
            ("review_audits", "Can review audits"),
            ("decide_appeals", "Can decide appeals in audits"),
        ]
        indexes = [
            models.Index(fields=["state", "due_on", "id"], name="audits_case_by_state"),
            models.Index(fields=["due_on", "id"], name="audits_case_open", condition=~Q(state="closed")),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["cycle"],
                condition=~Q(state="closed"),
                name="%(app_label)s_%(class)s_one_open_a_cycle",
                violation_error_message="This cycle is being audited already.",
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_state_known", condition=Q(state__in=CaseState.values)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_outcome_known", condition=Q(outcome__in=["", *CaseOutcome.values])
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_drawn_or_for_cause",
                condition=Q(draw_line__isnull=False, cause="") | (Q(draw_line=None) & ~Q(cause="")),
                violation_error_message="A case was drawn, or says why it is audited.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_more_at_most_twice",
                condition=Q(asked_for_more__lte=ASKED_FOR_MORE_AT_MOST),
            ),
            # One person has one part in a case. An empty part compares as unknown, which passes.
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_reviewed_by_two",
                condition=~Q(first_reviewer=F("second_reviewer")),
                violation_error_message="The second reviewer is another person than the first.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_board_of_two",
                condition=~Q(first_of_board=F("second_of_board")),
                violation_error_message="The appeal board consists of two people.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_board_did_not_review",
                condition=~Q(first_of_board=F("first_reviewer"))
                & ~Q(first_of_board=F("second_reviewer"))
                & ~Q(second_of_board=F("first_reviewer"))
                & ~Q(second_of_board=F("second_reviewer")),
                violation_error_message="Nobody decides the appeal who reviewed the case.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_frozen_from_submission",
                condition=Q(state__in=["drawn", "notified", "extension-asked", "overdue", "closed"])
                | Q(frozen_at__isnull=False),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_decided_whole",
                condition=Q(outcome__in=["", "called-off"], points=None)
                | Q(outcome__in=["passed", "failed"], points__isnull=False, points__gte=0),
                violation_error_message="A decision has an outcome and points.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_announced_is_decided",
                condition=~Q(state__in=["decided", "second-review", "announced", "appealed"])
                | Q(outcome__in=["passed", "failed"]),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_closed_whole",
                condition=(~Q(state="closed") & Q(closed_at=None) & ~Q(outcome="called-off"))
                | (Q(state="closed", closed_at__isnull=False, due_on=None) & ~Q(outcome="")),
                violation_error_message="A closed case has an outcome and a time, and no last day.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_in_quarters",
                condition=Q(in_quarters("points")) | Q(points=None),
            ),
        ]

    def __str__(self) -> str:
        return f"Audit {self.reference}"

    @property
    def reference(self) -> str:
        return f"A-{self.pk:06d}"

    @property
    def member(self) -> Member:
        return self.cycle.certification.member

    @property
    def is_open(self) -> bool:
        return self.state != CaseState.CLOSED

    @property
    def is_for_cause(self) -> bool:
        return self.draw_line_id is None


class CaseStep(AppendOnly, Traced):
    """One thing that was done in a case: what, by whom, when and why, and what it led to."""

    case = models.ForeignKey(AuditCase, on_delete=models.PROTECT, related_name="steps", db_index=False)
    number = models.PositiveSmallIntegerField(help_text="In the case, from 1.")
    verb = models.CharField(max_length=30, choices=Verb)
    who = models.CharField(max_length=15, choices=Who)
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="audit_steps",
        help_text="Nobody, if the portal did it by itself.",
    )
    at = models.DateTimeField()
    before = models.CharField(max_length=20, choices=CaseState, blank=True)
    after = models.CharField(max_length=20, choices=CaseState)
    due_on = models.DateField("last day", null=True, blank=True, help_text="Of the move that follows.")
    reason = models.TextField(blank=True)
    statement = models.ForeignKey(
        AttestationStatement,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="What the member attested to, as it was shown.",
    )

    class Meta:
        ordering = ["case", "number"]
        constraints = [
            models.UniqueConstraint(fields=["case", "number"], name="%(app_label)s_%(class)s_number_once"),
            models.CheckConstraint(name="%(app_label)s_%(class)s_number_from_1", condition=Q(number__gte=1)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_states_known",
                condition=Q(before__in=["", *CaseState.values], after__in=CaseState.values),
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_verb_known", condition=Q(verb__in=Verb.values)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_somebody",
                condition=Q(who="portal", by=None)
                | Q(who__in=["coordinator", "member", "reviewer", "board"], by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}. {self.get_verb_display()}"

    @property
    def on(self) -> date:
        """The day in Chicago."""
        return day_of(self.at)


class ReviewRound(models.TextChoices):
    """Which look at an item it was."""

    FIRST = "first", "First review"
    SECOND = "second", "Second review"
    BOARD = "board", "Appeal board"


class ItemVerdict(models.TextChoices):
    """What a reviewer says of one entry."""

    COUNT = "count", pgettext_lazy("verdict on an entry", "Counts")
    REDUCE = "reduce", pgettext_lazy("verdict on an entry", "Counts less")
    REJECT = "reject", pgettext_lazy("verdict on an entry", "Does not count")


class ItemReview(AppendOnly, Traced):
    """What one reviewer says of one entry. The last one of a reviewer and a round holds.

    ``points`` is how much of the claim is proven, before the caps. ``checklist`` holds the answer
    to each question of the checklist that was answered.
    """

    Round = ReviewRound
    Verdict = ItemVerdict

    case = models.ForeignKey(AuditCase, on_delete=models.PROTECT, related_name="item_reviews")
    activity = models.ForeignKey(Activity, on_delete=models.PROTECT, related_name="audit_reviews", db_index=False)
    round = models.CharField(max_length=10, choices=ReviewRound)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="audit_items_reviewed", db_index=False
    )
    reviewed_at = models.DateTimeField()
    verdict = models.CharField(max_length=10, choices=ItemVerdict)
    points = PointsField()
    checklist = models.JSONField(default=dict)
    reason_code = models.CharField(max_length=40, blank=True, help_text="From the list of reasons.")
    reason = models.TextField(blank=True, help_text="In the reviewer's own words. The member reads it.")

    class Meta:
        ordering = ["case", "pk"]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_round_known", condition=Q(round__in=ReviewRound.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_verdict_known", condition=Q(verdict__in=ItemVerdict.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_points_from_0_in_quarters",
                condition=Q(in_quarters("points"), points__gte=0),
                violation_error_message="Points are 0 or more, in quarter steps.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_rejected_is_0",
                condition=~Q(verdict="reject") | Q(points=0),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_says_why",
                condition=Q(verdict="count") | ~Q(reason_code="", reason=""),
                violation_error_message="Say why it counts less, or not at all: the member reads it.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_verdict_display()}: {self.points}"


class Message(AppendOnly, Traced):
    """What the member or AMT wrote in a case.

    With an entry, it is what the member says of what is missing there.
    """

    case = models.ForeignKey(AuditCase, on_delete=models.PROTECT, related_name="messages")
    activity = models.ForeignKey(
        Activity, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    from_member = models.BooleanField()
    text = models.TextField()
    written_at = models.DateTimeField()
    written_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="audit_messages")

    class Meta:
        ordering = ["case", "pk"]
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_text", condition=~Q(text="")),
        ]

    def __str__(self) -> str:
        return self.text

    @property
    def written_on(self) -> date:
        """The day in Chicago."""
        return day_of(self.written_at)


class LetterKind(models.TextChoices):
    """What a letter is about."""

    NOTICE = "notice", pgettext_lazy("letter of an audit", "Notice")
    LAST_NOTICE = "last-notice", pgettext_lazy("letter of an audit", "Last notice")
    EXTENSION = "extension", pgettext_lazy("letter of an audit", "Extension")
    MORE_WANTED = "more-wanted", pgettext_lazy("letter of an audit", "More proof asked for")
    DECISION = "decision", pgettext_lazy("letter of an audit", "Decision")
    APPEAL = "appeal", pgettext_lazy("letter of an audit", "Appeal")
    CALLED_OFF = "called-off", pgettext_lazy("letter of an audit", "Called off")


class Letter(AppendOnly, Traced):
    """A letter of a case, as it was written: on paper and by mail, in the same words.

    A step has one letter of a kind, so nobody is told twice. ``text`` is what both are laid out from
    (``ccp.audits.letters.text``), at any time.
    """

    Kind = LetterKind

    case = models.ForeignKey(AuditCase, on_delete=models.PROTECT, related_name="letters")
    step = models.ForeignKey(CaseStep, on_delete=models.PROTECT, related_name="letters", db_index=False)
    kind = models.CharField(max_length=15, choices=LetterKind)
    language = models.CharField(max_length=5)
    recipient = models.TextField(help_text="The lines of the address.")
    subject = models.CharField(max_length=300)
    text = models.TextField()
    written_at = models.DateTimeField()
    mail = models.OneToOneField(
        NoticeMail,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="letter",
        help_text="The same words by mail.",
    )

    class Meta:
        ordering = ["case", "pk"]
        permissions = [("print_letters", "Can print letters of audits")]
        constraints = [
            models.UniqueConstraint(fields=["step", "kind"], name="%(app_label)s_%(class)s_exactly_once"),
            models.CheckConstraint(name="%(app_label)s_%(class)s_kind_known", condition=Q(kind__in=LetterKind.values)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_not_empty", condition=~Q(recipient="") & ~Q(subject="") & ~Q(text="")
            ),
        ]

    def __str__(self) -> str:
        return self.subject

    @property
    def written_on(self) -> date:
        """The day in Chicago."""
        return day_of(self.written_at)


class ExtensionState(models.TextChoices):
    """What became of a request for more time."""

    ASKED = "asked", pgettext_lazy("request for more time", "Asked for")
    GRANTED = "granted", pgettext_lazy("request for more time", "Granted")
    REFUSED = "refused", pgettext_lazy("request for more time", "Refused")
    NOT_NEEDED = "not-needed", pgettext_lazy("request for more time", "Not needed anymore")


class Extension(models.Model):
    """The member's request for more time: one in a case."""

    State = ExtensionState

    case = models.OneToOneField(AuditCase, on_delete=models.PROTECT, related_name="extension")
    wanted_on = models.DateField("day wanted")
    reason = models.TextField()
    was_due_on = models.DateField(help_text="The last day when it was asked for.")
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=15, choices=ExtensionState, default=ExtensionState.ASKED)
    granted_to = models.DateField(null=True, blank=True)
    answer = models.TextField(blank=True, help_text="AMT's reason. The member reads it.")
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        help_text="Nobody, if AMT did not answer in time, and if it was not needed anymore.",
    )

    history = History(found_by=["case"])

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_state_known", condition=Q(state__in=ExtensionState.values)
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_later_than_due", condition=Q(wanted_on__gt=F("was_due_on"))
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_answered_whole",
                condition=Q(state="asked", granted_to=None, answer="", answered_at=None, answered_by=None)
                | Q(state="granted", granted_to__isnull=False, answered_at__isnull=False)
                | (
                    Q(state="refused", granted_to=None, answered_at__isnull=False, answered_by__isnull=False)
                    & ~Q(answer="")
                )
                | Q(state="not-needed", granted_to=None, answered_at__isnull=False, answered_by=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: {self.wanted_on}"


class Conflict(AppendOnly, Traced):
    """A reviewer's answer to the question of a conflict of interest, given before any item is shown."""

    case = models.ForeignKey(AuditCase, on_delete=models.PROTECT, related_name="conflicts", db_index=False)
    reviewer = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="audit_conflicts", db_index=False
    )
    has_conflict = models.BooleanField()
    what = models.TextField(blank=True, help_text="What the conflict is.")
    answered_at = models.DateTimeField()

    class Meta:
        ordering = ["case", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["case", "reviewer"],
                name="%(app_label)s_%(class)s_answered_once",
                violation_error_message="This question is answered already.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_says_what",
                condition=Q(has_conflict=False) | ~Q(what=""),
                violation_error_message="Say what the conflict is.",
            ),
        ]

    def __str__(self) -> str:
        return "Conflict" if self.has_conflict else "No conflict"


class AppealResult(models.TextChoices):
    """What the appeal board decided."""

    UPHELD = "upheld", pgettext_lazy("result of an appeal", "The decision stays")
    CHANGED = "changed", pgettext_lazy("result of an appeal", "The decision is changed")


class Appeal(models.Model):
    """The member's appeal against the announced decision: one in a case."""

    Result = AppealResult

    case = models.OneToOneField(AuditCase, on_delete=models.PROTECT, related_name="appeal")
    reason = models.TextField()
    appealed_at = models.DateTimeField()
    appealed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    result = models.CharField(max_length=10, choices=AppealResult, blank=True)
    answer = models.TextField(blank=True, help_text="The board's reasons. The member reads them.")
    decided_at = models.DateTimeField(null=True, blank=True)

    history = History(found_by=["case"])

    class Meta:
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_decided_whole",
                condition=Q(result="", answer="", decided_at=None)
                | (Q(result__in=AppealResult.values, decided_at__isnull=False) & ~Q(answer="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.case}: appeal"
