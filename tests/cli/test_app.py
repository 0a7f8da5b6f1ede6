"""What holds for every command."""

import os
import subprocess
import sys

import pytest
from commands import PROJECT


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({}, (None, "20000")),
        ({"GOMP_SPINCOUNT": "7"}, (None, "7")),
        ({"OMP_WAIT_POLICY": "ACTIVE"}, ("ACTIVE", None)),
    ],
)
def test_waiting_threads_spin_for_a_while_unless_the_user_says_otherwise(
    chosen: dict[str, str], expected: tuple[str | None, str | None]
) -> None:
    names = ("OMP_WAIT_POLICY", "GOMP_SPINCOUNT")
    code = (
        "import os, sys; from upscale.cli.app import main; sys.argv = ['upscale', '--version']\n"
        f"try: main()\nfinally: print([os.environ.get(name) for name in {names}])"
    )
    environment = {name: value for name, value in os.environ.items() if name not in names}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=environment | chosen, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == str(list(expected))
