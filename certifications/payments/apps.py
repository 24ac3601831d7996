from django.apps import AppConfig


class PaymentsConfig(AppConfig):
    name = "certifications.payments"
    label = "payments"
    verbose_name = "Payments online"
