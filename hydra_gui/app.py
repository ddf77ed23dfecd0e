"""The program with a window: configuration, Qt, the loop, signals of the operating system."""

from __future__ import annotations

import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import qasync
from PySide6.QtWidgets import QApplication

from backend.config import ConfigurationError, Settings, load
from backend.domain.errors import LabelBundleError
from hydra_gui.application import Application
from hydra_gui.logs import start_logging
from hydra_gui.options import WindowOptions
from hydra_gui.qt_messages import log_qt_messages
from hydra_gui.watched import WatchedFolder

if TYPE_CHECKING:
    import asyncio

    from backend.services.label_bundles import BundleSession

Companion = Callable[[Application], Awaitable[None]]


def run(options: WindowOptions) -> int:
    """Open the window and return when it was closed; the exit code of `hydra_gui.cli.errors`."""
    try:
        settings = _settings(options)
        bundle = _bundle(options.bundle, settings)
    except (ConfigurationError, LabelBundleError) as error:
        from hydra_gui.cli.errors import report

        return report(error, as_json=False)
    return run_window(bundle.settings if bundle else settings, bundle=bundle)


def _bundle(path: Path | None, settings: Settings) -> BundleSession | None:
    """The label bundle to be opened, looked through before there is a window."""
    if path is None:
        return None
    from backend.services.label_bundles import open_bundle

    return open_bundle(path, settings)


def _settings(options: WindowOptions) -> Settings:
    """The configuration, with the folder chosen in the window where nothing else names one."""
    settings = load(options.config, options.overrides())
    if settings.input.directory is not None or not settings.engine.judges:
        return settings
    chosen = WatchedFolder(settings.store.data_dir).recall()
    overrides = options.overrides()
    overrides["input"]["directory"] = chosen
    return load(options.config, overrides)


def run_window(
    settings: Settings,
    companion: Companion | None = None,
    preferences: Path | None = None,
    bundle: BundleSession | None = None,
) -> int:
    """The window on these settings, which are those of `bundle` where one is opened.

    `companion` runs beside it on its loop, ends with it, and ends it when it fails."""
    stop_logging, stop_hearing = start_logging(settings.store.data_dir), log_qt_messages()
    qt = _qt()
    loop = qasync.QEventLoop(qt)
    try:
        with loop:
            loop.run_until_complete(_live(Application(qt, settings, preferences, bundle), companion))
    finally:
        stop_hearing()
        stop_logging()
    return 0


def _qt() -> QApplication:
    found = QApplication.instance()
    qt = found if isinstance(found, QApplication) else QApplication([sys.argv[0]])
    qt.setApplicationName("hydra-gui")
    qt.setApplicationDisplayName("Hydra")
    qt.setDesktopFileName("hydra-gui")
    qt.setQuitOnLastWindowClosed(False)
    return qt


async def _live(application: Application, companion: Companion | None) -> None:
    import asyncio

    restore = _close_on_signals(application)
    application.show()
    beside = asyncio.ensure_future(companion(application)) if companion else None
    if beside is not None:
        beside.add_done_callback(partial(_close_on_failure, application))
    try:
        await application.live()
    finally:
        restore()
        if beside is not None:
            beside.cancel()
            with suppress(asyncio.CancelledError):
                await beside


def _close_on_failure(application: Application, companion: asyncio.Future[None]) -> None:
    """Without its companion the window would wait for ever for what no longer comes."""
    if not companion.cancelled() and companion.exception() is not None:
        application.window.close()


def _close_on_signals(application: Application) -> Callable[[], None]:
    """Ctrl-C and SIGTERM close the window; Python notices within the window's tick of one second."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda _number, _frame: application.window.close())

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    return restore
