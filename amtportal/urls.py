"""Every address of the portal. They must not change, because bookmarks and mail link to them.

The addresses of an app are in its own ``urls.py``. The pages that belong to no single app are here.
"""

from allauth.account.decorators import secure_admin_login
from django.conf import settings
from django.contrib import admin
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from django.views.generic import RedirectView

from amtportal.middleware import language
from amtportal.views import certifications, details, home, invoices, public, questions, site

# The admin has no sign-in of its own.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

handler400 = "amtportal.uploads.limits.bad_request"
handler429 = "amtportal.members.limits.wait_page"  # allauth uses it
handler500 = "amtportal.middleware.retry.server_error"
favicon = cache_control(public=True, max_age=24 * 3600)(RedirectView.as_view(url=f"{settings.STATIC_URL}favicon.ico"))

urlpatterns = [
    path("", home.home, name="home"),
    path("", include("ccp.urls")),
    path("audits/", include("ccp.audits.urls")),
    path("", include("ccp.notices.urls")),
    path("", include("ccp.sharing.urls")),
    path("", include("ccp.exports.urls")),
    path("badges/", include("ccp.badges.urls")),
    path("", include("certifications.payments.urls")),
    path("accounts/", include("amtportal.members.urls")),
    path("account/details/", details.details_change, name="details-change"),
    path("account/details/name/", details.name_ask, name="name-ask"),
    path("account/details/name/withdraw/", details.name_withdraw, name="name-withdraw"),
    path("account/details/name/<int:pk>/document/", details.name_document, name="name-document"),
    path("certifications/", certifications.certification_list, name="certification-list"),
    path("invoices/", invoices.invoice_list, name="invoice-list"),
    path("invoices/<int:pk>/", invoices.invoice_detail, name="invoice-detail"),
    path("invoices/<int:pk>.pdf", invoices.invoice_pdf, name="invoice-pdf"),
    path("guide/", public.guide, name="guide"),
    path("guide/tutorial/", public.tutorial_list, name="tutorial-list"),
    path("guide/tutorial/<slug:name>/", public.tutorial, name="tutorial"),
    path("guide/amtrax-user-guide.pdf", public.guide_pdf, name="guide-pdf"),
    path("help/question/", questions.question_ask, name="question-ask"),
    path("help/question/sent/", questions.question_sent, name="question-sent"),
    path("i18n/setlang/", language.switch, name="set_language"),
    path("styleguide/", site.styleguide, name="styleguide"),
    path("healthz", site.healthz, name="healthz"),
    path("manifest.webmanifest", public.manifest, name="manifest"),
    path(".well-known/security.txt", public.security_txt, name="security-txt"),
    # Where password managers look for the page on which a password is changed (W3C).
    path(
        ".well-known/change-password",
        login_not_required(require_safe(RedirectView.as_view(pattern_name="account_change_password"))),
        name="change-password",
    ),
    path("favicon.ico", login_not_required(favicon)),
    # Staff change their password on the same page as members: it asks for the old password, tells
    # the owner by mail and records the change.
    path("admin/password_change/", RedirectView.as_view(pattern_name="account_change_password")),
    # No record has a page elsewhere. Django's own answer fails for tables whose keys are no numbers.
    path("admin/r/<int:content_type_id>/<path:object_id>/", admin.site.admin_view(site.no_page)),
    path("admin/", admin.site.urls),
]

if "debug_toolbar" in settings.INSTALLED_APPS:
    from debug_toolbar.toolbar import debug_toolbar_urls

    urlpatterns += debug_toolbar_urls()
