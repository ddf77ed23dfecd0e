"""One attempt, with everything that can go wrong in it turned into words."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from backend.alarms.message import Message
from backend.alarms.registry import Destinations
from backend.domain.errors import HydraError

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Sent:
    """What an attempt came to: whether it went out, and what the other side said."""

    kind: str
    ok: bool
    words: str


def send(destinations: Destinations, name: str, message: Message) -> Sent:
    """Send. Blocking; never raises, whatever an adapter does."""
    kind = ""
    try:
        kind = destinations.section(name).kind
        words = destinations.adapter(name).send(message)
    except HydraError as error:
        return Sent(kind, False, str(error))
    except Exception as error:  # a plug-in's, or a defect of ours: the other destinations go on
        log.exception("sending to %s failed", name)
        return Sent(kind, False, f"the adapter failed ({type(error).__name__})")
    return Sent(kind, True, words)
