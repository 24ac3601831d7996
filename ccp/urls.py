"""The addresses of CCP: recording, transcripts, the calendar, and the public pages."""

from django.urls import include, path

from ccp.views import (
    activities,
    amend,
    calendar,
    catalogue,
    error_reports,
    evidence,
    record,
    record_files,
    transcripts,
    verify,
)

urlpatterns = [
    path("ccp/record/", record.activity_record, name="activity-record"),
    path("ccp/record/preview/", record.activity_preview, name="activity-preview"),
    path("ccp/record/files/", record_files.record_files, name="record-files"),
    path("ccp/record/files/<int:pk>/<slug:name>/<int:number>.png", record_files.record_crop, name="record-crop"),
    path("ccp/activities/", activities.activity_list, name="activity-list"),
    path("ccp/activities/export.csv", activities.activity_export_csv, name="activity-export"),
    path("ccp/activities/<int:pk>/", activities.activity_detail, name="activity-detail"),
    path("ccp/activities/<int:pk>/reminders.ics", calendar.activity_reminders, name="activity-reminders"),
    path("ccp/activities/<int:pk>/amend/", amend.activity_amend, name="activity-amend"),
    path("ccp/activities/<int:pk>/withdraw/", amend.activity_withdraw, name="activity-withdraw"),
    path("ccp/activities/<int:pk>/restore/", amend.activity_restore, name="activity-restore"),
    path("ccp/activities/<int:pk>/report/", error_reports.activity_report, name="activity-report"),
    path("ccp/activities/<int:pk>/difference/", amend.activity_difference, name="activity-difference"),
    path("ccp/activities/<int:pk>/evidence/", evidence.evidence_add, name="evidence-add"),
    path("ccp/evidence/<int:pk>/", evidence.evidence_download, name="evidence-download"),
    path("ccp/evidence/<int:pk>/remove/", evidence.evidence_remove, name="evidence-remove"),
    path("ccp/transcript/<int:pk>/", transcripts.transcript_detail, name="transcript-detail"),
    path("ccp/transcript/<int:pk>.pdf", transcripts.transcript_pdf, name="transcript-pdf"),
    path("ccp/transcript/all/", transcripts.transcript_history, name="transcript-history"),
    path("ccp/transcript/all.pdf", transcripts.transcript_history_pdf, name="transcript-history-pdf"),
    path("verify/", verify.transcript_check, name="transcript-check"),
    path("verify/<str:code>/", verify.transcript_verify, name="transcript-verify"),
    path("calendar/", calendar.calendar_detail, name="calendar-detail"),
    path("calendar/<slug:token>.ics", calendar.calendar_feed, name="calendar-feed"),
    path("audits/", include("ccp.audits.urls")),
    path("qualifying-activities/", catalogue.qualifying_activities, name="qualifying-activities"),
]
