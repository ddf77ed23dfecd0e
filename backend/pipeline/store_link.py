"""The way of the engine to the store: on threads of its own, insisting while the database is away."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import Executor
from datetime import UTC, datetime
from typing import ParamSpec, TypeVar

from backend.domain.errors import HydraError, StorageFullError, StoreUnavailableError, StoreUntrustedError
from backend.pipeline.executors import run_in

P = ParamSpec("P")
R = TypeVar("R")

log = logging.getLogger(__name__)

_FIRST_WAIT_S = 0.1
_LONGEST_WAIT_S = 5.0


class StoreLink:
    """Runs blocking store calls on an executor and remembers whether the database answers.

    `insist` repeats a call until it succeeds: every call made through it is idempotent, and what it carries
    stays in memory (bounded queues hold the rest of the pipeline back) so nothing is lost meanwhile. While `refused`
    says why the database must not be used, nothing is asked of it.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._again = asyncio.Event()
        self.away_since: datetime | None = None
        self.trouble = ""
        self.full = False
        self.refused = ""

    async def insist(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call until the database answers."""
        wait = _FIRST_WAIT_S
        while True:
            again = self._again
            try:
                return await self.ask(function, *args, **kwargs)
            except StoreUnavailableError:
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(again.wait(), wait)
                wait = min(2 * wait, _LONGEST_WAIT_S)

    async def ask(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Call once; StoreUnavailableError where the database does not answer."""
        if self.refused:
            raise StoreUnavailableError(self.refused)
        try:
            result = await run_in(self._executor, function, *args, **kwargs)
        except (StoreUnavailableError, StoreUntrustedError) as error:
            self._lost(error)
            raise
        self._found()
        return result

    def try_again(self) -> None:
        """The database answers, as another has found: whoever waits to ask again asks now."""
        again, self._again = self._again, asyncio.Event()
        again.set()

    def _lost(self, error: HydraError) -> None:
        self.trouble, self.full = str(error), isinstance(error, StorageFullError)
        if self.away_since is None:
            self.away_since = datetime.now(UTC)
            log.error("database away: %s", error)

    def _found(self) -> None:
        if self.away_since is not None:
            log.warning("database back after %s", datetime.now(UTC) - self.away_since)
            self.away_since = None
