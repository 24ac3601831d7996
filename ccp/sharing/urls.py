"""The addresses of sharing."""

from django.urls import path

from ccp.sharing import views

urlpatterns = [
    path("account/sharing/", views.sharing, name="sharing"),
    path("share/<str:token>/", views.share_detail, name="share-detail"),
    path("share/<str:token>/transcript.pdf", views.share_pdf, name="share-pdf"),
    path("credentials/", views.credential_look_up, name="credential-look-up"),
]
