"""The database itself refuses to change or remove an audit entry (accounts §11.2)."""

from django.db import migrations

from accounts import triggers


class Migration(migrations.Migration):
    dependencies = [("accounts", "0002_secrets_and_audit")]
    operations = [migrations.RunPython(triggers.forwards, triggers.backwards)]
