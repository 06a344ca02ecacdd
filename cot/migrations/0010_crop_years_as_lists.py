from django.db import migrations

from cot.variants import VARIANTS


def batched(keys):
    keys = list(keys)
    return (keys[start : start + 200] for start in range(0, len(keys), 200))


def _convert(apps, make):
    splits = apps.get_model("cot", "CropSplit").objects
    for observations in batched(splits.values_list("pk", flat=True)):
        found = list(splits.select_related("observation").filter(pk__in=observations))
        for split in found:
            fields = VARIANTS[f"{split.observation.report_type}_{split.observation.subtype}"].crop_fields
            split.old, split.other = make(fields, split.old), make(fields, split.other)
        splits.bulk_update(found, ["old", "other"])


def to_lists(apps, schema_editor):
    _convert(apps, lambda fields, named: [named.get(field) for field in fields])


def to_names(apps, schema_editor):
    _convert(apps, lambda fields, numbers: dict(zip(fields, numbers, strict=True)))


class Migration(migrations.Migration):
    """Crop years as lists of numbers in the order of `Variant.crop_fields`, without their names."""

    dependencies = [("cot", "0009_short_values_stay_in_their_row")]
    operations = [migrations.RunPython(to_lists, to_names)]
