"""Errors as a person at a terminal sees them, and the exit codes a script sees."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from enum import IntEnum

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from backend.domain.errors import (
    ClusterUnavailableError,
    FeedSetupError,
    FeedUnavailableError,
    HydraError,
    StoreRefusedError,
    StoreUnavailableError,
    UnknownNameError,
    WorkerUnavailableError,
)


class ExitCode(IntEnum):
    """What the program says to the shell."""

    SUCCESS = 0
    PROBLEMS = 1
    USAGE = 2
    UNAVAILABLE = 3
    INTERRUPTED = 130


class UsageError(HydraError):
    """The command cannot be carried out as it was given."""


class ProblemsFoundError(HydraError):
    """The command did its work and found something; the exit code says so. May carry no message."""


_USAGE = (UsageError, UnknownNameError, FeedSetupError)
_UNAVAILABLE = (
    StoreUnavailableError,
    StoreRefusedError,
    ClusterUnavailableError,
    FeedUnavailableError,
    WorkerUnavailableError,
)


def exit_code(error: BaseException) -> ExitCode:
    """Which code stands for this error."""
    if isinstance(error, _UNAVAILABLE):
        return ExitCode.UNAVAILABLE
    if isinstance(error, KeyboardInterrupt):
        return ExitCode.INTERRUPTED
    if isinstance(error, _USAGE) or type(error).__name__ == "ConfigurationError":
        return ExitCode.USAGE
    return ExitCode.PROBLEMS


def guarded(action: Callable[[], int], *, as_json: bool) -> int:
    """Run a command and return its exit code; every error becomes one panel (or one JSON object) on stderr.

    With HYDRA_DEBUG=1 the traceback is shown as well.
    """
    try:
        return action()
    except KeyboardInterrupt:
        _say("Interrupted; nothing half-done was kept.", as_json=as_json, code=ExitCode.INTERRUPTED)
        return ExitCode.INTERRUPTED
    except Exception as error:
        return report(error, as_json=as_json)


def report(error: Exception, *, as_json: bool) -> int:
    """Show an error and return its exit code."""
    code = exit_code(error)
    if os.environ.get("HYDRA_DEBUG") == "1":
        Console(stderr=True).print_exception()
    message = str(error) if isinstance(error, HydraError) else _unexpected(error)
    if message:
        _say(message, as_json=as_json, code=code)
    return code


def report_missing_window(error: ModuleNotFoundError) -> int:
    """Qt is not installed; everything but the window works without it."""
    message = (
        f"The window needs {error.name}, which is not installed. Install it with: pip install 'hydra-gui[gui]'. "
        "Every other command works without it; `hydra-gui --help` lists them."
    )
    _say(message, as_json=False, code=ExitCode.UNAVAILABLE)
    return ExitCode.UNAVAILABLE


def _unexpected(error: Exception) -> str:
    if isinstance(error, OSError) and error.filename is not None:
        return f"{error.filename}: {error.strerror}. Nothing was changed by this; mend it and try again."
    return (
        f"Unexpected error: {type(error).__name__}: {error}\n"
        "What was committed before is safe. Run again with HYDRA_DEBUG=1 to see where it happened."
    )


def _say(message: str, *, as_json: bool, code: ExitCode) -> None:
    if as_json:
        sys.stderr.write(json.dumps({"error": message, "exit_code": int(code)}) + "\n")
        return
    title = "interrupted" if code is ExitCode.INTERRUPTED else "error"
    Console(stderr=True).print(Panel(Text(message), title=title, title_align="left", border_style="red"))
