"""The alert a person is at: what, since when, the plot beside a good one, what to do, whom to ask, what happened."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFont, QImage
from PySide6.QtWidgets import QScrollArea, QStackedWidget, QWidget

from backend.domain.alert_views import AlertDetail
from backend.domain.alerts import Alert
from backend.domain.classifications import Severity, Symbol
from ui.alerts.picture import AlertPicture
from ui.alerts.time_line import TimeLine
from ui.alerts.wording import SYMBOLS, facts, since, standing, title
from ui.detail.facts import Fact, heading
from ui.theme.tokens import BODY, GRID, LARGE
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, column, row
from ui.widgets.notes import Note
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone, tone_of
from ui.widgets.words import Words
from ui.wording import number, percent

NO_REFERENCE = "No good plot to compare with: none was judged Good among the last 2000."
NO_PLOT = "There is no plot to show: it did not come."


class AlertPictures(QWidget):
    """The plot as it is now and a good one, side by side."""

    clicked = Signal()

    def __init__(self, least_width: int) -> None:
        super().__init__()
        self.now, self.reference = AlertPicture(least_width), AlertPicture(least_width)
        layout = row(spacing=GRID + 4)
        for picture in (self.now, self.reference):
            layout.addWidget(picture, 1, Qt.AlignmentFlag.AlignTop)
            picture.clicked.connect(self.clicked)
        self.setLayout(layout)

    def wait(self) -> None:
        """The images are on their way."""
        self.now.show_words("now", "")
        self.reference.show_words("a good one", "")

    def show_images(self, detail: AlertDetail, now: QImage | None, reference: QImage | None, trouble: str = "") -> None:
        """Show what there is; `trouble` says why an image could not be read."""
        confidence = detail.alert.evidence.confidence
        sure = "" if confidence is None else f", {percent(confidence)} sure"
        when = "now" if detail.alert.active else "when it was last seen"
        if now is not None:
            self.now.show_image(f"{when}{sure}", now, detail.heat_map)
        else:
            self.now.show_words(when, trouble or NO_PLOT)
        if reference is not None and detail.reference is not None:
            self.reference.show_image(f"a good one, run {number(detail.reference.identity.run)}", reference)
        else:
            self.reference.show_words("a good one", trouble or NO_REFERENCE)


class AlertDetailPane(Pane):
    """Shows one alert, or a note where none is chosen."""

    opened = Signal()
    """A picture was clicked."""
    entry_requested = Signal()
    """A logbook entry about the alert shown."""

    def __init__(self) -> None:
        super().__init__()
        self.title = SymbolWords(LARGE, QFont.Weight.DemiBold)
        self.state = Words("", BODY, QFont.Weight.Medium)
        self.facts = Words("", tone=Tone.MUTED, wrap=True)
        self.pictures = AlertPictures(20 * GRID)
        self.guidance, self.contact = Fact("What to do"), Fact("Contact")
        self.time_line = TimeLine()
        self.entry_button = Button("Logbook entry…", tip="Make an entry with this plot and its heat map", key="L")
        self.entry_button.clicked.connect(self.entry_requested)
        self.detail: AlertDetail | None = None
        self._alert: Alert | None = None
        self._note, self._pages = Note(), QStackedWidget()
        self._note.say("No alert is chosen", "Choose one to see its plot, what to do and what happened.", Symbol.DASH)
        self.pictures.clicked.connect(self.opened)
        self._lay_out()

    def _lay_out(self) -> None:
        inner = QWidget()
        layout = column(spacing=GRID, margins=(3 * GRID, 2 * GRID, 3 * GRID, 2 * GRID))
        for part in (self.title, self.state, self.facts, self.pictures, self.guidance, self.contact):
            layout.addWidget(part)
        layout.addSpacing(GRID)
        layout.addLayout(row(heading("What happened"), 1, self.entry_button))
        layout.addWidget(self.time_line)
        layout.addStretch(1)
        inner.setLayout(layout)
        area = QScrollArea()
        area.setWidget(inner)
        area.setWidgetResizable(True)
        area.setFrameShape(QScrollArea.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName("The chosen alert")
        self._pages.addWidget(self._note)
        self._pages.addWidget(area)
        self.setLayout(column(self._pages, spacing=0))

    @property
    def shown(self) -> int:
        """The alert shown, 0 where there is none."""
        return self._alert.alert_id if self._alert is not None else 0

    def clear(self) -> None:
        """No alert is chosen."""
        self._alert = self.detail = None
        self._pages.setCurrentIndex(0)

    def show_alert(self, alert: Alert, now: datetime) -> None:
        """Show how an alert stands now; of another one the rest follows with `show_detail`."""
        if alert.alert_id != self.shown:
            self.pictures.wait()
            self.guidance.say("")
            self.contact.say("")
            self.time_line.wait()
        self._alert = alert
        self.pictures.setVisible(bool(alert.plot_type))
        self.entry_button.setEnabled(self.detail is not None and self.detail.alert.alert_id == alert.alert_id)
        severity = alert.evidence.severity if alert.waits else Severity.NORMAL
        self.title.say(SYMBOLS[alert.evidence.severity], title(alert), tone_of(severity) if severity else Tone.TEXT)
        self.facts.say(facts(alert))
        self.show_time(now)
        self._pages.setCurrentIndex(1)

    def show_trouble(self, alert_id: int, why: str) -> None:
        """What happened to the alert shown cannot be read now, for this reason."""
        if alert_id == self.shown:
            self.time_line.say(f"Cannot be read now: {why}")

    def show_time(self, now: datetime) -> None:
        """Let ages go on."""
        if self._alert is not None:
            self.state.say(f"{since(self._alert, now)} · {standing(self._alert, now)}")

    def show_detail(self, detail: AlertDetail, now: QImage | None, reference: QImage | None, trouble: str = "") -> None:
        """Show the pictures of the alert shown; of any other they are dropped."""
        if detail.alert.alert_id == self.shown:
            self.pictures.show_images(detail, now, reference, trouble)

    def show_story(self, detail: AlertDetail) -> None:
        """Show guidance, contact and history of the alert shown; of any other they are dropped."""
        if detail.alert.alert_id != self.shown:
            return
        self.detail = detail
        self.entry_button.setEnabled(True)
        self.guidance.say(detail.info.guidance)
        self.contact.say(detail.info.contact)
        self.time_line.show_events(detail.events, detail.dispatches)
