"""A TCP proxy on loopback whose connections can be held, as a cut cable does, or reset, as a dead machine does."""

from __future__ import annotations

import contextlib
import select
import socket
import struct
import threading

_POLL_S = 0.05


class Proxy:
    """Forwards `port` to `target`, a port of this machine. `close` ends its thread."""

    def __init__(self, target: int) -> None:
        self.target = target
        self._held = threading.Event()
        self._refusing = threading.Event()
        self._over = threading.Event()
        self._lock = threading.Lock()
        self._pairs: dict[socket.socket, socket.socket] = {}
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name=f"proxy-{self.port}")
        self._thread.start()

    def cut(self) -> None:
        """Nothing goes through any more, and nobody is told: connections are half open."""
        self._held.set()

    def mend(self) -> None:
        """What was held goes on."""
        self._held.clear()

    def refuse(self) -> None:
        """Break all connections and let in no new ones, as where no server runs."""
        self._refusing.set()
        self.reset()

    def accept(self) -> None:
        """Let in new ones again."""
        self._refusing.clear()

    @property
    def connections(self) -> int:
        """How many there are now."""
        return len(self._pairs) // 2

    def reset(self) -> None:
        """Break all connections; new ones may be made."""
        with self._lock:
            while self._pairs:
                end = next(iter(self._pairs))
                for one in (end, self._pairs[end]):
                    one.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self._drop(end)

    def close(self) -> None:
        self._over.set()
        self._thread.join()
        self._listener.close()

    def _run(self) -> None:
        while not self._over.is_set():
            if self._held.is_set():
                self._over.wait(_POLL_S)
                continue
            with self._lock:
                ends = [self._listener, *self._pairs]
            try:
                ready, _, _ = select.select(ends, [], [], _POLL_S)
            except (OSError, ValueError):
                continue  # one was closed meanwhile
            with self._lock:
                for end in ready:
                    self._accept() if end is self._listener else self._forward(end)
        with self._lock:
            for end in list(self._pairs):
                self._drop(end)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if self._refusing.is_set():
            client.close()
            return
        try:
            server = socket.create_connection(("127.0.0.1", self.target), 5)
        except OSError:
            client.close()
            return
        self._pairs[client], self._pairs[server] = server, client

    def _forward(self, end: socket.socket) -> None:
        other = self._pairs.get(end)
        if other is None:
            return
        try:
            data = end.recv(1 << 16)
            if data:
                other.sendall(data)
                return
        except OSError:
            pass
        self._drop(end)

    def _drop(self, end: socket.socket) -> None:
        other = self._pairs.pop(end, None)
        for one in (end, other):
            if one is not None:
                self._pairs.pop(one, None)
                with contextlib.suppress(OSError):
                    one.close()
