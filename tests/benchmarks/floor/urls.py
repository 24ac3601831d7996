from django.urls import path

from tests.benchmarks.floor import views

urlpatterns = [path("rows/", views.rows), path("record/", views.record)]
