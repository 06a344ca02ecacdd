"""What the commands have in common (platform §15)."""

from __future__ import annotations

import pytest
from django.core.management import get_commands, load_command_class

OURS = ("core", "accounts", "cot", "equilibrium")


@pytest.mark.parametrize(
    "name", sorted(name for name, app in get_commands().items() if app in OURS and name != "migrate")
)
def test_wrong_usage_ends_with_64_in_one_sentence(name: str, capsys: pytest.CaptureFixture[str]):
    """Not with 2, which says that another run holds the lock."""
    parser = load_command_class(get_commands()[name], name).create_parser("manage.py", name)
    with pytest.raises(SystemExit) as end:
        parser.parse_args(["--no-such-flag"])
    assert end.value.code == 64
    assert f"manage.py {name}: " in capsys.readouterr().err
