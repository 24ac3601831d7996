"""What migrations 1 to 6 made, in one, for databases that have none of them.

Databases that have some of those that this one replaces go on through them.
"""

import django.db.models.deletion
import django.db.models.expressions
import simple_history.models
from django.conf import settings
from django.db import migrations, models

import amtportal.history.requests
from amtportal.history.migrating import CreateModels


class Migration(migrations.Migration):
    replaces = [
        ("payments", "0001_checkouts"),
        ("payments", "0002_settlements"),
        ("payments", "0003_lines_have_the_indexes_that_are_asked"),
        ("payments", "0004_refunds_given_at_the_provider"),
        ("payments", "0005_what_differs_can_be_explained"),
        ("payments", "0006_checks_may_come_too_early"),
    ]

    initial = True

    dependencies = [
        ("certifications", "0022_what_staff_may_do_has_its_name"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        CreateModels(
            [
                migrations.CreateModel(
                    name="ProviderEvent",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("event_id", models.CharField(max_length=255, unique=True)),
                        (
                            "kind",
                            models.CharField(
                                help_text="The provider's type, such as checkout.session.completed.", max_length=100
                            ),
                        ),
                        (
                            "object_id",
                            models.CharField(
                                help_text="The provider's object that the event is about.", max_length=255
                            ),
                        ),
                        (
                            "amount",
                            models.IntegerField(
                                blank=True, help_text="In the smallest unit of the currency.", null=True
                            ),
                        ),
                        ("currency", models.CharField(blank=True, max_length=3)),
                        (
                            "status",
                            models.CharField(
                                blank=True, help_text="The status of the object, as the provider says.", max_length=40
                            ),
                        ),
                        ("created_at", models.DateTimeField(help_text="The provider's time.")),
                        ("received_at", models.DateTimeField()),
                        ("effect", models.CharField(help_text="What the portal did.", max_length=100)),
                    ],
                    options={
                        "ordering": ["-received_at", "-pk"],
                    },
                ),
                migrations.CreateModel(
                    name="Checkout",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "amount",
                            models.PositiveIntegerField(
                                help_text="In US cents, as the invoice said when the checkout was opened."
                            ),
                        ),
                        ("currency", models.CharField(default="usd", max_length=3)),
                        ("idempotency_key", models.UUIDField(unique=True)),
                        (
                            "session_id",
                            models.CharField(blank=True, help_text="The provider's name of its page.", max_length=255),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("opening", "Opening"),
                                    ("open", "Open"),
                                    ("processing", "Processing"),
                                    ("paid", "Paid"),
                                    ("failed", "Failed"),
                                    ("expired", "Expired"),
                                ],
                                default="opening",
                                max_length=10,
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        (
                            "expires_at",
                            models.DateTimeField(help_text="After this moment the provider's page takes no payment."),
                        ),
                        (
                            "language",
                            models.CharField(
                                default="en", help_text="Of the provider's page and of the receipt.", max_length=10
                            ),
                        ),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "method",
                            models.CharField(
                                blank=True, help_text="What the provider calls the method of payment.", max_length=40
                            ),
                        ),
                        ("failure", models.CharField(blank=True, help_text="Why the payment failed.", max_length=300)),
                        (
                            "invoice",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="checkouts",
                                to="certifications.renewalinvoice",
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="checkouts_opened",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "payment",
                            models.OneToOneField(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="checkout",
                                to="certifications.payment",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-opened_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status__in", ["opening", "open", "processing"])),
                                fields=("invoice",),
                                name="payments_checkout_one_unfinished",
                                violation_error_message="A payment of this invoice is under way.",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("session_id", ""), _negated=True),
                                fields=("session_id",),
                                name="payments_checkout_session_unique",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("status__in", ["opening", "open", "processing", "paid", "failed", "expired"])
                                ),
                                name="payments_checkout_status_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("finished_at", None), ("status__in", ["opening", "open", "processing"])),
                                    models.Q(
                                        models.Q(("status__in", ["opening", "open", "processing"]), _negated=True),
                                        ("finished_at__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="payments_checkout_finished_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("status__in", ["open", "processing", "paid"]), _negated=True),
                                    models.Q(("session_id", ""), _negated=True),
                                    _connector="OR",
                                ),
                                name="payments_checkout_has_session",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("payment__isnull", False), ("status", "paid")),
                                    models.Q(models.Q(("status", "paid"), _negated=True), ("payment", None)),
                                    _connector="OR",
                                ),
                                name="payments_checkout_paid_by_a_payment",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalCheckout",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "address",
                            models.GenericIPAddressField(
                                blank=True,
                                default=amtportal.history.requests.current_address,
                                editable=False,
                                null=True,
                                verbose_name="client address",
                            ),
                        ),
                        (
                            "amount",
                            models.PositiveIntegerField(
                                help_text="In US cents, as the invoice said when the checkout was opened."
                            ),
                        ),
                        ("currency", models.CharField(default="usd", max_length=3)),
                        ("idempotency_key", models.UUIDField()),
                        (
                            "session_id",
                            models.CharField(blank=True, help_text="The provider's name of its page.", max_length=255),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("opening", "Opening"),
                                    ("open", "Open"),
                                    ("processing", "Processing"),
                                    ("paid", "Paid"),
                                    ("failed", "Failed"),
                                    ("expired", "Expired"),
                                ],
                                default="opening",
                                max_length=10,
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        (
                            "expires_at",
                            models.DateTimeField(help_text="After this moment the provider's page takes no payment."),
                        ),
                        (
                            "language",
                            models.CharField(
                                default="en", help_text="Of the provider's page and of the receipt.", max_length=10
                            ),
                        ),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "method",
                            models.CharField(
                                blank=True, help_text="What the provider calls the method of payment.", max_length=40
                            ),
                        ),
                        ("failure", models.CharField(blank=True, help_text="Why the payment failed.", max_length=300)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField()),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "invoice",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.renewalinvoice",
                            ),
                        ),
                        (
                            "opened_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "payment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.payment",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical checkout",
                        "verbose_name_plural": "historical checkouts",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalUnappliedMoney",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "address",
                            models.GenericIPAddressField(
                                blank=True,
                                default=amtportal.history.requests.current_address,
                                editable=False,
                                null=True,
                                verbose_name="client address",
                            ),
                        ),
                        (
                            "charge_id",
                            models.CharField(
                                blank=True, help_text="The provider's name of the charge.", max_length=255, null=True
                            ),
                        ),
                        (
                            "session_id",
                            models.CharField(
                                blank=True, help_text="The provider's page on which it was paid.", max_length=255
                            ),
                        ),
                        ("amount", models.PositiveIntegerField(help_text="In the smallest unit of the currency.")),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "method",
                            models.CharField(
                                blank=True,
                                help_text="Check, money order or card by phone, or what the provider calls it.",
                                max_length=40,
                            ),
                        ),
                        (
                            "received_at",
                            models.DateTimeField(help_text="When it came online, or when it was recorded."),
                        ),
                        (
                            "cause",
                            models.CharField(
                                choices=[
                                    ("amount", "The amount is not that of the invoice"),
                                    ("currency", "The currency is not US dollars"),
                                    ("mode", "It is test money on a live portal, or live money on a test portal"),
                                    ("paid", "The invoice was paid already"),
                                    ("void", "The invoice is void"),
                                    ("held", "The invoice is held"),
                                    ("locked", "The invoice is not open"),
                                    ("unknown", "It names no checkout of the portal"),
                                    ("early", "The invoice was not open yet"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "resolution",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("refunded", "Refunded"),
                                    ("applied", "Applied to an invoice"),
                                    ("explained", "Explained"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("resolved_at", models.DateTimeField(blank=True, null=True)),
                        ("explanation", models.CharField(blank=True, max_length=300)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField()),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "applied_to",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.renewalinvoice",
                            ),
                        ),
                        (
                            "checkout",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="payments.checkout",
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "resolved_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("file_name", models.CharField(blank=True, default="", max_length=255, verbose_name="file")),
                        (
                            "invoice",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                help_text="For which it came, if it did not come online.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.renewalinvoice",
                            ),
                        ),
                        (
                            "received_on",
                            models.DateField(
                                blank=True, help_text="The day on which it arrived, if not online.", null=True
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reference",
                            models.CharField(
                                blank=True, default="", help_text="Check or money order number.", max_length=60
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical unapplied money",
                        "verbose_name_plural": "historical unapplied money",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="UnappliedMoney",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "charge_id",
                            models.CharField(
                                blank=True,
                                help_text="The provider's name of the charge.",
                                max_length=255,
                                null=True,
                                unique=True,
                            ),
                        ),
                        (
                            "session_id",
                            models.CharField(
                                blank=True, help_text="The provider's page on which it was paid.", max_length=255
                            ),
                        ),
                        ("amount", models.PositiveIntegerField(help_text="In the smallest unit of the currency.")),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "method",
                            models.CharField(
                                blank=True,
                                help_text="Check, money order or card by phone, or what the provider calls it.",
                                max_length=40,
                            ),
                        ),
                        (
                            "received_at",
                            models.DateTimeField(help_text="When it came online, or when it was recorded."),
                        ),
                        (
                            "cause",
                            models.CharField(
                                choices=[
                                    ("amount", "The amount is not that of the invoice"),
                                    ("currency", "The currency is not US dollars"),
                                    ("mode", "It is test money on a live portal, or live money on a test portal"),
                                    ("paid", "The invoice was paid already"),
                                    ("void", "The invoice is void"),
                                    ("held", "The invoice is held"),
                                    ("locked", "The invoice is not open"),
                                    ("unknown", "It names no checkout of the portal"),
                                    ("early", "The invoice was not open yet"),
                                ],
                                max_length=10,
                            ),
                        ),
                        (
                            "resolution",
                            models.CharField(
                                blank=True,
                                choices=[
                                    ("refunded", "Refunded"),
                                    ("applied", "Applied to an invoice"),
                                    ("explained", "Explained"),
                                ],
                                max_length=10,
                            ),
                        ),
                        ("resolved_at", models.DateTimeField(blank=True, null=True)),
                        ("explanation", models.CharField(blank=True, max_length=300)),
                        (
                            "applied_to",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unapplied_applied",
                                to="certifications.renewalinvoice",
                            ),
                        ),
                        (
                            "checkout",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unapplied_money",
                                to="payments.checkout",
                            ),
                        ),
                        (
                            "resolved_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="unapplied_resolved",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("file_name", models.CharField(blank=True, default="", max_length=255, verbose_name="file")),
                        (
                            "invoice",
                            models.ForeignKey(
                                blank=True,
                                help_text="For which it came, if it did not come online.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="held_money",
                                to="certifications.renewalinvoice",
                            ),
                        ),
                        (
                            "received_on",
                            models.DateField(
                                blank=True, help_text="The day on which it arrived, if not online.", null=True
                            ),
                        ),
                        (
                            "recorded_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="money_recorded",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "reference",
                            models.CharField(
                                blank=True, default="", help_text="Check or money order number.", max_length=60
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "unapplied money",
                        "verbose_name_plural": "unapplied money",
                        "ordering": ["-received_at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("applied_to", None),
                                        ("explanation", ""),
                                        ("resolution", ""),
                                        ("resolved_at", None),
                                        ("resolved_by", None),
                                    ),
                                    models.Q(
                                        ("applied_to__isnull", False),
                                        ("resolution", "applied"),
                                        ("resolved_at__isnull", False),
                                    ),
                                    models.Q(
                                        ("applied_to", None), ("resolution", "refunded"), ("resolved_at__isnull", False)
                                    ),
                                    models.Q(
                                        ("applied_to", None),
                                        ("resolution", "explained"),
                                        ("resolved_at__isnull", False),
                                        models.Q(("explanation", ""), _negated=True),
                                    ),
                                    _connector="OR",
                                ),
                                name="payments_unappliedmoney_resolution_whole",
                                violation_error_message="A resolution has a time, and what it was.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "cause__in",
                                        [
                                            "amount",
                                            "currency",
                                            "mode",
                                            "paid",
                                            "void",
                                            "held",
                                            "locked",
                                            "unknown",
                                            "early",
                                        ],
                                    )
                                ),
                                name="payments_unappliedmoney_cause_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(
                                        ("charge_id__isnull", False),
                                        ("file_name", ""),
                                        ("invoice", None),
                                        ("received_on", None),
                                        ("recorded_by", None),
                                        ("reference", ""),
                                    ),
                                    models.Q(
                                        models.Q(
                                            ("recorded_by__isnull", False),
                                            models.Q(("file_name", ""), _negated=True),
                                            _connector="OR",
                                        ),
                                        ("charge_id", None),
                                        ("checkout", None),
                                        ("currency", "usd"),
                                        ("received_on__isnull", False),
                                        ("session_id", ""),
                                    ),
                                    _connector="OR",
                                ),
                                name="payments_unappliedmoney_came_somehow",
                                violation_error_message="Money came online, or somebody recorded it.",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("cause", "early"), _negated=True),
                                    ("invoice__isnull", False),
                                    _connector="OR",
                                ),
                                name="payments_unappliedmoney_early_for_an_invoice",
                            ),
                        ],
                        "permissions": [("resolve_unappliedmoney", "Can apply or explain unapplied money")],
                    },
                ),
                migrations.CreateModel(
                    name="Refund",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("charge_id", models.CharField(max_length=255)),
                        ("amount", models.PositiveIntegerField(help_text="In the smallest unit of the currency.")),
                        ("currency", models.CharField(max_length=3)),
                        ("reason", models.CharField(max_length=300)),
                        ("idempotency_key", models.UUIDField(unique=True)),
                        (
                            "refund_id",
                            models.CharField(
                                blank=True, help_text="The provider's name of the refund.", max_length=255
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("opening", "Asked for"),
                                    ("pending", "Under way"),
                                    ("succeeded", "Refunded"),
                                    ("failed", "Failed"),
                                ],
                                default="opening",
                                max_length=10,
                            ),
                        ),
                        ("failure", models.CharField(blank=True, max_length=300)),
                        ("requested_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "payment",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="certifications.payment",
                            ),
                        ),
                        (
                            "requested_by",
                            models.ForeignKey(
                                blank=True,
                                help_text="Nobody: it was given at the provider itself.",
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds_requested",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "unapplied",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="refunds",
                                to="payments.unappliedmoney",
                            ),
                        ),
                        ("explained_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "explained_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss_explained",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "explanation",
                            models.CharField(
                                blank=True, help_text="Why nothing is to be done about it.", max_length=300
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-requested_at", "-pk"],
                        "constraints": [
                            models.UniqueConstraint(
                                condition=models.Q(("status", "failed"), _negated=True),
                                fields=("charge_id",),
                                name="payments_refund_once",
                                violation_error_message="This charge was refunded already.",
                            ),
                            models.UniqueConstraint(
                                condition=models.Q(("refund_id", ""), _negated=True),
                                fields=("refund_id",),
                                name="payments_refund_id_unique",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("payment__isnull", False), ("unapplied", None)),
                                    models.Q(("payment", None), ("unapplied__isnull", False)),
                                    _connector="OR",
                                ),
                                name="payments_refund_of_one",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("reason", ""), _negated=True), name="payments_refund_has_reason"
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("status__in", ["opening", "pending", "succeeded", "failed"])),
                                name="payments_refund_status_known",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("explained_at", None), ("explained_by", None), ("explanation", "")),
                                    models.Q(
                                        models.Q(("explanation", ""), _negated=True),
                                        ("explained_at__isnull", False),
                                        ("explained_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="payments_refund_explained_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(("explanation", ""), ("status", "failed"), _connector="OR"),
                                name="payments_refund_explained_failed",
                            ),
                        ],
                        "permissions": [("give_refund", "Can send money back to the payer")],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalRefund",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "address",
                            models.GenericIPAddressField(
                                blank=True,
                                default=amtportal.history.requests.current_address,
                                editable=False,
                                null=True,
                                verbose_name="client address",
                            ),
                        ),
                        ("charge_id", models.CharField(max_length=255)),
                        ("amount", models.PositiveIntegerField(help_text="In the smallest unit of the currency.")),
                        ("currency", models.CharField(max_length=3)),
                        ("reason", models.CharField(max_length=300)),
                        ("idempotency_key", models.UUIDField()),
                        (
                            "refund_id",
                            models.CharField(
                                blank=True, help_text="The provider's name of the refund.", max_length=255
                            ),
                        ),
                        (
                            "status",
                            models.CharField(
                                choices=[
                                    ("opening", "Asked for"),
                                    ("pending", "Under way"),
                                    ("succeeded", "Refunded"),
                                    ("failed", "Failed"),
                                ],
                                default="opening",
                                max_length=10,
                            ),
                        ),
                        ("failure", models.CharField(blank=True, max_length=300)),
                        ("requested_at", models.DateTimeField()),
                        ("finished_at", models.DateTimeField(blank=True, null=True)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField()),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "payment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.payment",
                            ),
                        ),
                        (
                            "requested_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                help_text="Nobody: it was given at the provider itself.",
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "unapplied",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="payments.unappliedmoney",
                            ),
                        ),
                        ("explained_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "explained_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "explanation",
                            models.CharField(
                                blank=True, help_text="Why nothing is to be done about it.", max_length=300
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical refund",
                        "verbose_name_plural": "historical refunds",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalDispute",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "address",
                            models.GenericIPAddressField(
                                blank=True,
                                default=amtportal.history.requests.current_address,
                                editable=False,
                                null=True,
                                verbose_name="client address",
                            ),
                        ),
                        ("dispute_id", models.CharField(max_length=255)),
                        ("charge_id", models.CharField(max_length=255)),
                        ("amount", models.PositiveIntegerField(help_text="In the smallest unit of the currency.")),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "reason",
                            models.CharField(help_text="The bank's reason, as the provider names it.", max_length=60),
                        ),
                        (
                            "status",
                            models.CharField(
                                help_text="The provider's status, such as needs_response, won or lost.", max_length=40
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField()),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "payment",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="certifications.payment",
                            ),
                        ),
                        (
                            "unapplied",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="payments.unappliedmoney",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical dispute",
                        "verbose_name_plural": "historical disputes",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="Dispute",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("dispute_id", models.CharField(max_length=255, unique=True)),
                        ("charge_id", models.CharField(max_length=255)),
                        ("amount", models.PositiveIntegerField(help_text="In the smallest unit of the currency.")),
                        ("currency", models.CharField(max_length=3)),
                        (
                            "reason",
                            models.CharField(help_text="The bank's reason, as the provider names it.", max_length=60),
                        ),
                        (
                            "status",
                            models.CharField(
                                help_text="The provider's status, such as needs_response, won or lost.", max_length=40
                            ),
                        ),
                        ("opened_at", models.DateTimeField()),
                        ("closed_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "payment",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="disputes",
                                to="certifications.payment",
                            ),
                        ),
                        (
                            "unapplied",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="disputes",
                                to="payments.unappliedmoney",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-opened_at", "-pk"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("payment__isnull", False), ("unapplied", None)),
                                    models.Q(("payment", None), ("unapplied__isnull", False)),
                                    _connector="OR",
                                ),
                                name="payments_dispute_of_one",
                            )
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="Settlement",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        ("day", models.DateField(help_text="In Chicago.", unique=True)),
                        (
                            "reconciled_at",
                            models.DateTimeField(
                                help_text="When the book was last compared with the portal's records."
                            ),
                        ),
                        (
                            "differences",
                            models.TextField(
                                blank=True, help_text="One line for each. Empty: the book and the records agree."
                            ),
                        ),
                        ("explained_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "explained_by",
                            models.ForeignKey(
                                blank=True,
                                null=True,
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="%(class)ss_explained",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "explanation",
                            models.CharField(
                                blank=True, help_text="Why nothing is to be done about it.", max_length=300
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["-day"],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("explained_at", None), ("explained_by", None), ("explanation", "")),
                                    models.Q(
                                        models.Q(("explanation", ""), _negated=True),
                                        ("explained_at__isnull", False),
                                        ("explained_by__isnull", False),
                                    ),
                                    _connector="OR",
                                ),
                                name="payments_settlement_explained_whole",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    ("explanation", ""), models.Q(("differences", ""), _negated=True), _connector="OR"
                                ),
                                name="payments_settlement_explained_difference",
                            ),
                        ],
                    },
                ),
                migrations.CreateModel(
                    name="HistoricalSettlement",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "address",
                            models.GenericIPAddressField(
                                blank=True,
                                default=amtportal.history.requests.current_address,
                                editable=False,
                                null=True,
                                verbose_name="client address",
                            ),
                        ),
                        ("day", models.DateField(help_text="In Chicago.")),
                        (
                            "differences",
                            models.TextField(
                                blank=True, help_text="One line for each. Empty: the book and the records agree."
                            ),
                        ),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField()),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        ("explained_at", models.DateTimeField(blank=True, null=True)),
                        (
                            "explained_by",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "explanation",
                            models.CharField(
                                blank=True, help_text="Why nothing is to be done about it.", max_length=300
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical settlement",
                        "verbose_name_plural": "historical settlements",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="HistoricalSettlementLine",
                    fields=[
                        ("id", models.BigIntegerField(auto_created=True, blank=True, db_index=True, verbose_name="ID")),
                        (
                            "request_id",
                            models.CharField(
                                blank=True,
                                default=amtportal.history.requests.current_request_id,
                                editable=False,
                                max_length=64,
                            ),
                        ),
                        (
                            "address",
                            models.GenericIPAddressField(
                                blank=True,
                                default=amtportal.history.requests.current_address,
                                editable=False,
                                null=True,
                                verbose_name="client address",
                            ),
                        ),
                        (
                            "transaction_id",
                            models.CharField(help_text="The provider's name of the line.", max_length=255),
                        ),
                        (
                            "kind",
                            models.CharField(
                                help_text="What the provider calls it: charge, refund, dispute, payout.", max_length=40
                            ),
                        ),
                        (
                            "source_id",
                            models.CharField(
                                blank=True, help_text="The provider's name of what it is about.", max_length=255
                            ),
                        ),
                        (
                            "amount",
                            models.IntegerField(
                                help_text="In the smallest unit of the currency; what goes away is negative."
                            ),
                        ),
                        ("fee", models.IntegerField(help_text="What the provider keeps.")),
                        ("net", models.IntegerField(help_text="The amount without the fee.")),
                        ("currency", models.CharField(max_length=3)),
                        ("created_at", models.DateTimeField()),
                        ("available_on", models.DateField()),
                        (
                            "payout_id",
                            models.CharField(
                                blank=True,
                                help_text="Empty until the provider pays it out.",
                                max_length=255,
                                verbose_name="payout",
                            ),
                        ),
                        (
                            "deposited_on",
                            models.DateField(blank=True, help_text="The day on which AMT's bank has it.", null=True),
                        ),
                        ("history_id", models.AutoField(primary_key=True, serialize=False)),
                        ("history_date", models.DateTimeField()),
                        ("history_change_reason", models.CharField(max_length=100, null=True)),
                        (
                            "history_type",
                            models.CharField(
                                choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                            ),
                        ),
                        (
                            "history_user",
                            models.ForeignKey(
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.SET_NULL,
                                related_name="+",
                                to=settings.AUTH_USER_MODEL,
                            ),
                        ),
                        (
                            "settlement",
                            models.ForeignKey(
                                blank=True,
                                db_constraint=False,
                                db_index=False,
                                null=True,
                                on_delete=django.db.models.deletion.DO_NOTHING,
                                related_name="+",
                                to="payments.settlement",
                            ),
                        ),
                    ],
                    options={
                        "verbose_name": "historical settlement line",
                        "verbose_name_plural": "historical settlement lines",
                        "ordering": ("-history_date", "-history_id"),
                        "get_latest_by": ("history_date", "history_id"),
                    },
                    bases=(simple_history.models.HistoricalChanges, models.Model),
                ),
                migrations.CreateModel(
                    name="SettlementLine",
                    fields=[
                        (
                            "id",
                            models.BigAutoField(
                                auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                            ),
                        ),
                        (
                            "transaction_id",
                            models.CharField(help_text="The provider's name of the line.", max_length=255, unique=True),
                        ),
                        (
                            "kind",
                            models.CharField(
                                help_text="What the provider calls it: charge, refund, dispute, payout.", max_length=40
                            ),
                        ),
                        (
                            "source_id",
                            models.CharField(
                                blank=True, help_text="The provider's name of what it is about.", max_length=255
                            ),
                        ),
                        (
                            "amount",
                            models.IntegerField(
                                help_text="In the smallest unit of the currency; what goes away is negative."
                            ),
                        ),
                        ("fee", models.IntegerField(help_text="What the provider keeps.")),
                        ("net", models.IntegerField(help_text="The amount without the fee.")),
                        ("currency", models.CharField(max_length=3)),
                        ("created_at", models.DateTimeField()),
                        ("available_on", models.DateField()),
                        (
                            "payout_id",
                            models.CharField(
                                blank=True,
                                help_text="Empty until the provider pays it out.",
                                max_length=255,
                                verbose_name="payout",
                            ),
                        ),
                        (
                            "deposited_on",
                            models.DateField(blank=True, help_text="The day on which AMT's bank has it.", null=True),
                        ),
                        (
                            "settlement",
                            models.ForeignKey(
                                on_delete=django.db.models.deletion.PROTECT,
                                related_name="lines",
                                to="payments.settlement",
                            ),
                        ),
                    ],
                    options={
                        "ordering": ["created_at", "pk"],
                        "indexes": [models.Index(fields=["source_id"], name="payments_line_source")],
                        "constraints": [
                            models.CheckConstraint(
                                condition=models.Q(
                                    (
                                        "net",
                                        django.db.models.expressions.CombinedExpression(
                                            models.F("amount"), "-", models.F("fee")
                                        ),
                                    )
                                ),
                                name="payments_settlementline_net_adds_up",
                            ),
                            models.CheckConstraint(
                                condition=models.Q(
                                    models.Q(("deposited_on", None), ("payout_id", "")),
                                    models.Q(
                                        models.Q(("payout_id", ""), _negated=True), ("deposited_on__isnull", False)
                                    ),
                                    _connector="OR",
                                ),
                                name="payments_settlementline_payout_whole",
                            ),
                        ],
                    },
                ),
            ]
        )
    ]
