import django.db.models.deletion
from django.db import migrations, models

from cot import triggers


class Migration(migrations.Migration):
    """Rows name their file without a constraint, which took a fifth of a load; a trigger keeps the files instead."""

    dependencies = [("cot", "0004_append_only")]
    operations = [
        migrations.AlterField(
            model_name="observation",
            name="source_file",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="observations",
                to="cot.sourcefile",
            ),
        ),
        migrations.RunPython(triggers.forwards, migrations.RunPython.noop),
    ]
