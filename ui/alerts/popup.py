"""The pop-up: one window for all that waits, on top, and never with the keyboard.

It is made so that no window manager gives it the focus: whoever types somewhere else types on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from PySide6.QtCore import QAbstractItemModel, QEvent, QPoint, QRect, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QGuiApplication, QImage, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget
from typing_extensions import override

from backend.domain.alert_views import AlertDetail
from backend.domain.alerts import Alert
from backend.domain.classifications import Severity
from backend.domain.incidents import Incident
from ui.alerts.actions import is_judged
from ui.alerts.detail import AlertPictures
from ui.alerts.list import AlertList
from ui.alerts.rows import ROW_HEIGHT
from ui.alerts.wording import SYMBOLS, facts, short_clock, since, title
from ui.theme.apply import theme_of
from ui.theme.tokens import BODY, GRID, HEADING, LINE_ALARM, RADIUS
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone, tone_of
from ui.widgets.words import Words

WIDTH = 78 * GRID
_MARGIN = 3 * GRID
_TITLE = 6 * GRID
_ROWS = 4

FLAGS = (
    Qt.WindowType.Tool
    | Qt.WindowType.FramelessWindowHint
    | Qt.WindowType.WindowStaysOnTopHint
    | Qt.WindowType.WindowDoesNotAcceptFocus
)


class _Title(QWidget):
    """The filled bar on top, by which the window is moved."""

    def __init__(self) -> None:
        super().__init__()
        self.words = SymbolWords(HEADING, QFont.Weight.DemiBold)
        self.when = Words("", BODY)
        self.fold = Button(kind="icon", icon_name="chevron-down", tip="Fold the pop-up away to its title")
        self.severity = Severity.ALARM
        self._grip: QPoint | None = None
        self.setFixedHeight(_TITLE)
        layout = row(self.words, 1, self.when, self.fold, spacing=GRID, margins=(2 * GRID, LINE_ALARM, GRID, 0))
        self.setLayout(layout)
        self.setCursor(Qt.CursorShape.SizeAllCursor)

    @override
    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._grip = event.globalPosition().toPoint() - self.window().pos()

    @override
    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if self._grip is not None:
            self.window().move(event.globalPosition().toPoint() - self._grip)

    @override
    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self._grip = None


class AlertPopup(QWidget):
    """Shows one incident at a time, the worst first, with the alert a person looks at.

    Passive: `show_incident`, then `show_story` and `show_detail` once words and pictures are there. Alerts are named by
    their numbers.
    """

    acknowledge_requested = Signal(object)
    """list[int]."""
    shelve_asked = Signal(int)
    """To be asked for reason and time in a window that may have the keyboard."""
    false_alarm_requested = Signal(int)
    open_requested = Signal(str)
    """Plot type."""
    show_requested = Signal()
    """Go to the Alerts screen."""
    alert_selected = Signal(int)
    next_requested = Signal()
    """Look at the next incident."""
    painted = Signal(int)
    """This alert was painted with its picture, for the first time since it is shown."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(None, FLAGS)
        self.setAttribute(Qt.WidgetAttribute.WA_ShowWithoutActivating)
        self.setAttribute(Qt.WidgetAttribute.WA_X11DoNotAcceptFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_QuitOnClose, False)
        self.setWindowTitle("Hydra alert")
        self._clock = clock
        self._incident: Incident | None = None
        self._alert: Alert | None = None
        self._to_paint = 0
        self.head = _Title()
        self.list = AlertList(clock, "Alerts of this incident", many=False)
        self.pictures = AlertPictures(30 * GRID)
        self.facts = Words("", tone=Tone.MUTED, wrap=True)
        self.guidance, self.contact = Words("", wrap=True), Words("", tone=Tone.MUTED, wrap=True)
        self.acknowledge_button = Button("Acknowledge", kind="primary", tip="I see to it")
        self.all_button = Button("Acknowledge all", tip="I see to all alerts of this incident")
        self.shelve_button = Button("Shelve…", tip="Put aside for a known reason, for a time")
        self.false_button = Button("False alarm", tip="Nothing is wrong: acknowledge, and label the plot so")
        self.open_button = Button("Open", tip="Show this plot on the Live screen")
        self.more_button = Button(kind="quiet", tip="Look at the next incident")
        self._body = QWidget()
        self._lay_out()
        self._connect()

    def _lay_out(self) -> None:
        words = column(self.facts, self.guidance, self.contact, spacing=4)
        buttons = row(
            self.acknowledge_button, self.all_button, self.shelve_button, self.false_button, 1, self.open_button
        )
        inner = column(self.pictures, spacing=GRID + 4, margins=(2 * GRID, GRID + 4, 2 * GRID, 2 * GRID))
        inner.addLayout(words)
        inner.addLayout(buttons)
        inner.addLayout(row(self.more_button, 1))
        body = column(self.list, spacing=0)
        body.addLayout(inner)
        self._body.setLayout(body)
        edge = LINE_ALARM
        self._stack = column(self.head, self._body, spacing=0, margins=(edge, 0, edge, edge))
        self.setLayout(self._stack)
        self.setFixedWidth(WIDTH)
        for button in self.findChildren(Button):
            button.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    def _connect(self) -> None:
        self.list.current_changed.connect(self._selected)
        self.acknowledge_button.clicked.connect(self._acknowledge)
        self.all_button.clicked.connect(self._acknowledge_all)
        self.shelve_button.clicked.connect(self._shelve)
        self.false_button.clicked.connect(self._false_alarm)
        self.open_button.clicked.connect(self._open)
        self.pictures.clicked.connect(self._open)
        self.more_button.clicked.connect(self.next_requested)
        self.head.fold.clicked.connect(self.toggle_fold)

    # What is shown.

    def set_model(self, model: QAbstractItemModel) -> None:
        """The alerts of the incident shown."""
        self.list.setModel(model)

    @property
    def alert_id(self) -> int:
        """The alert looked at, 0 where there is none."""
        return self._alert.alert_id if self._alert is not None else 0

    @property
    def folded(self) -> bool:
        """Whether only the title is shown."""
        return self._body.isHidden()

    def show_incident(self, incident: Incident, alert: Alert, others: Sequence[Incident]) -> None:
        """Show an incident and one of its alerts; pictures and words follow with `show_detail`. Comes up by itself."""
        fresh = alert.alert_id != self.alert_id
        self._incident, self._alert = incident, alert
        if fresh:
            self._to_paint = alert.alert_id
            self.pictures.wait()
            self.guidance.hide()
            self.contact.hide()
        self._say(incident, alert, others)
        self._fit()
        if not self.isVisible():
            self.show()

    def _say(self, incident: Incident, alert: Alert, others: Sequence[Incident]) -> None:
        several, severity = len(incident.alerts) > 1, incident.severity
        self.head.severity = severity
        heading = f"{incident.title}: {len(incident.alerts)} alerts" if several else title(alert)
        self.head.words.say(SYMBOLS[severity], heading, tone_of(severity))
        self.show_time()
        self.setAccessibleName(f"Alert: {heading}")
        self.list.setVisible(several)
        self.list.setFixedHeight(ROW_HEIGHT * min(len(incident.alerts), _ROWS))
        self.facts.say(facts(alert))
        self.all_button.setVisible(several)
        self.all_button.say(f"Acknowledge all {len(incident.alerts)}")
        self.false_button.setEnabled(is_judged(alert))
        for part in (self.pictures, self.false_button, self.open_button):
            part.setVisible(bool(alert.plot_type))
        self.more_button.setVisible(bool(others))
        self.more_button.say(_others(others))
        self.update()

    def show_time(self) -> None:
        """Let ages go on."""
        if self._alert is None or self._incident is None:
            return
        run = self._alert.evidence.run
        where = f" · run {run:,}".replace(",", "\u00a0") if run else ""
        if len(self._incident.alerts) > 1:
            began = min(alert.since for alert in self._incident.alerts)
            self.head.when.say(f"since {short_clock(began, self._clock())}{where}", Tone.TEXT)
            self.list.viewport().update()
        else:
            self.head.when.say(f"{since(self._alert, self._clock())}{where}", Tone.TEXT)

    def show_detail(self, detail: AlertDetail, now: QImage | None, reference: QImage | None, trouble: str = "") -> None:
        """Show the pictures of the alert looked at; of any other they are dropped."""
        if detail.alert.alert_id != self.alert_id:
            return
        self.pictures.show_images(detail, now, reference, trouble)
        self._fit()

    def show_story(self, detail: AlertDetail) -> None:
        """Show guidance and contact of the alert looked at; of any other they are dropped."""
        if detail.alert.alert_id != self.alert_id:
            return
        contact = f"Contact: {detail.info.contact}" if detail.info.contact else ""
        for words, text in ((self.guidance, detail.info.guidance), (self.contact, contact)):
            words.say(text)
            words.setVisible(bool(text))
        label = detail.false_label
        self.false_button.setEnabled(bool(label))
        self.false_button.explain(
            f"Nothing is wrong: acknowledge, and label the plot {label}" if label else "No label fits"
        )
        self._fit()

    @Slot()
    def toggle_fold(self) -> None:
        """Fold away to the title, and back."""
        self.set_folded(not self.folded)

    def set_folded(self, folded: bool) -> None:
        """Show the title only, or everything."""
        self._body.setVisible(not folded)
        self.head.fold.show_icon("chevron-up" if folded else "chevron-down")
        self._fit()

    def _fit(self) -> None:
        """Take the height that is needed, growing upwards from the lower right corner."""
        self._stack.activate()
        wanted = self._stack.totalHeightForWidth(WIDTH) if not self.folded else _TITLE + LINE_ALARM
        corner = self.geometry().bottomRight() if self.isVisible() else self._home().bottomRight()
        area = self._area()
        height = min(wanted, area.height())
        top = max(area.top(), corner.y() - height + 1)
        self.setFixedHeight(height)
        self.move(corner.x() - WIDTH + 1, top)

    def _area(self) -> QRect:
        screen = self.screen() or QGuiApplication.primaryScreen()
        return screen.availableGeometry()

    def _home(self) -> QRect:
        return self._area().adjusted(0, 0, -_MARGIN, -_MARGIN)

    # What was done.

    @Slot(int)
    def _selected(self, alert_id: int) -> None:
        if alert_id and alert_id != self.alert_id:
            self.alert_selected.emit(alert_id)

    @Slot()
    def _acknowledge(self) -> None:
        if self._alert is not None:
            self.acknowledge_requested.emit([self._alert.alert_id])

    @Slot()
    def _acknowledge_all(self) -> None:
        if self._incident is not None:
            self.acknowledge_requested.emit([alert.alert_id for alert in self._incident.alerts])

    @Slot()
    def _shelve(self) -> None:
        if self._alert is not None:
            self.shelve_asked.emit(self._alert.alert_id)

    @Slot()
    def _false_alarm(self) -> None:
        if self._alert is not None:
            self.false_alarm_requested.emit(self._alert.alert_id)

    @Slot()
    def _open(self) -> None:
        if self._alert is not None and self._alert.plot_type:
            self.open_requested.emit(self._alert.plot_type)

    # Painting.

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        theme = theme_of(self)
        colours = theme.severity(self.head.severity)
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(theme.surface))
        painter.fillRect(0, 0, self.width(), _TITLE, QColor(colours.title_ground))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(colours.line), LINE_ALARM))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), RADIUS / 2, RADIUS / 2)
        painter.end()

    @override
    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.UpdateRequest and self._to_paint and self.pictures.now.image is not None:
            alert_id, self._to_paint = self._to_paint, 0
            self.painted.emit(alert_id)
        return done


def _others(others: Sequence[Incident]) -> str:
    named = ", ".join(f"{other.title} {len(other.alerts)}" for other in others[:3])
    more = len(others) - 3
    return f"Next: {named}" + (f" and {more} more" if more > 0 else "")
