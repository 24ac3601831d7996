"""Every address of the portal. Members bookmark them and mails link to them: they stay."""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.generic import RedirectView

from amtportal import views
from amtportal.members.activation import ActivateDoneView, ActivateView
from ccp import calendar_views, report_views
from ccp import views as ccp_views

# The admin has no sign-in of its own.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler500 = "amtportal.trouble.server_error"

urlpatterns = [
    path("", views.home, name="home"),
    path("accounts/activate/", ActivateView.as_view(), name="account-activate"),
    path("accounts/activate/done/", login_not_required(ActivateDoneView.as_view()), name="account-activate-done"),
    # The address on record comes from the roster: it is not changed here.
    path("accounts/email/", RedirectView.as_view(pattern_name="home")),
    path("accounts/", include("allauth.account.urls")),
    path("certifications/", views.certification_list, name="certification-list"),
    path("ccp/record/", ccp_views.activity_record, name="activity-record"),
    path("ccp/activities/", ccp_views.activity_list, name="activity-list"),
    path("ccp/activities/<int:pk>/", ccp_views.activity_detail, name="activity-detail"),
    path("ccp/activities/<int:pk>/amend/", ccp_views.activity_amend, name="activity-amend"),
    path("ccp/activities/<int:pk>/withdraw/", ccp_views.activity_withdraw, name="activity-withdraw"),
    path("ccp/activities/<int:pk>/report/", report_views.activity_report, name="activity-report"),
    path("ccp/activities/<int:pk>/difference/", ccp_views.activity_difference, name="activity-difference"),
    path("ccp/transcript/<int:pk>/", ccp_views.transcript_detail, name="transcript-detail"),
    path("ccp/transcript/<int:pk>.pdf", ccp_views.transcript_pdf, name="transcript-pdf"),
    path("calendar/", calendar_views.calendar_detail, name="calendar-detail"),
    path("calendar/<slug:token>.ics", calendar_views.calendar_feed, name="calendar-feed"),
    path("invoices/", views.invoice_list, name="invoice-list"),
    path("invoices/<int:pk>/", views.invoice_detail, name="invoice-detail"),
    path("invoices/<int:pk>.pdf", views.invoice_pdf, name="invoice-pdf"),
    path("qualifying-activities/", views.qualifying_activities, name="qualifying-activities"),
    path("guide/", views.guide, name="guide"),
    path("healthz", views.healthz, name="healthz"),
    path("favicon.ico", login_not_required(RedirectView.as_view(url=f"{settings.STATIC_URL}favicon.ico"))),
    path("admin/", admin.site.urls),
]
