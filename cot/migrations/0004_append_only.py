from django.db import migrations

from cot import triggers


class Migration(migrations.Migration):
    """Kept versions and release notices are never changed: the database refuses it on both vendors (cot §4)."""

    dependencies = [("cot", "0003_files_stored_once")]
    operations = [migrations.RunPython(triggers.forwards, triggers.backwards)]
