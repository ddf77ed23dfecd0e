"""Checks of addresses that are only needed now and then: whether anybody answers there."""

from __future__ import annotations

import socket
from collections.abc import Iterator

from backend.config import Settings
from backend.services.doctor.findings import Finding, ok, warning
from backend.store.addresses import read_failover

CONNECT_S = 2.0


def check_failover(settings: Settings) -> Iterator[Finding]:
    """Whether the further addresses of the server answer, too: found out now and not in the night."""
    for host, port in read_failover(settings.store.failover):
        if answers(f"tcp://{host}:{port}"):
            yield ok("failover", f"{host}:{port} answers")
        else:
            yield warning("failover", f"{host}:{port} does not answer", "Start that server, or correct the address.")


def check_hydra(settings: Settings) -> Iterator[Finding]:
    """Whether the Hydra that is to be listened to is there."""
    section = settings.feed.hydra
    for address in section.connect:
        if answers(address):
            yield ok("hydra", f"{section.name} answers at {address}")
        else:
            remedy = "Start it, or correct connect in [feed.hydra]; plots are judged all the same."
            yield warning("hydra", f"nobody answers at {address}", remedy)


def answers(address: str) -> bool:
    """Whether somebody takes a connection at tcp://HOST:PORT within two seconds."""
    host, _, port = address.removeprefix("tcp://").rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), CONNECT_S):
            return True
    except (OSError, ValueError):
        return False
