"""The strip that is always visible: run, beam, age of the newest plot, health, and a few buttons."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import Signal
from PySide6.QtGui import QFont, QResizeEvent
from typing_extensions import override

from backend.domain.beam import Beam, BeamState
from backend.domain.classifications import Symbol
from backend.domain.hall import HallStatus
from ui.shell.station_mark import StationMark
from ui.shell.status_field import HealthMark, StatusField
from ui.theme.apply import theme_of
from ui.theme.tokens import GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, row
from ui.widgets.tone import Tone
from ui.widgets.words import ElidedWords, Words
from ui.wording import age_of, number, value_with_unit

STRIP_HEIGHT = 8 * GRID
_WIDE = 140 * GRID

_BEAM_LOOKS: dict[BeamState, tuple[Symbol, Tone]] = {
    BeamState.ON: (Symbol.CHECK, Tone.TEXT),
    BeamState.OFF: (Symbol.SLASHED, Tone.TEXT),
    BeamState.UNKNOWN: (Symbol.QUESTION, Tone.MUTED),
}


class StatusStrip(Pane):
    """What the crew must see whatever screen is open."""

    quarantine_requested = Signal()
    alerts_requested = Signal()
    theme_toggled = Signal()
    full_screen_toggled = Signal()

    def __init__(self, stale_after_s: float) -> None:
        super().__init__()
        self._stale_after_s = stale_after_s
        self._status = HallStatus()
        self._waiting = 0
        self.experiment = Words("", HEADING, QFont.Weight.DemiBold)
        self.run, self.beam, self.newest = StatusField("Run"), StatusField("Beam"), StatusField("Newest plot")
        self.feed, self.database, self.inference = HealthMark("feed"), HealthMark("database"), HealthMark("inference")
        self.station = StationMark()
        self.note = ElidedWords(tone=Tone.MUTED)
        self._make_buttons()
        self.setFixedHeight(STRIP_HEIGHT)
        self._lay_out()

    def _make_buttons(self) -> None:
        self.set_aside = Button(kind="chip", icon_name="set-aside", tip="Files that could not become plots", key="")
        self.set_aside.hide()
        self.alerts = Button(kind="alert", icon_name="alerts", tip="Alerts that wait for somebody to acknowledge them")
        self.alerts.hide()
        self.alerts.clicked.connect(self.alerts_requested)
        self.theme_button = Button(kind="icon", icon_name="moon", tip="Light or dark", key="Ctrl+T")
        self.full_screen = Button(kind="icon", icon_name="full-screen", tip="Full screen", key="F11")
        self.set_aside.clicked.connect(self.quarantine_requested)
        self.theme_button.clicked.connect(self.theme_toggled)
        self.full_screen.clicked.connect(self.full_screen_toggled)

    def _lay_out(self) -> None:
        health = row(self.feed, self.database, self.inference, spacing=3 * GRID)
        layout = row(self.experiment, self.run, self.beam, self.newest, spacing=4 * GRID)
        layout.setContentsMargins(3 * GRID, 0, 2 * GRID, 0)
        layout.addLayout(health)
        layout.addWidget(self.station)
        layout.addWidget(self.note, 1)
        layout.addLayout(row(self.set_aside, self.alerts, self.theme_button, self.full_screen, spacing=GRID // 2))
        self.setLayout(layout)

    def show_status(self, status: HallStatus, now: datetime) -> None:
        """Show the hall's status; `now` is timezone-aware."""
        self._status = status
        self.experiment.say(status.experiment)
        self.run.say("–" if status.run is None else number(status.run), Tone.TEXT if status.run else Tone.MUTED)
        self._show_beam(status.beam)
        self.feed.show_health(status.health.feed)
        self.database.show_health(status.health.database)
        self.inference.show_health(status.health.inference)
        self.station.show_presence(status.presence)
        self._show_set_aside(status.quarantined)
        self.show_age(now)

    def show_age(self, now: datetime) -> None:
        """Let the age of the newest plot go on; old is said in words, not only in colour."""
        at = self._status.newest_plot_at
        if at is None:
            self.newest.say("none yet", Tone.MUTED)
            return
        if (now - at).total_seconds() >= self._stale_after_s:
            self.newest.say(age_of(at, now), Tone.WARNING, Symbol.DIAMOND, "no new plots")
            self.newest.setToolTip("The newest plot is old. Look whether the job that draws the plots still runs.")
        else:
            self.newest.say(age_of(at, now))
            self.newest.setToolTip("")

    def _show_beam(self, beam: Beam) -> None:
        symbol, tone = _BEAM_LOOKS[beam.state]
        value = "" if beam.value is None else value_with_unit(beam.value, beam.unit)
        self.beam.say(beam.state.value, tone, symbol, value)
        self.beam.setToolTip(beam.reason)

    def show_waiting_alerts(self, count: int) -> None:
        """How many alerts wait for a person; the button leads to them. On a narrow strip the number says it."""
        self._waiting = count
        self.alerts.setVisible(count > 0)
        self.alerts.say(f"{number(count)} to acknowledge" if self.width() >= _WIDE else number(count))
        self.alerts.explain("Alerts that wait for somebody to acknowledge them")

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.show_waiting_alerts(self._waiting)

    def _show_set_aside(self, count: int) -> None:
        self.set_aside.setVisible(count > 0)
        self.set_aside.say(f"{number(count)} set aside")
        self.set_aside.explain("Files that could not become plots, and why")

    def match_theme(self) -> None:
        """The button shows where it leads: a moon while it is light."""
        self.theme_button.show_icon("sun" if theme_of(self).dark else "moon")
