"""One worker process: started, asked, ended. Whatever goes wrong with it is a `WorkerDiedError`."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import socket
import struct
from multiprocessing.connection import Connection
from typing import Any

from backend.inference.reference.wire import ANSWERS, Message, WireError, receive, send
from backend.inference.reference.worker import Opener, WorkerSettings, serve

_GRACE_S = 5.0
_OUTSIDE = frozenset({signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP})


class WorkerDiedError(Exception):
    """The worker ended, gave no answer in time or rubbish. `from_outside`: a signal that no plot can cause ended it."""

    def __init__(self, what: str, *, from_outside: bool = False) -> None:
        super().__init__(what)
        self.from_outside = from_outside


class WorkerProcess:
    """A process that runs `worker.serve`. One thread at a time may `ask`; any may `kill`."""

    def __init__(self, opener: Opener, settings: WorkerSettings, send_s: float) -> None:
        """Start it. OSError where the system has no room for a process. `send_s` bounds handing over a request."""
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe(duplex=True)
        _bound_sending(self._connection, send_s)
        self._process = context.Process(
            target=serve, args=(opener, theirs, settings), name="reference engine", daemon=True
        )
        try:
            self._process.start()
        except BaseException:
            self._connection.close()
            raise
        finally:
            theirs.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid or 0

    @property
    def is_alive(self) -> bool:
        """Whether it runs."""
        return self._process.is_alive()

    def tell(self, request: Message) -> None:
        """Hand over a request that is not answered. WorkerDiedError."""
        try:
            send(self._connection, request)
        except OSError as error:
            raise self._death(error) from error

    def ask(self, request: Message, seconds: float) -> Any:  # noqa: ANN401 - one of ANSWERS
        """Its answer to a request. WorkerDiedError where none comes within `seconds`."""
        try:
            send(self._connection, request)
            if not self._connection.poll(seconds):
                self.kill()
                raise WorkerDiedError(f"gave no answer within {seconds:g} s")
            return receive(self._connection, ANSWERS)
        except WireError as error:
            self.kill()
            raise WorkerDiedError(f"answered with rubbish ({error})") from error
        except (OSError, EOFError) as error:
            raise self._death(error) from error
        except BaseException:  # Ctrl-C: the answer would be taken for that to the next request
            self.kill()
            self._process.join(_GRACE_S)
            raise

    def kill(self) -> None:
        """End it at once; whoever waits for an answer gets a WorkerDiedError."""
        with contextlib.suppress(ValueError):  # it is gone already
            self._process.kill()

    def end(self) -> None:
        """Let it end: it does when nobody is there to ask. Afterwards it is gone, and so is all it held."""
        self._connection.close()
        for stop in (None, self._process.terminate, self._process.kill):
            if stop is not None:
                stop()
            self._process.join(_GRACE_S)
            if self._process.exitcode is not None:
                break
        self._process.close()

    def _death(self, error: BaseException) -> WorkerDiedError:
        """What became of a worker to which the connection is gone."""
        if isinstance(error, BlockingIOError):  # it did not take the request in time
            self.kill()
            return WorkerDiedError("took no request any more")
        self._process.join(_GRACE_S)
        code = self._process.exitcode
        if code is None:
            self.kill()
            return WorkerDiedError(f"broke off ({error or type(error).__name__})")
        if code < 0:
            return WorkerDiedError(f"was ended by {_signal_name(-code)}", from_outside=-code in _OUTSIDE)
        return WorkerDiedError(f"ended with exit code {code}")


def _bound_sending(connection: Connection, seconds: float) -> None:
    """A worker that hangs reads no more, and a large request would wait for it for ever."""
    with contextlib.suppress(OSError), socket.socket(fileno=_duplicate(connection)) as end:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, struct.pack("ll", int(seconds), 0))


def _duplicate(connection: Connection) -> int:
    return os.dup(connection.fileno())


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
