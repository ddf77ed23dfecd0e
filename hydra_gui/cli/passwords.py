"""Asking for a password: at the terminal without echo, or as the first line of standard input. Never as an argument."""

from __future__ import annotations

import getpass
import sys

from hydra_gui.cli.errors import UsageError

_LONGEST = 1024


def ask_password(what: str, *, from_stdin: bool, twice: bool = False) -> str:
    """The password a person types, or a program pipes in. UsageError where there is none, or no terminal to ask at."""
    if from_stdin:
        return _checked(sys.stdin.readline(_LONGEST + 2).rstrip("\r\n"))
    if not sys.stdin.isatty():
        raise UsageError(
            f"There is no terminal to ask for the {what} at. Pipe it in with --password-stdin; as an argument, "
            "everybody on this machine could read it."
        )
    password = _checked(getpass.getpass(f"{what}: "))
    if twice and getpass.getpass(f"{what}, again: ") != password:
        raise UsageError("The two passwords differ. Nothing was changed; try again.")
    return password


def _checked(password: str) -> str:
    if not password or len(password) > _LONGEST or not password.isprintable():
        raise UsageError(
            f"A password has 1 to {_LONGEST} printable characters, and this has not. Nothing was changed; try again."
        )
    return password
