"""Loading what belongs to the alert looked at, so that it arrives however fast the alert changes meanwhile."""

from __future__ import annotations

from collections.abc import Callable

from backend.domain.errors import HydraError
from hydra_gui.alerts.pictures import AlertPictureLoader, Show, Tell
from hydra_gui.tasks import Tasks

Complain = Callable[[int, str], None]
"""The alert, and why it cannot be read."""


class AlertLoading:
    """One alert at a time; another one takes its place. Where the same is asked for again it is loaded once more
    afterwards: in a flood every verdict changes it, and one that is always interrupted never ends."""

    def __init__(self, loader: AlertPictureLoader, tasks: Tasks, show: Show, tell: Tell, complain: Complain) -> None:
        self._loader, self._tasks = loader, tasks
        self._show, self._tell, self._complain = show, tell, complain
        self._loading = 0
        self._again = False

    def start(self, alert_id: int) -> None:
        """Load this one."""
        if self._loading == alert_id:
            self._again = True
            return
        self._loading = alert_id
        self._tasks.start("pictures", self._load(alert_id))

    async def _load(self, alert_id: int) -> None:
        try:
            await self._once(alert_id)
            while self._again:
                await self._once(alert_id)
        finally:
            if self._loading == alert_id:
                self._loading = 0

    async def _once(self, alert_id: int) -> None:
        self._again = False
        try:
            await self._loader.load(alert_id, self._show, self._tell)
        except HydraError as error:
            self._complain(alert_id, str(error))
            raise
