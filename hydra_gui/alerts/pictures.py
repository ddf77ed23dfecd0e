"""The pictures of an alert: fetched from the engine, made into images on a thread of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from PySide6.QtGui import QImage

from backend.api import AlertsApi, EngineApi, OutwardApi
from backend.domain.alert_views import AlertDetail
from backend.domain.errors import HydraError
from backend.domain.plots import Plot
from hydra_gui.live.saving import to_image


class AlertEngine(EngineApi, AlertsApi, Protocol):
    """An engine that knows plots and alerts."""

    @property
    def outward(self) -> OutwardApi:
        """Where alerts go besides the screen."""


Show = Callable[[AlertDetail, QImage | None, QImage | None, str], None]
"""Alert, its plot, a good plot, and why there is no image where there should be one."""


Tell = Callable[[AlertDetail], None]
"""Guidance and history of an alert, which come before its pictures."""


class AlertPictureLoader:
    """Owns a thread; `close` ends it."""

    def __init__(self, engine: AlertEngine) -> None:
        self._engine = engine
        self._worker = ThreadPoolExecutor(1, thread_name_prefix="alert-pictures")

    def close(self) -> None:
        """End the thread."""
        self._worker.shutdown(wait=True)

    async def load(self, alert_id: int, show: Show, tell: Tell) -> None:
        """Fetch the alert, tell of it, then show its pictures once they are there.

        What happened is known before the images are read, and stays when these cannot be.
        """
        detail = await self._engine.alert_detail(alert_id)
        tell(detail)
        try:
            now, reference = await asyncio.gather(self._image(detail.plot), self._image(detail.reference))
        except HydraError as error:
            show(detail, None, None, str(error))
            return
        show(detail, now, reference, "")

    async def _image(self, plot: Plot | None) -> QImage | None:
        if plot is None:
            return None
        preview = self._engine.preview(plot.plot_id)
        rgb = await self._engine.image(plot) if preview is None else preview
        return await asyncio.get_running_loop().run_in_executor(self._worker, to_image, rgb)
