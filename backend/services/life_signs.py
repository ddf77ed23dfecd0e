"""Signs of life for whoever watches over a service: systemd, by its datagrams, and probes, by the age of a file.

Sources: sd_notify(3), systemd.service(5) `WatchdogSec=`. Without either nothing is done.
"""

from __future__ import annotations

import logging
import os
import socket
import time
from collections.abc import Mapping
from pathlib import Path

log = logging.getLogger(__name__)

EVERY_S = 5.0
"""Seconds between two signs where systemd does not ask for more."""


class LifeSigns:
    """Tells that a program runs, and what it does. No method waits, and none raises: a watched program goes on."""

    def __init__(self, pulse: Path | None = None, environment: Mapping[str, str] = os.environ) -> None:
        """`pulse` is a file whose modification time is renewed; `environment` holds NOTIFY_SOCKET and WATCHDOG_USEC."""
        self._pulse, self._address = pulse, _address(environment.get("NOTIFY_SOCKET", ""))
        self._every_s = _every_s(environment)
        self._next_at, self._said = 0.0, ""

    def ready(self, what: str) -> None:
        """It has begun."""
        self._send(f"READY=1\nSTATUS={_line(what)}")
        self._touch()

    def alive(self, what: str, well: bool = True) -> None:
        """It goes on; to be called often. Where it is not `well` there is no sign, so that it is started anew."""
        if what != self._said:
            self._said = what
            self._send(f"STATUS={_line(what)}")
        now = time.monotonic()
        if well and now >= self._next_at:
            self._next_at = now + self._every_s
            self._send("WATCHDOG=1")
            self._touch()

    def stopping(self) -> None:
        """It ends because it was told to."""
        self._send("STOPPING=1")

    def _send(self, message: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as way:
                way.setblocking(False)
                way.sendto(message.encode(), self._address)
        except OSError as error:
            log.debug("the service manager was not told: %s", error)

    def _touch(self) -> None:
        if self._pulse is None:
            return
        try:
            self._pulse.touch()
        except OSError as error:
            log.warning("the file of the pulse cannot be renewed, so a probe will think this dead: %s", error)


def _address(given: str) -> str:
    """A path, or a name in the abstract name space, which is written with @."""
    return "\0" + given[1:] if given.startswith("@") else given


def _every_s(environment: Mapping[str, str]) -> float:
    """Twice per watchdog period, as its manual asks; that period is meant for this process only if it is named."""
    asked, pid = environment.get("WATCHDOG_USEC", ""), environment.get("WATCHDOG_PID", "")
    if not asked.isdecimal() or (pid and pid != str(os.getpid())):
        return EVERY_S
    return min(EVERY_S, int(asked) / 2e6)


def _line(text: str) -> str:
    return " ".join(text.split())
