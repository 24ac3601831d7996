"""The addresses below ``/accounts/``. Ours come first, because some replace one of allauth's."""

from allauth.account.views import login, password_reset
from allauth.mfa.recovery_codes.views import download_recovery_codes, view_recovery_codes
from django.contrib.auth.decorators import login_not_required
from django.urls import include, path, re_path

from amtportal.members.factors.second_factor import (
    AddAppView,
    AddPasskeyView,
    RemovePasskeyView,
    readable_codes_only,
)
from amtportal.members.sessions.views import session_end, session_list
from amtportal.members.sign_in import address_views
from amtportal.members.sign_in.activation import (
    ActivateDoneView,
    ActivateView,
    ConfirmView,
    LinkView,
    password_strength,
)
from amtportal.members.sign_in.kept_forms import keeps
from amtportal.middleware.compression import sent_plain

urlpatterns = [
    path("login/", keeps("login")(login), name="account_login"),
    path("password/reset/", keeps("email")(password_reset), name="account_reset_password"),
    path("password/strength/", password_strength, name="password-strength"),
    path("activate/", keeps("email")(ActivateView.as_view()), name="account-activate"),
    path("activate/done/", login_not_required(ActivateDoneView.as_view()), name="account-activate-done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        LinkView.as_view(),
        name="account_reset_password_from_key",
    ),
    re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", ConfirmView.as_view(), name="account_confirm_email"),
    path("email/", address_views.address_change, name="account_email"),
    path("email/<str:token>/", address_views.address_confirm, name="address-confirm"),
    path("sessions/", session_list, name="session-list"),
    path("sessions/<int:pk>/end/", session_end, name="session-end"),
    path("2fa/webauthn/add/", AddPasskeyView.as_view()),
    path("2fa/webauthn/keys/<int:pk>/remove/", RemovePasskeyView.as_view()),
    path("2fa/recovery-codes/", sent_plain(readable_codes_only(view_recovery_codes))),
    path("2fa/recovery-codes/download/", readable_codes_only(download_recovery_codes)),
    path("2fa/totp/activate/", sent_plain(AddAppView.as_view())),
    path("", include("allauth.account.urls")),
    path("2fa/", include("allauth.mfa.urls")),
]
