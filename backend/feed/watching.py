"""Being told of changes by the operating system: one thread around watchfiles.

What it says is a hint and never needed: it sees nothing on network file systems, drops events when flooded, and ends
at the first name that is not UTF-8. Whoever uses it looks for himself as well.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from pathlib import Path

from watchfiles import Change, watch

from backend.feed.naming import printable
from backend.feed.scanning import is_temporary

STEP_MS = 10
"""How often changes are looked for: a change is told after one to two steps."""

DEBOUNCE_MS = 20
"""How long a burst may go on before its first part is told."""

log = logging.getLogger(__name__)


class Watcher:
    """Calls `noticed` with changed paths, and `ended` when an error ends it, both on its own thread."""

    def __init__(self, root: str, noticed: Callable[[list[str]], None], ended: Callable[[], None]) -> None:
        self._root, self._noticed, self._ended = root, noticed, ended
        self.error = ""
        self._stop = False
        self.established = False
        self._settled = threading.Event()
        self._thread = threading.Thread(target=self._run, name="feed-watcher", daemon=True)

    def start(self, timeout_s: float) -> bool:
        """Begin; blocks until every folder is watched, and says whether that worked within `timeout_s`."""
        if self._stop:
            return False
        self._thread.start()
        self._settled.wait(timeout_s)
        return self.established

    def dismiss(self) -> None:
        """Let the thread end with its next step; never blocks, and forbids a start that is still to come."""
        self._stop = True

    def stop(self, timeout_s: float) -> bool:
        """End; blocks until the thread has ended and says whether it did within `timeout_s`. Idempotent."""
        self.dismiss()
        if self._thread.ident is not None:
            self._thread.join(timeout_s)
        return not self._thread.is_alive()

    def is_set(self) -> bool:
        """The stop flag, asked by watchfiles at every step; being asked means that it watches by now."""
        if not self.established:
            self.established = True
            self._settled.set()
        return self._stop

    def _run(self) -> None:
        logging.getLogger("watchfiles").setLevel(logging.WARNING)  # it reports every change as information
        try:
            for changes in watch(
                Path(self._root),
                watch_filter=None,
                debounce=DEBOUNCE_MS,
                step=STEP_MS,
                stop_event=self,
                raise_interrupt=False,
                force_polling=False,
                ignore_permission_denied=True,
            ):
                self._tell([path for change, path in changes if change is not Change.deleted])
        except Exception as error:  # watchfiles raises RuntimeError, OSError, UnicodeError …
            self.error = printable(str(error))
            log.debug("watching ended: %s", self.error)
            self._ended()
        finally:
            self._settled.set()

    def _tell(self, paths: list[str]) -> None:
        wanted = [path for path in paths if not is_temporary(path.rpartition("/")[2])]
        if wanted:
            self._noticed(wanted)
