from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cot", "0001_initial")]

    operations = [
        migrations.AddField(
            model_name="releasenotice",
            name="replaces",
            field=models.DateField(null=True),
        ),
    ]
