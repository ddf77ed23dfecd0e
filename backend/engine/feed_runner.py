"""The feeds of a running engine: the watched directory, the network, and the tasks that take plots from them."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TypeVar

from backend.config import ConfigurationError, Settings
from backend.domain.errors import FeedSetupError
from backend.domain.health import PartHealth
from backend.engine.feed_health import combined
from backend.engine.parts import Parts
from backend.engine.supervisor import Supervisor
from backend.feed.directory import DirectorySettings
from backend.feed.disposal import Disposal
from backend.feed.zeromq.addresses import parse_address
from backend.feed.zeromq.keys import HOW_TO_MAKE, ServerKeys, read_pair
from backend.feed.zeromq.receiver import Receiver, ReceiverSettings, check_keys
from backend.feed.zeromq.windows import Bounds
from backend.pipeline.directory_source import DirectorySource
from backend.pipeline.intake import READS_AHEAD, Intake
from backend.pipeline.network_source import NetworkSource
from backend.pipeline.sources import Source

A = TypeVar("A")

_MESSAGES_AHEAD = 32
"""Messages that are being read at a time: in memory they are anyhow."""


class FeedRunner:
    """Watches one directory at a time, and listens to the network beside it."""

    def __init__(self, parts: Parts, supervisor: Supervisor) -> None:
        self._parts, self._supervisor = parts, supervisor
        self._directory: DirectorySource | None = None
        self._receiver: Receiver | None = None
        self._watching, self._listening = _Running(supervisor), _Running(supervisor)

    @property
    def health(self) -> PartHealth | None:
        """Both feeds as one; None where there is neither."""
        directory = self._directory.health if self._directory else None
        return combined(directory, self._receiver.health if self._receiver else None)

    @property
    def backlog(self) -> int:
        """Files found and messages received that are not taken in."""
        found = self._directory.backlog if self._directory else 0
        return found + (self._receiver.backlog if self._receiver else 0)

    async def watch(self, root: Path) -> None:
        """Take plots from `root` from now on. ConfigurationError where it is not a directory."""
        if await asyncio.to_thread(root.is_file):
            raise ConfigurationError(f"{root} is not a folder, so no plots can come from it. Choose another.")
        await self._stop_watching()
        self._directory = self._directory_source(root)
        self._watching.start(self._intake(self._directory), "read", "commit")

    def listen(self) -> None:
        """Take plots from the network as configured; FeedSetupError where the configuration does not allow it."""
        settings = receiver_settings(self._parts.context.settings)
        if settings is None:
            return
        self._receiver = Receiver(settings, self._trouble)
        self._listening.start(
            self._intake(NetworkSource(self._receiver), _MESSAGES_AHEAD), "receive", "commit received"
        )
        self._listening.tasks.append(self._supervisor.start("listen", self._receiver.run_forever))

    async def stop(self) -> None:
        """Take nothing more; reads under way are forgotten, files stay and senders send again."""
        await self._stop_watching()
        await self._listening.stop()
        self._receiver = None

    async def _stop_watching(self) -> None:
        await self._watching.stop()
        if self._directory is not None:
            await self._directory.aclose()
        self._directory = None

    def _trouble(self) -> str:
        link = self._parts.context.link
        return "" if link.away_since is None else f"the database is away since {link.away_since.astimezone():%H:%M}"

    def _directory_source(self, root: Path) -> DirectorySource:
        context = self._parts.context
        settings = context.settings.input
        disposal = Disposal(settings.after, settings.moved_to, root)
        scan = DirectorySettings(root, settings.watch, settings.poll_s, settings.settle_s, disposal.own_folders)
        return DirectorySource(scan, disposal, context.store, context.link, context.executors)

    def _intake(self, source: Source[A], reads_ahead: int = READS_AHEAD) -> Intake[A]:
        parts, context = self._parts, self._parts.context
        return Intake(
            source=source,
            reader=parts.reader,
            store=context.store,
            link=context.link,
            hall=context.hall,
            executors=context.executors,
            lease=parts.lease,
            share=parts.share,
            classify=context.classify_queue,
            publish=context.publish,
            reads_ahead=reads_ahead,
        )


class _Running:
    """The tasks of one feed, stopped in reverse order of their start."""

    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor
        self._intake: Intake[object] | None = None
        self.tasks: list[asyncio.Task[None]] = []

    def start(self, intake: Intake[A], reading: str, committing: str) -> None:
        self._intake = intake  # type: ignore[assignment]
        self.tasks = [
            self._supervisor.start(reading, intake.read_forever),
            self._supervisor.start(committing, intake.commit_forever),
        ]

    async def stop(self) -> None:
        while self.tasks:
            await self._supervisor.stop(self.tasks.pop())
        if self._intake is not None:
            self._intake.cancel_reads()
        self._intake = None


def receiver_settings(settings: Settings) -> ReceiverSettings | None:
    """What a receiver is to be like; None where there is to be none."""
    section = settings.feed.zeromq
    if not section.listen:
        return None
    keys = None
    if section.key is not None and section.clients is not None:
        keys = ServerKeys(section.key, section.clients)
    return ReceiverSettings(
        addresses=tuple(map(parse_address, section.listen)),
        station=settings.station.name,
        keys=keys,
        max_bytes=settings.input.max_bytes,
        bounds=Bounds(section.window, section.window_bytes),
    )


def check_receiver(settings: Settings) -> None:
    """See to it that what the network is to be listened to with is there (blocking). Raises FeedSetupError."""
    wanted = receiver_settings(settings)
    if wanted is None:
        return
    check_keys(wanted)
    if wanted.keys is not None:
        read_pair(wanted.keys.pair_file)
        if not wanted.keys.clients.is_dir():
            raise FeedSetupError(
                f"{wanted.keys.clients} is not a folder, so no sender could be let in. Make it, and put the public "
                f"keys of the senders into it. {HOW_TO_MAKE}"
            )
