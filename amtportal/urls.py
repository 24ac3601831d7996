"""Every address of the portal. Members bookmark them and mails link to them: they stay."""

from allauth.account.decorators import secure_admin_login
from allauth.mfa.recovery_codes.views import download_recovery_codes, view_recovery_codes
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.cache import cache_control
from django.views.generic import RedirectView

from amtportal.members.factors.second_factor import RemovePasskeyView, readable_codes_only
from amtportal.members.sessions.views import session_end, session_list
from amtportal.members.sign_in import address_views
from amtportal.members.sign_in.activation import ActivateDoneView, ActivateView
from amtportal.middleware import language
from amtportal.views import certifications, home, invoices
from amtportal.views import public as public_views
from amtportal.views import site as views
from ccp.views import activities as activity_views
from ccp.views import amend, catalogue
from ccp.views import amend as amend_views
from ccp.views import calendar as calendar_views
from ccp.views import error_reports as report_views
from ccp.views import evidence as evidence_views
from ccp.views import record as record_views
from ccp.views import transcripts as transcript_views
from ccp.views import verify as authenticity_views

# The admin has no sign-in of its own.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "amtportal.uploads.limits.bad_request"
handler429 = "amtportal.members.sign_in.limits.wait_page"  # allauth asks for it
handler500 = "amtportal.middleware.retry.server_error"
favicon = cache_control(public=True, max_age=24 * 3600)(RedirectView.as_view(url=f"{settings.STATIC_URL}favicon.ico"))

urlpatterns = [
    path("", home.home, name="home"),
    path("accounts/activate/", ActivateView.as_view(), name="account-activate"),
    path("accounts/activate/done/", login_not_required(ActivateDoneView.as_view()), name="account-activate-done"),
    path("accounts/email/", address_views.address_change, name="account_email"),
    path("accounts/email/<str:token>/", address_views.address_confirm, name="address-confirm"),
    path("accounts/sessions/", session_list, name="session-list"),
    path("accounts/sessions/<int:pk>/end/", session_end, name="session-end"),
    path("accounts/2fa/webauthn/keys/<int:pk>/remove/", RemovePasskeyView.as_view()),
    path("accounts/2fa/recovery-codes/", readable_codes_only(view_recovery_codes)),
    path("accounts/2fa/recovery-codes/download/", readable_codes_only(download_recovery_codes)),
    path("accounts/", include("allauth.account.urls")),
    path("accounts/2fa/", include("allauth.mfa.urls")),
    path("certifications/", certifications.certification_list, name="certification-list"),
    path("ccp/record/", record_views.activity_record, name="activity-record"),
    path("ccp/record/preview/", record_views.activity_preview, name="activity-preview"),
    path("ccp/activities/", activity_views.activity_list, name="activity-list"),
    path("ccp/activities/export.csv", activity_views.activity_export_csv, name="activity-export"),
    path("ccp/activities/<int:pk>/", activity_views.activity_detail, name="activity-detail"),
    path("ccp/activities/<int:pk>/amend/", amend_views.activity_amend, name="activity-amend"),
    path("ccp/activities/<int:pk>/withdraw/", amend_views.activity_withdraw, name="activity-withdraw"),
    path("ccp/activities/<int:pk>/restore/", amend.activity_restore, name="activity-restore"),
    path("ccp/activities/<int:pk>/report/", report_views.activity_report, name="activity-report"),
    path("ccp/activities/<int:pk>/difference/", amend_views.activity_difference, name="activity-difference"),
    path("ccp/activities/<int:pk>/evidence/", evidence_views.evidence_add, name="evidence-add"),
    path("ccp/evidence/<int:pk>/", evidence_views.evidence_download, name="evidence-download"),
    path("ccp/evidence/<int:pk>/remove/", evidence_views.evidence_remove, name="evidence-remove"),
    path("ccp/transcript/<int:pk>/", transcript_views.transcript_detail, name="transcript-detail"),
    path("ccp/transcript/<int:pk>.pdf", transcript_views.transcript_pdf, name="transcript-pdf"),
    path("ccp/transcript/all/", transcript_views.transcript_history, name="transcript-history"),
    path("ccp/transcript/all.pdf", transcript_views.transcript_history_pdf, name="transcript-history-pdf"),
    path("verify/", authenticity_views.transcript_check, name="transcript-check"),
    path("verify/<str:code>/", authenticity_views.transcript_verify, name="transcript-verify"),
    path("calendar/", calendar_views.calendar_detail, name="calendar-detail"),
    path("calendar/<slug:token>.ics", calendar_views.calendar_feed, name="calendar-feed"),
    path("invoices/", invoices.invoice_list, name="invoice-list"),
    path("invoices/<int:pk>/", invoices.invoice_detail, name="invoice-detail"),
    path("invoices/<int:pk>.pdf", invoices.invoice_pdf, name="invoice-pdf"),
    path("qualifying-activities/", catalogue.qualifying_activities, name="qualifying-activities"),
    path("guide/", public_views.guide, name="guide"),
    path("i18n/setlang/", language.switch, name="set_language"),
    path("styleguide/", views.styleguide, name="styleguide"),
    path("healthz", views.healthz, name="healthz"),
    path(".well-known/security.txt", public_views.security_txt, name="security-txt"),
    path("favicon.ico", login_not_required(favicon)),
    # One way to change a password, for staff too: it asks for the old one, and it is told and kept.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    path("admin/", admin.site.urls),
]

if "debug_toolbar" in settings.INSTALLED_APPS:
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
