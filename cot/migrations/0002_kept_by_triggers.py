from django.db import migrations

from cot import triggers


def drop_constraint(apps, schema_editor):
    """PostgreSQL's constraint of a row on its market; SQLite's stays, it costs little there."""
    if schema_editor.connection.vendor != "postgresql":
        return
    rows = apps.get_model("cot", "Observation")
    for name in schema_editor._constraint_names(rows, ["market_id"], foreign_key=True):
        schema_editor.execute(f"ALTER TABLE {rows._meta.db_table} DROP CONSTRAINT {schema_editor.quote_name(name)}")


class Migration(migrations.Migration):
    """PostgreSQL asks once a statement, not once a row, whether the markets of new rows exist (`cot.triggers`)."""

    dependencies = [("cot", "0001_initial")]
    operations = [
        migrations.RunPython(drop_constraint, migrations.RunPython.noop),
        migrations.RunPython(triggers.forwards, triggers.backwards),
    ]
