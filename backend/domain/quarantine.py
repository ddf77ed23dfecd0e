"""Quarantine: files that cannot become plots, kept with the reason and never deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class QuarantineReason(StrEnum):
    """Closed set of reasons; `advice` says what to do about each."""

    EMPTY = "empty file"
    NOT_AN_IMAGE = "not an image"
    TRUNCATED = "truncated image"
    TOO_LARGE = "too many pixels or bytes"
    WRONG_SUFFIX = "content does not match the suffix"
    UNREADABLE = "cannot be read"
    BAD_NAME = "name is not a plot name"
    CRASHED_INFERENCE = "inference failed repeatedly"
    DAMAGED = "damaged on the way"
    BAD_MESSAGE = "message not understood"


ADVICE: dict[QuarantineReason, str] = {
    QuarantineReason.EMPTY: "The sender wrote nothing. Check the disk and the job that draws this plot.",
    QuarantineReason.NOT_AN_IMAGE: "Only PNG, JPEG, GIF, BMP and WebP plots are judged. Check what the sender writes.",
    QuarantineReason.TRUNCATED: "The sender stopped half-way. Write under another name and rename when complete.",
    QuarantineReason.TOO_LARGE: "Lower the canvas size of the plot, or raise input.max_pixels.",
    QuarantineReason.WRONG_SUFFIX: "Name the file by its real format.",
    QuarantineReason.UNREADABLE: "Give the account of this program the right to read the file.",
    QuarantineReason.BAD_NAME: "Name it Name[-pad][_chunk].png below a folder of the run number.",
    QuarantineReason.CRASHED_INFERENCE: "Send the plot and the log to the model's author; others are judged on.",
    QuarantineReason.DAMAGED: "The bytes are not those the sender took the checksum of. Check its disk and memory.",
    QuarantineReason.BAD_MESSAGE: "Mend the program that sends it; docs/feed.md says what a message must hold.",
}


@dataclass(frozen=True, slots=True)
class QuarantinedFile:
    """One file set aside. `path` is printable whatever the name was made of; `since` is UTC."""

    path: str
    reason: QuarantineReason
    message: str
    size: int
    since: datetime
    plot_type: str = ""
