"""One message to one checked plot, as `backend.feed.reading` does it with a file. Blocking."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import PurePosixPath

from backend.domain.errors import PlotRejectedError
from backend.domain.intake import FileStamp, NewPlot
from backend.domain.plots import PlotIdentity
from backend.domain.quarantine import QuarantineReason
from backend.feed.images import ImageLimits, open_picture, size_of_whole
from backend.feed.naming import identify, plot_type_name, run_period_name
from backend.feed.reading import ReadPlot
from backend.feed.zeromq.protocol import PlotMessage, Unsendable

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def stamp_of(message: PlotMessage | Unsendable) -> FileStamp:
    """What stands for the message in the ledger: the file it was made from, at its sender, or else its id."""
    size = len(message.data) if isinstance(message, PlotMessage) else message.size
    name = f"{message.sender}:{message.path or message.id}"
    return FileStamp(name, (message.taken_us or 0) * 1000, size)


def read_message(message: PlotMessage, limits: ImageLimits) -> ReadPlot:
    """Check and decode. Raises PlotRejectedError where it cannot become a plot."""
    digest, identity = _checked(message), _identity(message)
    picture = open_picture(message.data, PurePosixPath(message.path).suffix, limits)
    return ReadPlot(_new_plot(message, identity, digest, picture.size), picture)


def read_without_decoding(message: PlotMessage, limits: ImageLimits) -> NewPlot | None:
    """The same where the checksums in the image vouch for it; None where only decoding could tell. A tenth of the time.

    What is whole and still cannot be decoded is found out when it is to be judged, and set aside then.
    """
    digest, identity = _checked(message), _identity(message)
    size = size_of_whole(message.data, PurePosixPath(message.path).suffix, limits)
    return None if size is None else _new_plot(message, identity, digest, size)


def _checked(message: PlotMessage) -> str:
    digest = hashlib.sha256(message.data).hexdigest()
    if message.sha256 and message.sha256 != digest:
        raise PlotRejectedError(QuarantineReason.DAMAGED, "The bytes do not match the checksum in the header.")
    return digest


def _new_plot(message: PlotMessage, identity: PlotIdentity, digest: str, size: tuple[int, int]) -> NewPlot:
    now = datetime.now(UTC)
    return NewPlot(
        identity=identity,
        data=message.data,
        sha256=digest,
        width=size[0],
        height=size[1],
        taken_at=_taken_at(message, now),
        received_at=now - timedelta(milliseconds=message.waited_ms),
        source=stamp_of(message),
    )


def _identity(message: PlotMessage) -> PlotIdentity:
    if message.plot_type is None or message.run is None:
        return identify(PurePosixPath(message.path))
    name = plot_type_name(message.plot_type)
    return PlotIdentity(name, message.run, message.chunk, run_period_name(message.run_period))


def _taken_at(message: PlotMessage, now: datetime) -> datetime:
    """By the sender's clock; never in the future, and when it was first held where the sender does not say."""
    if message.taken_us is None:
        return now - timedelta(milliseconds=message.waited_ms)
    return min(_EPOCH + timedelta(microseconds=message.taken_us), now)
