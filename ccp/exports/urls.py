"""The addresses of archives. None holds a number: each member has one file at a time."""

from django.urls import path

from ccp.exports import views

urlpatterns = [
    path("account/my-data/", views.my_data, name="my-data"),
    path("account/my-data/archive.zip", views.my_data_download, name="my-data-download"),
]
