"""Messages: what is told, in words and pictures, the same for every way it may go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Protocol

from backend.domain.classifications import Severity


@dataclass(frozen=True, slots=True)
class Picture:
    """A PNG with a caption; `name` is that of a file."""

    name: str
    caption: str
    png: bytes


@dataclass(frozen=True, slots=True)
class Message:
    """One message. `subject` is one line; `text` are paragraphs with empty lines between them.

    `key` is the same whenever the same is sent again, so that who receives it twice can tell. `author` is the person
    who wrote it, "" where nobody did. `fields` are short facts by name.
    """

    key: str
    subject: str
    text: str
    severity: Severity = Severity.ALARM
    pictures: tuple[Picture, ...] = ()
    author: str = ""
    fields: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Adapter(Protocol):
    """A way out. Blocking, called on a worker thread, for at most `timeout_s` of its destination."""

    def send(self, message: Message) -> str:
        """Send; returns what the other side said, in a few words. DeliveryError where it did not get there."""
