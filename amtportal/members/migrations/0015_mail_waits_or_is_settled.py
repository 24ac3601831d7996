from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("members", "0014_given_up_mail_is_among_the_deliveries")]

    operations = [migrations.RemoveField(model_name="outgoingmail", name="refused")]
