"""What the commands have in common."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.core.management import get_commands, load_command_class

OURS = {
    config.name
    for config in apps.get_app_configs()
    if Path(config.path).parent == settings.BASE_DIR
}


@pytest.mark.parametrize(
    "name",
    sorted(name for name, app in get_commands().items() if app in OURS and name != "migrate"),
)
def test_wrong_usage_ends_with_64_in_one_sentence(name: str, capsys: pytest.CaptureFixture[str]):
    """Not with 2, which says that another run holds the lock."""
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["--no-such-flag"])
    assert end.value.code == 64
    assert f"manage.py {name}: " in capsys.readouterr().err
