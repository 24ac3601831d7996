from django.db import migrations


def move(apps, schema_editor):
    """Keep of each mail that was given up what became of it, without what it said; tell where the others go."""
    outgoing = apps.get_model("members", "OutgoingMail")
    deliveries = apps.get_model("members", "MailDelivery")
    for mail in outgoing.objects.order_by("pk").iterator():
        if not mail.refused:
            mail.domain = mail.recipients[0].rpartition("@")[2].lower()[:255]
            mail.save(update_fields=["domain"])
            continue
        deliveries.objects.bulk_create(
            deliveries(
                recipient=recipient.lower(),
                priority=mail.priority,
                queued_at=mail.made_at,
                refused_at=mail.next_try_at,
                reason=mail.refused,
            )
            for recipient in mail.recipients
        )
        mail.delete()


class Migration(migrations.Migration):
    dependencies = [("members", "0013_what_becomes_of_mail_is_kept")]

    operations = [migrations.RunPython(move, migrations.RunPython.noop)]
