"""Asking for an exact heat map: of which layer, for which class; and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import QTimer, Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QMenu, QWidget

from backend.domain.classifications import Symbol
from backend.domain.hall import ExactMap, MapOffer
from ui.detail.wording import exact_line, exact_size
from ui.theme.tokens import GRID, SMALL
from ui.widgets.buttons import Button
from ui.widgets.frames import column, row
from ui.widgets.symbol_words import SymbolWords
from ui.widgets.tone import Tone
from ui.widgets.words import Words, caption
from ui.wording import class_title

_LONGEST = 18
"""Letters of a layer's name that are shown on its button; the whole name is in the menu and the tooltip."""

_TICK_MS = 1000
_LAST = "last layer"
_PATIENCE = "The first one takes some seconds more, while TensorFlow is started."


class Chooser(Button):
    """A button that opens a list and shows what was chosen from it."""

    chosen = Signal(str)

    def __init__(self, lead: str, tip: str) -> None:
        super().__init__(kind="chip", tip=tip)
        self._lead, self._tip, self.value = lead, tip, ""
        self._menu = QMenu(self)
        self._group = QActionGroup(self)
        self._group.triggered.connect(self._take)
        self.clicked.connect(self._open)

    def offer(self, choices: Sequence[tuple[str, str]], value: str) -> None:
        """List `choices`, each a value and its words; `value` is the one chosen now."""
        self._menu.clear()
        for action in self._group.actions():
            self._group.removeAction(action)
        for choice, words in choices:
            action = self._menu.addAction(words)
            action.setData(choice)
            action.setCheckable(True)
            action.setChecked(choice == value)
            self._group.addAction(action)
        self._show(value, dict(choices).get(value, value))

    @property
    def values(self) -> list[str]:
        """What can be chosen."""
        return [action.data() for action in self._group.actions()]

    def choose(self, value: str) -> None:
        """As if it had been chosen from the list."""
        for action in self._group.actions():
            if action.data() == value:
                action.trigger()

    def _show(self, value: str, words: str) -> None:
        self.value = value
        short = words if len(words) <= _LONGEST else f"{words[: _LONGEST - 1]}…"
        self.say(f"{self._lead}{short} ▾")
        self.explain(f"{self._tip}: {words}")

    def _take(self, action: QAction) -> None:
        self._show(action.data(), action.text())
        self.chosen.emit(self.value)

    @Slot()
    def _open(self) -> None:
        self._menu.popup(self.mapToGlobal(self.rect().bottomLeft()))


class ExactMapControls(QWidget):
    """See the module. Hidden where there is nothing to ask for, with the reason where there is no other map either."""

    requested = Signal(str, str)
    """Layer ("" for the last) and classification."""
    cancelled = Signal()
    dismissed = Signal()
    """The usual map is wanted back."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        super().__init__()
        self._now, self._since = now, 0.0
        self._offered: tuple[object, ...] = ()
        self.layer = Chooser("", "Which layer of the network is to be explained")
        self.classification = Chooser("for ", "For which class evidence is looked for")
        self.compute = Button("Exact map", tip="Compute where the evidence lies, by Grad-CAM of that layer")
        self.cancel = Button("Cancel", tip="Stop waiting for the exact map")
        self.dismiss = Button("Usual map", tip="Show the plot again as it came with the verdict")
        for button in (self.compute, self.cancel, self.dismiss):
            button.setFixedHeight(4 * GRID)
        self.state, self.hint = SymbolWords(detail_size=SMALL), caption(wrap=True)
        self.trouble = Words("", SMALL, tone=Tone.WARNING, wrap=True)
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tell_seconds)
        self._lay_out()
        self._connect()
        self.hide()

    def _lay_out(self) -> None:
        self._asking, self._telling = QWidget(), QWidget()
        self._asking.setLayout(row(self.layer, self.classification, 1, self.compute, spacing=GRID))
        told = row(spacing=GRID)
        told.addWidget(self.state, 1)
        told.addWidget(self.cancel)
        told.addWidget(self.dismiss)
        self._telling.setLayout(told)
        self.setLayout(column(self._asking, self._telling, self.trouble, self.hint, spacing=GRID // 2))

    def _connect(self) -> None:
        self.compute.clicked.connect(self._request)
        self.cancel.clicked.connect(self._cancel)
        self.dismiss.clicked.connect(self.dismissed)

    @property
    def is_working(self) -> bool:
        """Whether a map is waited for."""
        return self._timer.isActive()

    def show_offer(self, offer: MapOffer | None, classes: Sequence[str], top: str, *, has_map: bool) -> None:
        """What may be asked for now; `top` is the class of the verdict. What was chosen for the same offer is kept."""
        refused = "" if offer is None else offer.refused
        can_ask = offer is not None and not refused
        self.setVisible(can_ask or (bool(refused) and not has_map))
        self._asking.setVisible(can_ask)
        self.dismiss.say("Usual map" if has_map else "Remove map")
        if refused:
            self._show(hint=f"No exact heat map either: {refused}")
        if offer is not None and (offered := (offer, tuple(classes), top)) != self._offered:
            self._offered = offered
            kept = self.layer.value if self.layer.value in offer.layers else ""
            self.layer.offer([("", _LAST), *((name, name) for name in offer.layers)], kept)
            self.classification.offer([(name, class_title(name)) for name in classes], top)

    def show_working(self) -> None:
        """A map is being computed."""
        self._since = self._now()
        self._show(telling=True, working=True, hint=_PATIENCE)
        self._tell_seconds()
        self._timer.start()

    def show_map(self, found: ExactMap) -> None:
        """A map has come and is shown over the plot."""
        self._show(telling=True, hint=exact_size(found))
        self.state.say(Symbol.CHECK, exact_line(found), Tone.ACCENT)

    def show_error(self, why: str) -> None:
        """No map has come."""
        self._show(trouble=why)

    def reset(self) -> None:
        """Neither a map nor waiting for one."""
        self._show()

    def _show(self, *, telling: bool = False, working: bool = False, trouble: str = "", hint: str = "") -> None:
        self._timer.stop()
        self._telling.setVisible(telling)
        self.cancel.setVisible(working)
        self.dismiss.setVisible(not working)
        self.compute.setEnabled(not working)
        self.trouble.say(trouble)
        self.trouble.setVisible(bool(trouble))
        self.hint.say(hint)
        self.hint.setVisible(bool(hint))

    @Slot()
    def _tell_seconds(self) -> None:
        self.state.say(Symbol.RING, "Computing the exact map", Tone.TEXT, f"{self._now() - self._since:.0f} s")

    @Slot()
    def _request(self) -> None:
        self.requested.emit(self.layer.value, self.classification.value)

    @Slot()
    def _cancel(self) -> None:
        self.reset()
        self.cancelled.emit()
