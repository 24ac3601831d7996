"""The addresses of badges. Those that a badge names stay as long as the badge."""

from django.urls import path

from ccp.badges import views

urlpatterns = [
    path("<int:pk>.jwt", views.badge_download, name="badge-download"),
    path("issuer/", views.badge_issuer, name="badge-issuer"),
    path("keys/", views.badge_keys, name="badge-keys"),
    path("keys/<str:name>/", views.badge_key, name="badge-key"),
    path("status/<int:number>/", views.badge_status, name="badge-status"),
]
