"""What is imported when: the command line starts without TensorFlow, which takes seconds to load."""

import subprocess
import sys

HEAVY = ("tensorflow", "keras", "sklearn", "matplotlib", "scipy", "numba")


def test_the_command_line_loads_nothing_heavy() -> None:
    code = f"import sys, kerasae.cli; print([name for name in {HEAVY} if name in sys.modules])"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown.strip() == "[]"
