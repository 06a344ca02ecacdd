from django.db import migrations


def on_postgresql(change):
    def run(apps, schema_editor):
        if schema_editor.connection.vendor == "postgresql":
            for table in ("cot_cropsplit", "cot_boardrow"):
                schema_editor.execute(f"ALTER TABLE {table} {change}")

    return run


class Migration(migrations.Migration):
    """PostgreSQL packs what makes a row longer than 2 kB; these have 4 kB, and packing took longer than storing."""

    dependencies = [("cot", "0008_dates_by_the_unique_index")]
    operations = [
        migrations.RunPython(
            on_postgresql("SET (toast_tuple_target = 8160)"), on_postgresql("RESET (toast_tuple_target)")
        ),
    ]
