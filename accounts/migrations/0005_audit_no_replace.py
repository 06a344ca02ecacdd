"""SQLite refuses to replace an audit entry too (accounts §11.2)."""

from django.db import migrations

from accounts import triggers


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_totp_challenge")]
    operations = [migrations.RunPython(triggers.forwards, triggers.allow_replacing)]
