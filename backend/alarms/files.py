"""A logbook that is a directory: one folder an entry, with text, facts and pictures, whole or not at all."""

from __future__ import annotations

import json
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from backend.alarms.message import Message
from backend.domain.errors import DeliveryError


class FileLogbook:
    """Entries below `directory`, named by time; an entry that is sent again stands there once."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def send(self, message: Message) -> str:
        """See `Adapter`; returns the name of the folder."""
        now = datetime.now(UTC)
        day = self._directory / f"{now:%Y-%m}"
        try:
            there = next(day.glob(f"*-{message.key}"), None)
            if there is None:
                there = day / f"{now:%Y%m%dT%H%M%S}-{message.key}"
                self._write(message, there, now)
        except OSError as error:
            raise DeliveryError(f"{self._directory} cannot be written: {error.strerror}") from error
        return there.name

    def _write(self, message: Message, entry: Path, now: datetime) -> None:
        unfinished = entry.with_name(f".{entry.name}.{os.getpid()}.part")
        unfinished.mkdir(parents=True)
        try:
            (unfinished / "entry.txt").write_text(f"{message.subject}\n\n{message.text}\n", encoding="utf-8")
            (unfinished / "entry.json").write_text(_facts(message, now), encoding="utf-8")
            for picture in message.pictures:
                (unfinished / picture.name).write_bytes(picture.png)
            unfinished.rename(entry)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise


def _facts(message: Message, now: datetime) -> str:
    facts = {
        "key": message.key,
        "at": now.isoformat(),
        "author": message.author,
        "subject": message.subject,
        "text": message.text,
        "severity": message.severity.word,
        "fields": dict(message.fields),
        "pictures": [{"file": picture.name, "caption": picture.caption} for picture in message.pictures],
    }
    return json.dumps(facts, ensure_ascii=False, indent=1)
