"""The main window: it shows what it is given and says what was clicked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QEvent, QObject, QSize, Qt, QTimer, Signal, Slot
from PySide6.QtGui import QCloseEvent, QKeySequence, QShortcut, QShowEvent
from PySide6.QtWidgets import QMainWindow, QStackedWidget, QWidget
from typing_extensions import override

from backend.domain.hall import HallStatus
from ui.messages import Message, MessageBar
from ui.quarantine.panel import QuarantinePanel
from ui.shell.blind import BlindBanner, Veil
from ui.shell.rail import NavigationRail
from ui.shell.screen import Screen
from ui.shell.status_strip import StatusStrip
from ui.widgets.frames import Rule, column, row

Clock = Callable[[], datetime]

_TICK_MS = 1000
_NOTE_S = 10
_SMALLEST = QSize(960, 600)
_USUAL = QSize(1680, 1000)


def utc_now() -> datetime:
    """The time now, timezone-aware."""
    return datetime.now(UTC)


class MainWindow(QMainWindow):
    """Status strip on top, rail on the left, the screens in the middle; BLIND and messages above all."""

    screen_changed = Signal(str)
    theme_toggled = Signal()
    quarantine_opened = Signal()
    ticked = Signal(object)
    """Once a second while the window is open: the time now, a `datetime` in UTC."""
    closed = Signal()

    def __init__(
        self, screens: Sequence[Screen], *, title: str = "Hydra", stale_after_s: float = 600.0, clock: Clock = utc_now
    ) -> None:
        super().__init__()
        self._clock = clock
        self._screens = {screen.key: screen.widget or QWidget() for screen in screens}
        self._note_until: datetime | None = None
        self.strip = StatusStrip(stale_after_s)
        self.rail = NavigationRail(screens)
        self.banner = BlindBanner()
        self.stack = QStackedWidget()
        self._lay_out(screens)
        self._connect()
        self._bind_keys(screens)
        self.setWindowTitle(title)
        self.setMinimumSize(_SMALLEST)
        self.resize(_USUAL)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def _lay_out(self, screens: Sequence[Screen]) -> None:
        for widget in self._screens.values():
            self.stack.addWidget(widget)
        self._content = QWidget()
        self._banners = column(self.banner, spacing=0)
        layout = column(spacing=0)
        layout.addLayout(self._banners)
        layout.addWidget(self.stack, 1)
        self._content.setLayout(layout)
        body = row(self.rail, spacing=0)
        body.addWidget(Rule(Qt.Orientation.Vertical))
        body.addWidget(self._content, 1)
        root = QWidget()
        layout = column(self.strip, Rule(), spacing=0)
        layout.addLayout(body, 1)
        root.setLayout(layout)
        self.setCentralWidget(root)
        self.veil = Veil(self.stack)
        self.quarantine = QuarantinePanel(self._content)
        self.messages = MessageBar(self._content)
        self.stack.installEventFilter(self)
        if screens:
            self.show_screen(screens[0].key)

    def _connect(self) -> None:
        self.rail.screen_chosen.connect(self.show_screen)
        self.strip.theme_toggled.connect(self.theme_toggled)
        self.strip.full_screen_toggled.connect(self.toggle_full_screen)
        self.strip.quarantine_requested.connect(self.toggle_quarantine)

    def _bind_keys(self, screens: Sequence[Screen]) -> None:
        QShortcut(QKeySequence("F11"), self, self.toggle_full_screen)
        QShortcut(QKeySequence("Ctrl+T"), self, self.theme_toggled.emit)
        for i, screen in enumerate(screens):
            shortcut = QShortcut(QKeySequence(f"Ctrl+{i + 1}"), self)
            shortcut.setObjectName(screen.key)
            shortcut.activated.connect(self._key_to_screen)

    def fill(self, key: str, widget: QWidget) -> None:
        """Put a screen into the place that was kept for it; KeyError for one that was not given."""
        place = self._screens[key]
        self.stack.insertWidget(self.stack.indexOf(place), widget)
        if self.stack.currentWidget() is place:
            self.stack.setCurrentWidget(widget)
        self._screens[key] = widget
        self.stack.removeWidget(place)
        place.deleteLater()

    def add_banner(self, banner: QWidget) -> None:
        """Put a banner above all screens, below BLIND; it hides and shows itself."""
        self._banners.addWidget(banner)

    def set_status(self, status: HallStatus, now: datetime | None = None) -> None:
        """Show the hall's status, and BLIND while the application cannot see. `now` is UTC; else the clock's."""
        self.strip.show_status(status, now or self._clock())
        self.banner.show_health(status.health)
        self._cover(bool(status.health.blind))

    def tell(self, message: Message) -> None:
        """Show a message above the screens until it is dismissed."""
        self.messages.tell(message)

    def note(self, text: str) -> None:
        """Say something in passing, in the status strip, for some seconds."""
        self.strip.note.say(text)
        self._note_until = self._clock()

    @property
    def current_screen(self) -> str:
        """Key of the open screen, "" where there is none."""
        return next((key for key, widget in self._screens.items() if widget is self.stack.currentWidget()), "")

    @Slot(str)
    def show_screen(self, key: str) -> None:
        """Open a screen; KeyError for one that was not given."""
        changed = key != self.current_screen or self.stack.count() == 1
        self.stack.setCurrentWidget(self._screens[key])
        self.rail.show_chosen(key)
        if changed:
            self.screen_changed.emit(key)

    @Slot()
    def toggle_full_screen(self) -> None:
        """Full screen and back."""
        if self.isFullScreen():
            self.showNormal()
        else:
            self.showFullScreen()

    @Slot()
    def toggle_quarantine(self) -> None:
        """Open or close the list of files set aside."""
        if self.quarantine.isVisible():
            self.quarantine.close_panel()
        else:
            self.quarantine.open_panel()
            self.quarantine_opened.emit()

    @Slot()
    def _key_to_screen(self) -> None:
        self.show_screen(self.sender().objectName())

    @Slot()
    def _tick(self) -> None:
        now = self._clock()
        self.strip.show_age(now)
        if self._note_until is not None and (now - self._note_until).total_seconds() >= _NOTE_S:
            self.strip.note.say("")
            self._note_until = None
        self.ticked.emit(now)

    def _cover(self, blind: bool) -> None:
        self.veil.setGeometry(self.stack.rect())
        self.veil.setVisible(blind)
        self.veil.raise_()

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.stack and event.type() is QEvent.Type.Resize:
            self.veil.setGeometry(self.stack.rect())
        return super().eventFilter(watched, event)

    @override
    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() is QEvent.Type.PaletteChange:
            self.strip.match_theme()

    @override
    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.strip.match_theme()
        self._timer.start()
        if self.focusWidget() is None:
            self.stack.setFocus()

    @override
    def closeEvent(self, event: QCloseEvent) -> None:
        self._timer.stop()
        super().closeEvent(event)
        self.closed.emit()
