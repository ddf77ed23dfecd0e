"""Addresses of the feed, and whether they lead out of this machine. No input or output."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass

ACCEPTED = "tcp://HOST:PORT, with an IPv6 address in brackets; * as the host listens on every interface"

_TCP = re.compile(
    r"tcp://(?P<host>\*|\[[0-9A-Fa-f:.]{2,45}\]|[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})):(?P<port>[0-9]{1,5})"
)


@dataclass(frozen=True, slots=True)
class Address:
    """Where to listen or connect. `host` is a name, an address or "*"; `port` 1 to 65535."""

    host: str
    port: int

    @property
    def url(self) -> str:
        """As ZeroMQ wants it."""
        return f"tcp://{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only programs on this machine can reach it. Names other than localhost count as not."""
        if self.host == "localhost":
            return True
        try:
            return ipaddress.ip_address(self.host.strip("[]")).is_loopback
        except ValueError:
            return False

    @property
    def is_ipv6(self) -> bool:
        """Whether IPv6 is needed."""
        return self.host.startswith("[")


def parse_address(text: str) -> Address:
    """Read an address; ValueError says what is accepted."""
    match = _TCP.fullmatch(text)
    if match is None or not 0 < int(match["port"]) < 65_536:
        raise ValueError(f"{text[:200]!r} is no address of a feed; accepted is {ACCEPTED}")
    host = match["host"]
    if host.startswith("["):
        try:
            ipaddress.IPv6Address(host[1:-1])
        except ValueError as error:
            raise ValueError(f"{text[:200]!r} holds no IPv6 address; accepted is {ACCEPTED}") from error
    return Address(host, int(match["port"]))
