"""The escalator: tells those who are not at the screen of alerts that nobody acknowledges, once for the hall.

Who is to be told what is decided in the database: every station that carries the plan out enters the same steps, and
each step is taken by one of them. Whoever is killed leaves its steps to the others when its lease ends.
"""

from __future__ import annotations

import asyncio
import logging
import uuid
from collections.abc import Callable
from datetime import UTC, datetime

from backend.alarms.composing import PICTURED, alert_message
from backend.alarms.message import Message, Picture
from backend.alarms.pictures import Rgb, pictures_of
from backend.alarms.planning import plan_of, read_run_type
from backend.alarms.registry import Destinations
from backend.alarms.sending import Sent, send
from backend.alarms.threads import Threads
from backend.config import Settings
from backend.domain.alert_views import AlertDetail
from backend.domain.alerts import AlertState
from backend.domain.dispatches import Batch, wait_after
from backend.domain.errors import HydraError
from backend.domain.escalation import Step, due
from backend.domain.incidents import worst_first
from backend.domain.plots import Plot
from backend.pipeline.store_link import StoreLink
from backend.store import Store

log = logging.getLogger(__name__)

_LOOK_EVERY_S = 2.0
_BEYOND_S = 5.0
"""An attempt is given up so long after the time limit of its destination, within which its connection should end."""
_TO_RECORD_S = 15.0
_CLOSE_S = 3.0

Key = tuple[int, int, str, int, str]


class Escalator:
    """Lives on the engine's loop. `image` reads the picture of a plot; blocking."""

    def __init__(
        self,
        settings: Settings,
        store: Store,
        links: tuple[StoreLink, StoreLink],
        owner: str,
        image: Callable[[Plot], Rgb],
        destinations: Destinations | None = None,
    ) -> None:
        self._section, self._experiment = settings.alarms, settings.experiment.name
        self._store, self._owner, self._image = store, owner, image
        self._link, self._read_link = links
        self._destinations = destinations or Destinations(settings.alarms)
        self._plan = plan_of(settings.alarms)
        self._planned: set[Key] = set()
        self._threads = Threads()
        self._under_way: set[asyncio.Task[None]] = set()

    @property
    def has_routes(self) -> bool:
        """Whether there is anything to carry out."""
        return bool(self._plan.routes)

    async def run_forever(self) -> None:
        """Plan, take, send; ended by `close`."""
        while True:
            await self._plan_steps()
            await self._link.insist(self._store.dispatches.end_over)
            for batch in await self._claim():
                task = asyncio.create_task(self._carry_out(batch), name=batch.destination)
                self._under_way.add(task)
                task.add_done_callback(self._under_way.discard)
            await asyncio.sleep(_LOOK_EVERY_S)

    async def close(self) -> None:
        """End what is under way; whatever was not recorded is tried again by whoever finds it."""
        tasks = list(self._under_way)
        if tasks:
            await asyncio.wait(tasks, timeout=_CLOSE_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self._threads.close, _CLOSE_S)

    async def _plan_steps(self) -> None:
        cases = await self._read_link.insist(self._store.dispatches.cases)
        run_type = await asyncio.to_thread(read_run_type, self._section.run_type_file) if cases else ""
        found = due(self._plan, cases, datetime.now(UTC), run_type)
        self._planned &= set(map(_key, found))
        new = [step for step in found if _key(step) not in self._planned]
        if new:
            await self._link.insist(self._store.dispatches.plan, new, self._destinations.station_roles)
            self._planned |= set(map(_key, new))

    async def _claim(self) -> list[Batch]:
        names = self._destinations.names
        busy = {task.get_name() for task in self._under_way}
        free = [name for name in names if name not in busy]
        limit = max((self._section.destinations[name].timeout_s for name in names), default=0.0)
        lease_s = max(limit, self._section.mail.timeout_s) + _BEYOND_S + _TO_RECORD_S
        return await self._link.insist(self._store.dispatches.claim, self._owner, free, lease_s, self._section.pause_s)

    async def _carry_out(self, batch: Batch) -> None:
        ticket, name = uuid.uuid4(), batch.destination
        try:
            sent = await self._send(batch)
        except HydraError as error:
            sent = Sent("", False, str(error))
        except Exception as error:  # a defect of ours must not keep anybody from being told
            log.exception("a message to %s could not be made", name)
            sent = Sent("", False, f"the message could not be made ({type(error).__name__})")
        if sent is None:  # the lease ends by itself, and what is over is not taken again
            return
        dispatches = self._store.dispatches
        if sent.ok:
            log.info("told %s of %d alerts: %s", name, len(batch.dispatches), sent.words)
            await self._link.insist(dispatches.succeeded, batch, sent.kind, sent.words, ticket)
            return
        wait = wait_after(batch.attempts)
        log.warning("%s could not be told: %s", name, sent.words)
        await self._link.insist(dispatches.failed, batch, sent.kind, sent.words, ticket, wait)

    async def _send(self, batch: Batch) -> Sent | None:
        """None where nothing waits any more."""
        name = batch.destination
        section = self._destinations.section(name)
        limit = (self._section.mail.timeout_s if section.kind == "mail" else section.timeout_s) + _BEYOND_S
        message = await self._read_link.ask(self._message, batch)
        if message is None:
            return None
        try:
            return await self._threads.run(lambda: send(self._destinations, name, message), limit)
        except TimeoutError:
            return Sent(section.kind, False, f"it took longer than {limit:g} s")

    def _message(self, batch: Batch) -> Message | None:
        """Blocking: read from the store what there is to say; None where nothing waits any more."""
        wanted = {one.alert_id for one in batch.dispatches}
        open_now = self._store.alerts.open()
        raised = (one for one in open_now if one.alert_id in wanted and one.state is AlertState.RAISED)
        alerts = worst_first(raised)
        if not alerts:
            return None
        details = [self._store.alerts.detail(alert.alert_id) for alert in alerts[:PICTURED]]
        pictures = [picture for detail in details for picture in self._pictures(detail)]
        key = uuid.uuid5(uuid.NAMESPACE_OID, ",".join(str(one.dispatch_id) for one in batch.dispatches)).hex
        now = datetime.now(UTC)
        return alert_message(f"hydra-{key}", self._experiment, alerts, details[0], pictures, now, self._plan.zone)

    def _pictures(self, detail: AlertDetail) -> tuple[Picture, ...]:
        """Without a picture an alert is told all the same."""
        plot = detail.plot
        if plot is None:
            return ()
        try:
            rgb = self._image(plot)
        except (HydraError, OSError, ValueError) as error:
            log.warning("the picture of %s cannot be sent: %s", plot.identity.plot_type, error)
            return ()
        caption = f"{plot.identity.plot_type}, run {plot.identity.run}"
        return pictures_of(f"{plot.identity.plot_type}-{plot.plot_id}", caption, rgb, detail.heat_map)


def _key(step: Step) -> Key:
    return step.alert_id, step.episode, step.route, step.tier, step.destination
