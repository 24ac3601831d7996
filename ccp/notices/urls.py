"""The addresses of notices."""

from django.urls import path

from ccp.notices import views

urlpatterns = [
    path("account/notices/", views.notice_list, name="notice-list"),
    path("account/notices/<int:pk>/", views.notice_detail, name="notice-detail"),
    path("notices/stop/<str:token>/", views.notice_stop, name="notice-stop"),
]
