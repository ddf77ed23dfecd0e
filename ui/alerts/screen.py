"""The Alerts screen: lists of alerts, what can be done to them, and the one a person is at. Passive."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from PySide6.QtCore import QAbstractItemModel, Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QResizeEvent, QShortcut
from PySide6.QtWidgets import QButtonGroup, QSplitter, QStackedWidget, QWidget
from typing_extensions import override

from backend.domain.alert_policy import GateCount
from backend.domain.classifications import Symbol
from ui.alerts.actions import AlertActions
from ui.alerts.detail import AlertDetailPane
from ui.alerts.figures import FiguresPage
from ui.alerts.filters import HistoryFilters
from ui.alerts.list import AlertList
from ui.alerts.shelving import ShelvingDialog
from ui.alerts.sound_bar import SoundBar
from ui.alerts.tabs import EMPTY_WORDS, AlertTab
from ui.alerts.wording import gate_line, title
from ui.theme.tokens import BODY, GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, Rule, column, row
from ui.widgets.notes import Note
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.wording import number

_SIZES = (1000, 560)
_ROOM_FOR_BOTH = 130 * GRID


class AlertsScreen(QWidget):
    """See the module. Alerts are named by their numbers throughout."""

    tab_chosen = Signal(object)
    """AlertTab."""
    history_wanted = Signal(object)
    """`AlertQuery`: what to search for."""
    more_wanted = Signal()
    """The end of the history was reached."""
    alert_selected = Signal(int)
    acknowledge_requested = Signal(object)
    undo_requested = Signal(object)
    unshelve_requested = Signal(object)
    """list[int]."""
    shelve_requested = Signal(object, str, float)
    """list[int], the reason, for how many hours."""
    false_alarm_requested = Signal(int)
    open_requested = Signal(str)
    """Plot type."""
    sound_test_requested = Signal()
    policy_requested = Signal(str)
    """The policy of this plot type, "" for the usual one."""
    elsewhere_requested = Signal()
    """Where alerts go besides the screen."""

    def __init__(self, clock: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self._clock = clock
        self.list = AlertList(clock, "Alerts")
        self.detail = AlertDetailPane()
        self.bar, self.sound = AlertActions(), SoundBar()
        self.filters = HistoryFilters(clock)
        self.gates, self.figures = SymbolWords(BODY), FiguresPage()
        self.elsewhere_button = Button("Where alerts go", tip="Who is told of what nobody acknowledges, and how")
        self._note, self._pages = Note(), QStackedWidget()
        self._tabs = {tab: Button(tab.value, kind="chip") for tab in AlertTab}
        self._group = QButtonGroup(self)
        self._tab, self._blind = AlertTab.WAITING, ""
        self._lay_out()
        self._connect()
        self._bind_keys()
        self.show_tab(AlertTab.WAITING)

    def _lay_out(self) -> None:
        for button in self._tabs.values():
            button.setCheckable(True)
            self._group.addButton(button)
        head = row(*self._tabs.values(), 1, self.sound, margins=(2 * GRID, GRID + 4, 2 * GRID, GRID))
        self._gate_row = QWidget()
        self._gate_row.setLayout(row(self.gates, 1, margins=(2 * GRID, 0, 2 * GRID, GRID)))
        self._gate_row.hide()
        for page in (self._note, self.list, self.figures):
            self._pages.addWidget(page)
        left = Pane()
        layout = column(spacing=0)
        layout.addLayout(head)
        for part in (self._gate_row, self.filters, Rule()):
            layout.addWidget(part)
        layout.addWidget(self._pages, 1)
        layout.addWidget(Rule())
        foot = row(spacing=0, margins=(0, 0, 2 * GRID, 0))
        foot.addWidget(self.bar, 1)
        foot.addWidget(self.elsewhere_button)
        layout.addLayout(foot)
        left.setLayout(layout)
        splitter = QSplitter(Qt.Orientation.Horizontal)
        for part in (left, self.detail):
            splitter.addWidget(part)
        splitter.setHandleWidth(1)
        splitter.setStretchFactor(0, 1)
        splitter.setSizes(_SIZES)
        self.setLayout(column(splitter, spacing=0))

    def _connect(self) -> None:
        for tab, button in self._tabs.items():
            button.setProperty("tab", tab.value)
            button.clicked.connect(self._choose_tab)
        self.filters.wanted.connect(self.history_wanted)
        self.list.current_changed.connect(self.alert_selected)
        self.list.chosen_changed.connect(self._fit)
        self.list.doubleClicked.connect(self._open)
        self.list.verticalScrollBar().valueChanged.connect(self._scrolled)
        self.detail.opened.connect(self._open)
        self.figures.policy_requested.connect(self.policy_requested)
        self.sound.test_button.clicked.connect(self.sound_test_requested)
        self.elsewhere_button.clicked.connect(self.elsewhere_requested)
        bar = self.bar
        for button, slot in (
            (bar.acknowledge, self._acknowledge), (bar.shelve, self.ask_shelving), (bar.unshelve, self._unshelve),
            (bar.false_alarm, self._false_alarm), (bar.undo, self._undo), (bar.open, self._open),
            (bar.policy, self._policy),
        ):  # fmt: skip
            button.clicked.connect(slot)

    def _bind_keys(self) -> None:
        bar = self.bar
        for key, button in (
            ("A", bar.acknowledge), ("F", bar.false_alarm), ("U", bar.undo), ("O", bar.open), ("Return", bar.open),
            ("P", bar.policy),
        ):  # fmt: skip
            self._key(key, button.click)
        self._key("S", self._shelve_key)
        self._key("L", self.detail.entry_button.click)
        self._key("/", self._go_to_search)
        for place, tab in enumerate(AlertTab, 1):
            self._key(f"Alt+{place}", self._tabs[tab].click)
            self._tabs[tab].explain(f"{tab.value} (Alt+{place})")

    def _key(self, key: str, slot: Callable[[], object]) -> None:
        context = Qt.ShortcutContext.WidgetWithChildrenShortcut
        QShortcut(QKeySequence(key), self, slot, context=context)

    @override
    def resizeEvent(self, event: QResizeEvent) -> None:
        """Where there is no room for both, the lists have it."""
        super().resizeEvent(event)
        self._fit_detail()

    def _fit_detail(self) -> None:
        self.detail.setVisible(self.width() >= _ROOM_FOR_BOTH and self._tab is not AlertTab.FIGURES)

    # What is shown.

    def set_model(self, model: QAbstractItemModel) -> None:
        """The alerts of the open tab."""
        self.list.setModel(model)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._fill)
        self._fill()

    def show_tab(self, tab: AlertTab) -> None:
        """Mark a tab as the open one."""
        self._tab = tab
        self._tabs[tab].setChecked(True)
        self.filters.setVisible(tab is AlertTab.HISTORY)
        self._fit_detail()
        self._fill()

    def show_counts(self, counts: Mapping[AlertTab, int]) -> None:
        """Numbers on the tabs."""
        for tab, button in self._tabs.items():
            count = counts.get(tab, 0)
            button.say(f"{tab.value}  {number(count)}" if count else tab.value)

    def show_gates(self, gates: Sequence[GateCount]) -> None:
        """What is held back now, in words that cannot be overlooked."""
        self.gates.say(Symbol.SLASHED, ";  ".join(map(gate_line, gates)), Tone.INFORMATION)
        self._gate_row.setVisible(bool(gates))

    def show_time(self) -> None:
        """Let ages go on."""
        self.list.viewport().update()
        self.detail.show_time(self._clock())

    def show_blind(self, why: str) -> None:
        """The application cannot see, for this reason: an empty list must not look calm. "" when it can."""
        if why != self._blind:
            self._blind = why
            self._fill()

    @property
    def tab(self) -> AlertTab:
        """The open tab."""
        return self._tab

    @Slot()
    def _fill(self) -> None:
        figures = self._tab is AlertTab.FIGURES
        self.bar.setVisible(not figures)
        if figures:
            self._pages.setCurrentWidget(self.figures)
            return
        model = self.list.model()
        rows = model.rowCount() if model is not None else 0
        self._pages.setCurrentWidget(self.list if rows else self._note)
        if not rows:
            self._say_empty()
            self.detail.clear()
        elif not self.list.currentIndex().isValid():
            self.list.setCurrentIndex(self.list.model().index(0, 0))
        self._fit()

    def _say_empty(self) -> None:
        if self._blind and self._tab is AlertTab.WAITING:
            self._note.say("Cannot see", f"New problems go unnoticed now. {self._blind}", Symbol.QUESTION)
        else:
            calm = self._tab is AlertTab.WAITING
            self._note.say(*EMPTY_WORDS[self._tab], Symbol.CHECK if calm else Symbol.DASH)

    @Slot()
    def _fit(self) -> None:
        self.bar.fit(self.list.chosen)

    # What was done.

    def _ids(self) -> list[int]:
        return [alert.alert_id for alert in self.list.chosen]

    @Slot()
    def _choose_tab(self) -> None:
        self.tab_chosen.emit(AlertTab(self.sender().property("tab")))

    @Slot(int)
    def _scrolled(self, value: int) -> None:
        if value and value == self.list.verticalScrollBar().maximum():
            self.more_wanted.emit()

    @Slot()
    def _acknowledge(self) -> None:
        self.acknowledge_requested.emit(self._ids())

    @Slot()
    def _undo(self) -> None:
        self.undo_requested.emit(self._ids())

    @Slot()
    def _unshelve(self) -> None:
        self.unshelve_requested.emit(self._ids())

    @Slot()
    def _false_alarm(self) -> None:
        for alert_id in self._ids()[:1]:
            self.false_alarm_requested.emit(alert_id)

    @Slot()
    def _open(self) -> None:
        for alert in [alert for alert in self.list.chosen[:1] if alert.plot_type]:
            self.open_requested.emit(alert.plot_type)

    @Slot()
    def _policy(self) -> None:
        chosen = self.list.chosen
        self.policy_requested.emit(chosen[0].plot_type if chosen else "")

    @Slot()
    def _shelve_key(self) -> None:
        bar = self.bar
        (bar.shelve if bar.shelve.isVisible() else bar.unshelve).click()

    @Slot()
    def _go_to_search(self) -> None:
        if self.filters.isVisible():
            self.filters.search.setFocus()

    @Slot()
    def ask_shelving(self) -> None:
        """Ask for reason and time of the chosen alerts."""
        chosen = self.list.chosen
        if chosen:
            ids = [alert.alert_id for alert in chosen]
            what = title(chosen[0]) if len(chosen) == 1 else f"{len(chosen)} alerts"
            ask_shelving(self, what, lambda reason, hours: self.shelve_requested.emit(ids, reason, hours))


def ask_shelving(parent: QWidget, what: str, then: Callable[[str, float], None]) -> ShelvingDialog:
    """Open the question; `then` is called with reason and hours where a person confirms."""
    dialog = ShelvingDialog(what, parent)
    dialog.confirmed.connect(then)
    dialog.open()
    return dialog
