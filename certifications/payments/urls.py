"""The addresses of paying online."""

from django.urls import path

from certifications.payments import views

urlpatterns = [
    path("invoices/<int:pk>/pay/", views.pay, name="invoice-pay"),
    path("payments/return/<uuid:key>/", views.come_back, name="payment-return"),
    path("payments/webhook/", views.webhook, name="payment-webhook"),
]
