"""The feed of a running engine: which directory is watched, and the tasks that take plots from it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path

from backend.config import ConfigurationError
from backend.domain.health import PartHealth
from backend.domain.intake import FileStamp
from backend.engine.parts import Parts
from backend.engine.supervisor import Supervisor
from backend.feed.directory import DirectorySettings, InputDirectory
from backend.feed.disposal import Disposal
from backend.pipeline.intake import Intake


class FeedRunner:
    """Watches one directory at a time."""

    def __init__(self, parts: Parts, supervisor: Supervisor) -> None:
        self._parts, self._supervisor = parts, supervisor
        self._directory: InputDirectory | None = None
        self._intake: Intake | None = None
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def health(self) -> PartHealth | None:
        """The directory's health; None where none is watched."""
        return self._directory.health if self._directory else None

    @property
    def backlog(self) -> int:
        """Files found and not yet taken in."""
        return self._directory.backlog if self._directory else 0

    async def watch(self, root: Path) -> None:
        """Take plots from `root` from now on. ConfigurationError where it is not a directory."""
        if await asyncio.to_thread(root.is_file):
            raise ConfigurationError(f"{root} is not a folder, so no plots can come from it. Choose another.")
        await self.stop()
        settings = self._parts.context.settings.input
        disposal = Disposal(settings.after, settings.moved_to, root)
        scan = DirectorySettings(root, settings.watch, settings.poll_s, settings.settle_s, disposal.own_folders)
        self._directory = InputDirectory(scan, self._known)
        self._intake = self._build_intake(self._directory, root, disposal)
        self._tasks = [
            self._supervisor.start("read", self._intake.read_forever),
            self._supervisor.start("commit", self._intake.commit_forever),
        ]

    async def stop(self) -> None:
        """Stop watching; reads under way are forgotten, their files stay."""
        for task in self._tasks:
            await self._supervisor.stop(task)
        self._tasks.clear()
        if self._intake is not None:
            self._intake.cancel_reads()
        if self._directory is not None:
            await self._directory.aclose()
        self._directory = self._intake = None

    async def _known(self, stamps: Sequence[FileStamp]) -> set[str]:
        return await self._intake.known(stamps) if self._intake else set()

    def _build_intake(self, directory: InputDirectory, root: Path, disposal: Disposal) -> Intake:
        parts, context = self._parts, self._parts.context
        return Intake(
            feed=directory,
            root=root,
            reader=parts.reader,
            store=context.store,
            link=context.link,
            disposal=disposal,
            hall=context.hall,
            executors=context.executors,
            lease=parts.lease,
            share=parts.share,
            classify=context.classify_queue,
            publish=context.publish,
        )
