"""The one place where every uncaught error ends up: of slots, threads, tasks and the main thread."""

from __future__ import annotations

import asyncio
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal, Slot

from backend.domain.classifications import Severity
from backend.domain.errors import HydraError
from ui.messages import Message
from ui.shell.window import MainWindow

log = logging.getLogger(__name__)


class ErrorNotifier(QObject):
    """Logs each uncaught error and shows it in the window. `uninstall` puts back the hooks of before."""

    _reported = Signal(object)

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._before = (sys.excepthook, threading.excepthook)
        self._reported.connect(self._show, Qt.ConnectionType.QueuedConnection)
        sys.excepthook = self._uncaught
        threading.excepthook = self._uncaught_in_thread

    def watch_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Hear of tasks that failed with nobody waiting for them."""
        loop.set_exception_handler(self._uncaught_in_loop)

    def uninstall(self) -> None:
        """Stop listening."""
        sys.excepthook, threading.excepthook = self._before

    def report(self, error: BaseException) -> None:
        """Log and show an error; may be called from any thread."""
        log.error("uncaught error", exc_info=error)
        self._reported.emit(describe(error))

    @Slot(object)
    def _show(self, message: Message) -> None:
        self._window.tell(message)

    def _uncaught(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        self.report(error.with_traceback(trace))

    def _uncaught_in_thread(self, arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            self.report(arguments.exc_value)

    def _uncaught_in_loop(self, _loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, BaseException):
            self.report(error)
        else:
            log.error("event loop: %s", context.get("message"))


def describe(error: BaseException) -> Message:
    """The error as a person needs it; the traceback is in the details."""
    details = "".join(traceback.format_exception(error))
    if isinstance(error, HydraError):
        return Message(str(error), details=details)
    return Message(
        f"Something unexpected went wrong: {type(error).__name__}.",
        "Nothing stored is affected; plots that arrive are judged on.",
        "If it comes again, restart the program and send the details to its authors.",
        details,
        Severity.WARNING,
    )
