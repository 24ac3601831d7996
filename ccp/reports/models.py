"""Filters that staff keep, who opened which list, files of lists, mail to a list, and figures as counted."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from amtportal.history.lines import AppendOnly, History, Traced
from amtportal.jobs import Job
from amtportal.model_fields import LineField


class ListName(models.TextChoices):
    """The lists; ``ccp.reports.lists`` has the rule of each."""

    AT_RISK = "at-risk", "At risk"
    IN_GRACE = "in-grace", "In grace"
    LAPSED = "lapsed", "Lapsed by month"
    OVERDUE = "overdue", "Overdue"
    NOT_ACTIVATED = "not-activated", "Not activated"


class OfList(models.Model):
    """Something that was done with a list under a filter.

    ``query`` is the filter as the address of the list has it; ``filtered`` says it in words.
    """

    list_name = models.CharField("list", max_length=20, choices=ListName)
    query = models.CharField(max_length=500, blank=True)
    filtered = models.CharField("filter", max_length=500, blank=True)

    class Meta:
        abstract = True


class SavedFilter(models.Model):
    """A filter of a list under a name, for the person who saved it, or for all staff."""

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="saved_filters")
    list_name = models.CharField("list", max_length=20, choices=ListName)
    name = LineField(max_length=60)
    query = models.CharField(max_length=500, blank=True)
    is_shared = models.BooleanField("for all staff", default=False)

    history = History()

    class Meta:
        ordering = ["name", "pk"]
        permissions = [("keep_filters", "Can keep filters of lists, and delete one's own")]
        constraints = [
            models.UniqueConstraint(
                fields=["owner", "list_name", "name"],
                name="%(app_label)s_%(class)s_name_once",
                violation_error_message="You have a filter of this name for this list already.",
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_list_known", condition=Q(list_name__in=ListName.values)
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_has_name", condition=~Q(name="")),
        ]

    def __str__(self) -> str:
        return self.name


class Deed(models.TextChoices):
    """What somebody did with a list or a report."""

    OPENED = "opened", "Opened"
    ASKED = "asked", "Asked for a file"
    DOWNLOADED = "downloaded", "Downloaded"
    MAILED = "mailed", "Mailed"


class ListOpening(AppendOnly, Traced):
    """That somebody opened, downloaded or mailed a list or a report: who, which, filtered how, how many rows, when."""

    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="list_openings")
    at = models.DateTimeField()
    deed = models.CharField("what", max_length=10, choices=Deed)
    subject = models.CharField("list or report", max_length=60)
    filtered = models.CharField("filter", max_length=500, blank=True)
    rows = models.PositiveIntegerField(null=True, blank=True, help_text="Empty for a report.")
    more = models.BooleanField(default=False, help_text="There were more: a page counts up to a bound.")

    class Meta:
        ordering = ["-pk"]
        verbose_name = "opening of a list"
        verbose_name_plural = "openings of lists"
        permissions = [
            ("view_lists", "Can view lists of members to act on"),
            ("view_reports", "Can view reports"),
        ]
        constraints = [
            models.CheckConstraint(name="%(app_label)s_%(class)s_deed_known", condition=Q(deed__in=Deed.values)),
        ]

    def __str__(self) -> str:
        return f"{self.subject}: {self.get_deed_display().lower()}"


class FileFormat(models.TextChoices):
    """The formats in which a list leaves the portal."""

    CSV = "csv", "CSV"
    XLSX = "xlsx", "Excel (XLSX)"


class ListExport(OfList, Job):
    """A list that somebody has made into a file.

    ``ccp.reports.lists.exporting`` writes it. The history keeps who asked for what.
    """

    Format = FileFormat

    file_format = models.CharField("format", max_length=4, choices=FileFormat)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="list_exports")
    asked_at = models.DateTimeField()
    total = models.PositiveIntegerField(help_text="Rows.")

    history = History(excluded_fields=[*Job.PROGRESS, "total"])

    class Meta:
        ordering = ["-pk"]
        verbose_name = "file of a list"
        verbose_name_plural = "files of lists"
        permissions = [("export_lists", "Can export lists")]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_list_known", condition=Q(list_name__in=ListName.values)
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_format_known", condition=Q(file_format__in=FileFormat.values)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_list_name_display()}, {self.get_file_format_display()}"


class MailingSort(models.TextChoices):
    """Whether members can switch mail of this sort off."""

    DUTY = "duty", "About the member’s certification: everybody gets it"
    NEWS = "news", "News: not to members who switched news off, or have not opened their account"


class Mailing(OfList, Job):
    """A mail that staff wrote to the members of a list.

    The members are those of the list when it was confirmed, by key. Without a Spanish text,
    everybody gets the English one. ``ccp.reports.mailings.verbs`` writes it.
    """

    Sort = MailingSort

    submission_id = models.UUIDField(unique=True, help_text="The page that confirmed it: a repeat sends nothing.")
    sort = models.CharField(max_length=5, choices=MailingSort)
    subject_en = LineField("subject", max_length=120)
    text_en = models.TextField("text")
    subject_es = LineField("subject in Spanish", max_length=120, blank=True)
    text_es = models.TextField("text in Spanish", blank=True)
    members = models.JSONField(default=list, help_text="The keys of the members.")
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="mailings")
    asked_at = models.DateTimeField()
    stopped_at = models.DateTimeField(null=True, blank=True)
    stopped_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="mailings_stopped"
    )

    history = History(excluded_fields=[*Job.PROGRESS, "members"])

    class Meta:
        ordering = ["-pk"]
        permissions = [("mail_lists", "Can mail a list")]
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_list_known", condition=Q(list_name__in=ListName.values)
            ),
            models.CheckConstraint(name="%(app_label)s_%(class)s_sort_known", condition=Q(sort__in=MailingSort.values)),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_has_text", condition=~Q(subject_en="") & ~Q(text_en="")
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_spanish_whole",
                condition=Q(subject_es="", text_es="") | (~Q(subject_es="") & ~Q(text_es="")),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_stopped_whole",
                condition=Q(stopped_at=None, stopped_by=None) | Q(stopped_at__isnull=False, stopped_by__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.subject_en

    @property
    def total(self) -> int:
        return len(self.members)


class ReportCount(AppendOnly):
    """The figures of a report as they were counted: by the nightly run, or when somebody asked.

    ``rows`` is what the report's one query returned.
    """

    report = models.CharField(max_length=20)
    on = models.DateField(help_text="The day in Chicago.")
    counted_at = models.DateTimeField(help_text="When the count began: it has what was on record then.")
    seconds = models.FloatField()
    rows = models.JSONField()

    class Meta:
        ordering = ["-pk"]
        permissions = [("count_reports", "Can have a report counted before the night")]
        indexes = [models.Index(fields=["report", "-id"], name="reports_reportcount_newest")]

    def __str__(self) -> str:
        return f"{self.report}, {self.on}"
