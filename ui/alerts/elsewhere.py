"""Where alerts go besides the screen: routes, destinations with a test each, quiet hours. To read, not to change."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget
from typing_extensions import override

from backend.domain.classifications import Symbol
from backend.domain.outward import Delivered, DestinationView, OutwardView, RouteView
from ui.alerts.sending_words import KINDS, tier_words
from ui.detail.facts import heading
from ui.theme.tokens import BODY, GRID, HEADING, SMALL
from ui.widgets.buttons import Button
from ui.widgets.frames import Card, column, row
from ui.widgets.notes import Note
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import Words

_ABOUT = "Who is told of an alert that nobody acknowledges. It is set in the configuration of this station."
_WATCHES = "This station only watches: the ones that judge send, with the configuration they have."
_NOTHING = "Nobody is told but those at the screen. The administrator sets it up in [alarms] of the configuration."
_SIZE = QSize(92 * GRID, 84 * GRID)


class RouteCard(Card):
    """One route: for which alerts it holds, and who is told after how many minutes."""

    def __init__(self, route: RouteView) -> None:
        super().__init__()
        layout = column(spacing=GRID, margins=(2 * GRID, GRID + 4, 2 * GRID, GRID + 4))
        layout.addLayout(
            row(
                Words(route.name, BODY, QFont.Weight.DemiBold), Words(route.holds, tone=Tone.MUTED), 1, spacing=GRID + 4
            )
        )
        for tier in route.tiers:
            after = Words(tier_words(tier.after_min), tone=Tone.MUTED)
            after.setFixedWidth(14 * GRID)
            layout.addLayout(row(after, Words(", ".join(tier.to), wrap=True), spacing=GRID))
        self.setLayout(layout)
        told = "; ".join(f"{tier_words(tier.after_min)} {', '.join(tier.to)}" for tier in route.tiers)
        self.setAccessibleName(f"Route {route.name}, {route.holds}: {told}")


class DestinationCard(Card):
    """One destination, and what became of the last test."""

    test_requested = Signal(str)

    def __init__(self, destination: DestinationView) -> None:
        super().__init__()
        self._name = destination.name
        self.result = SymbolWords(BODY)
        self.test_button = Button("Send a test", tip=f"Send {destination.name} a message that nothing is wrong")
        self.test_button.setVisible(destination.can_be_tried)
        self.test_button.clicked.connect(self._request)
        kind = KINDS.get(destination.kind, destination.kind)
        about = " · ".join(part for part in (kind, destination.where) if part)
        role = [f"role {destination.role}"] if destination.role and destination.can_be_tried else []
        more = " · ".join(role + (["logbook"] if destination.is_logbook else []))
        words = column(spacing=2)
        words.addLayout(
            row(
                Words(destination.name, BODY, QFont.Weight.DemiBold),
                Words(more, SMALL, tone=Tone.MUTED),
                1,
                spacing=GRID,
            )
        )
        words.addWidget(Words(about, tone=Tone.MUTED, wrap=True))
        words.addWidget(self.result)
        layout = row(spacing=2 * GRID, margins=(2 * GRID, GRID + 4, 2 * GRID, GRID + 4))
        layout.addLayout(words, 1)
        layout.addWidget(self.test_button, 0, Qt.AlignmentFlag.AlignTop)
        self.setLayout(layout)
        self.result.hide()
        self.setAccessibleName(f"{destination.name}, {about}")

    def show_testing(self) -> None:
        """A test is under way."""
        self.test_button.setEnabled(False)
        self._say(Symbol.DASH, "Sending …", Tone.MUTED)

    def show_result(self, result: Delivered) -> None:
        """What became of it."""
        self.test_button.setEnabled(True)
        if result.ok:
            self._say(Symbol.CHECK, f"Reached: {result.words}", Tone.MUTED)
        else:
            self._say(Symbol.TRIANGLE, f"Not reached: {result.words}", Tone.ALARM)

    def _say(self, symbol: Symbol, words: str, tone: Tone) -> None:
        self.result.say(symbol, words, tone)
        self.result.setToolTip(words)
        self.result.show()

    @Slot()
    def _request(self) -> None:
        self.test_requested.emit(self._name)


class ElsewherePanel(QDialog):
    """Opened with `open`. Shows what the engine says is configured; a test is asked for by name."""

    test_requested = Signal(str)
    """The name of a destination."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle("Where alerts go")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.cards: dict[str, DestinationCard] = {}
        self.close_button = Button("Close", kind="primary")
        self.close_button.clicked.connect(self.accept)
        self._note, self._pages = Note(), QStackedWidget()
        self._area = QScrollArea()
        self._area.setWidgetResizable(True)
        self._area.setFrameShape(QFrame.Shape.NoFrame)
        self._area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._area.setAccessibleName("Routes and destinations")
        for page in (self._note, self._area):
            self._pages.addWidget(page)
        margins = (3 * GRID, 2 * GRID + 4, 3 * GRID, 2 * GRID + 4)
        layout = column(
            Words("Where alerts go", HEADING, QFont.Weight.DemiBold), Words(_ABOUT, tone=Tone.MUTED, wrap=True),
            spacing=GRID, margins=margins,
        )  # fmt: skip
        layout.addSpacing(GRID)
        layout.addWidget(self._pages, 1)
        layout.addLayout(row(1, self.close_button))
        self.setLayout(layout)
        self.resize(_SIZE)
        self._say("Reading the configuration …")

    @property
    def words(self) -> str:
        """What is said in place of the configuration; "" where that is shown."""
        return self._said if self._pages.currentWidget() is self._note else ""

    def _say(self, title: str, text: str = "", symbol: Symbol | None = None) -> None:
        self._said = title
        self._note.say(title, text, symbol)
        self._pages.setCurrentWidget(self._note)

    def show_trouble(self, why: str) -> None:
        """The configuration cannot be shown."""
        self._say("This cannot be shown now", why, Symbol.QUESTION)

    def show_view(self, view: OutwardView) -> None:
        """Show this instead of what was shown."""
        if not view.destinations:
            self._say("Alerts go nowhere else", _NOTHING, Symbol.DASH)
            return
        body = QWidget()
        layout = column(spacing=GRID, margins=(0, 0, GRID, 0))
        if not view.carries_out:
            layout.addWidget(Words(_WATCHES, tone=Tone.MUTED, wrap=True))
        self._add(layout, "Routes", [RouteCard(route) for route in view.routes] or [Words("None: nothing is sent.")])
        self.cards = {one.name: DestinationCard(one) for one in view.destinations}
        for card in self.cards.values():
            card.test_requested.connect(self.test_requested)
        self._add(layout, "Destinations", list(self.cards.values()))
        self._add(layout, "Quiet hours", [Words(line, wrap=True) for line in view.quiet] or [Words("None.")])
        self._add(layout, "Besides", [_fact(name, value) for name, value in view.facts])
        layout.addStretch(1)
        body.setLayout(layout)
        self._area.setWidget(body)
        self._pages.setCurrentWidget(self._area)

    def _add(self, layout: QVBoxLayout, title: str, parts: Sequence[QWidget]) -> None:
        layout.addSpacing(GRID)
        layout.addWidget(heading(title))
        for part in parts:
            layout.addWidget(part)

    def show_testing(self, name: str) -> None:
        """A test is under way."""
        if name in self.cards:
            self.cards[name].show_testing()

    def show_result(self, result: Delivered) -> None:
        """What became of a test."""
        if result.destination in self.cards:
            self.cards[result.destination].show_result(result)

    @override
    def sizeHint(self) -> QSize:
        return _SIZE


def _fact(name: str, value: str) -> QWidget:
    line, label = QWidget(), Words(name, tone=Tone.MUTED)
    label.setFixedWidth(14 * GRID)
    line.setLayout(row(label, Words(value, wrap=True), spacing=GRID))
    return line
