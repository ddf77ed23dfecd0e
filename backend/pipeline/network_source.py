"""Messages from the network as a source: answered once their plot is committed, or set aside with the reason."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from backend.domain.errors import PlotRejectedError
from backend.domain.intake import FileStamp, NewPlot
from backend.feed.zeromq.protocol import Unsendable, reason_of, refusal_of
from backend.feed.zeromq.reading import read_message, read_without_decoding, stamp_of
from backend.feed.zeromq.receiver import Offer, Receiver
from backend.pipeline.items import ReadItem
from backend.pipeline.reader import Reader

RUSH = 16
"""Plots under way from which on they are made safe first and decoded later."""


@dataclass(slots=True, eq=False)
class NetworkSource:
    """One receiver. Its arrivals are offers."""

    receiver: Receiver

    def __aiter__(self) -> NetworkSource:
        return self

    async def __anext__(self) -> list[Offer]:
        return await self.receiver.__anext__()

    def stamp(self, arrival: Offer) -> FileStamp:
        """The file it was made from, at its sender."""
        return stamp_of(arrival.message)

    def read(self, reader: Reader, arrival: Offer) -> ReadItem | NewPlot:
        """Check and decode; in a rush only check, so that senders are relieved of their plots before they are judged.

        A file that its sender could not send is rejected for the reason the sender gives.
        """
        message = arrival.message
        if isinstance(message, Unsendable):
            raise PlotRejectedError(reason_of(message.reason), message.message)
        if self.receiver.backlog > RUSH:
            plot = read_without_decoding(message, reader.limits)
            if plot is not None:
                return plot
        return reader.prepared(stamp_of(message), lambda: read_message(message, reader.limits))

    def retry(self, arrival: Offer) -> None:
        """Its sender will send it again."""
        self.receiver.drop(arrival)

    def acknowledge(self, committed: Sequence[tuple[Offer, bool]]) -> None:
        """Tell the senders."""
        self.receiver.acknowledge(committed)

    async def dispose(self, committed: Sequence[tuple[Offer, NewPlot]]) -> None:
        """Nothing is left behind."""

    async def set_aside(self, arrival: Offer, error: PlotRejectedError) -> None:
        """Tell the sender why; of a file that it could not send itself it only wants to know that it is entered."""
        if isinstance(arrival.message, Unsendable):
            self.receiver.acknowledge([(arrival, True)])
        else:
            self.receiver.refuse(arrival, refusal_of(error.reason), str(error))
