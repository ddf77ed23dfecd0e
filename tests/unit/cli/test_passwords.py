"""Asking for a password at a terminal: without echo, and twice for a new one."""

from __future__ import annotations

import os
import pty
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
_ASKS = """
import sys
from hydra_gui.cli.errors import UsageError
from hydra_gui.cli.passwords import ask_password
try:
    print("got", len(ask_password("password of x", from_stdin=False, twice=True)))
except UsageError as error:
    print("refused", error)
"""
_DEADLINE_S = 60.0


def at_a_terminal(*typed: str) -> str:
    """What a terminal shows while a program asks and somebody types."""
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", _ASKS]
    with subprocess.Popen(
        command, cwd=ROOT, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as program:
        os.close(theirs)
        shown = ""
        for text in typed:
            shown = _until(ours, shown, shown.count("password of x") + 1)
            os.write(ours, text.encode() + b"\n")
        shown = _rest(ours, shown)
        program.wait(_DEADLINE_S)
    os.close(ours)
    return shown


def _until(terminal: int, shown: str, questions: int) -> str:
    deadline = time.monotonic() + _DEADLINE_S
    while shown.count("password of x") < questions or not shown.endswith(": "):
        assert time.monotonic() < deadline, shown
        if select.select([terminal], [], [], 1.0)[0]:
            shown += os.read(terminal, 1000).decode()
    return shown


def _rest(terminal: int, shown: str) -> str:
    try:
        while part := os.read(terminal, 1000):
            shown += part.decode()
    except OSError:  # the program has closed its end
        pass
    return shown


@pytest.mark.skipif(sys.platform != "linux", reason="terminals are opened as Linux does")
def test_that_a_new_password_is_asked_twice_and_never_echoed() -> None:
    shown = at_a_terminal("s3cret word", "s3cret word")
    assert "got 11" in shown
    assert "s3cret" not in shown
    assert shown.count("password of x") == 2


@pytest.mark.skipif(sys.platform != "linux", reason="terminals are opened as Linux does")
def test_that_two_different_passwords_are_refused() -> None:
    shown = at_a_terminal("s3cret word", "s3cret w0rd")
    assert "refused The two passwords differ" in shown
    assert "s3cret" not in shown
