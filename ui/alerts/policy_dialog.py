"""When plots alarm: the policy of a plot type or of all, tried on the past before it is put in force."""

from __future__ import annotations

from datetime import UTC, datetime

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QDialog, QLineEdit, QScrollArea, QWidget

from backend.domain.alert_trial import PolicyView, Trials
from ui.alerts.policy_form import PolicyForm
from ui.alerts.policy_wording import change_lines, scope_words, trial_lines, trial_words
from ui.theme.tokens import GRID, HEADING
from ui.widgets.buttons import Button
from ui.widgets.frames import Rule, column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words

DAYS = 7.0


class PolicyDialog(QDialog):
    """Passive; opened with `open`. Without a reason nothing is put in force."""

    scope_chosen = Signal(str)
    """Show the policy of this plot type, "" for the usual one."""
    try_requested = Signal(str, object)
    """Plot type, AlertPolicy."""
    put_requested = Signal(str, object, str)
    """Plot type, AlertPolicy or None for the usual one, the reason."""

    def __init__(self, plot_type: str, parent: QWidget) -> None:
        super().__init__(parent)
        self._room = parent.window().size()
        self.setWindowTitle("When plots alarm")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._plot_type = self._scope = plot_type
        self.title, self.scope = Words("", HEADING, QFont.Weight.DemiBold), Words("", tone=Tone.MUTED, wrap=True)
        self.own_button = Button(plot_type or "All plots", kind="chip", tip="The policy of this plot type")
        self.usual_button = Button("All plots without one", kind="chip", tip="The usual policy")
        self.form, self.reason = PolicyForm(), QLineEdit()
        self.outcome, self.results = Words("", weight=QFont.Weight.Medium, wrap=True), Words("", wrap=True)
        self.history, self.trouble = Words("", wrap=True), Words("", tone=Tone.ALARM, wrap=True)
        self.try_button = Button("Try it", tip=f"Play the last {DAYS:.0f} days through this policy")
        self.back_button = Button("Use the usual policy", tip="This plot type has none of its own any more")
        self.put_button = Button("Put in force", kind="primary", tip="From the next plot on, on all stations")
        self.cancel_button = Button("Cancel")
        self._lay_out()
        self._connect()
        self._fit()

    def _lay_out(self) -> None:
        self.reason.setPlaceholderText("Why? For example: flickers at the start of runs")
        self.reason.setAccessibleName("Reason")
        self.reason.setMaxLength(400)
        for chip in (self.own_button, self.usual_button):
            chip.setCheckable(True)
        self.usual_button.setVisible(bool(self._plot_type))
        beside = column(self.outcome, self.results, spacing=GRID, margins=(2 * GRID, 0, 0, 0))
        beside.insertLayout(0, row(Words("Tried on the past", weight=QFont.Weight.DemiBold), 1, self.try_button))
        beside.addSpacing(GRID)
        beside.addWidget(Words("What was changed", weight=QFont.Weight.DemiBold))
        beside.addWidget(self.history)
        beside.addStretch(1)
        right = QWidget()
        right.setLayout(beside)
        middle = row(_scrolling(self.form, "The policy"), _scrolling(right, "Trial and history"), spacing=GRID)
        middle.setStretch(0, 3)
        middle.setStretch(1, 2)
        layout = column(spacing=GRID + 4, margins=(3 * GRID, 2 * GRID + 4, 3 * GRID, 2 * GRID + 4))
        layout.addLayout(row(self.title, 1, self.own_button, self.usual_button))
        layout.addWidget(self.scope)
        layout.addWidget(Rule())
        layout.addLayout(middle, 1)
        for part in (Rule(), self.trouble, self.reason):
            layout.addWidget(part)
        layout.addLayout(row(self.back_button, 1, self.cancel_button, self.put_button))
        self.setLayout(layout)
        room = self._room
        self.resize(min(140 * GRID, room.width() - 4 * GRID), min(106 * GRID, room.height() - 4 * GRID))

    def _connect(self) -> None:
        self.own_button.clicked.connect(lambda: self._choose(self._plot_type))
        self.usual_button.clicked.connect(lambda: self._choose(""))
        self.try_button.clicked.connect(self._try)
        self.put_button.clicked.connect(self._put)
        self.back_button.clicked.connect(self._back)
        self.cancel_button.clicked.connect(self.reject)
        self.form.changed.connect(self._forget_trial)
        self.reason.textChanged.connect(self._fit)

    @property
    def plot_type(self) -> str:
        """Whose policy is shown, "" for the usual one."""
        return self._scope

    # What is shown.

    def show_view(self, view: PolicyView, now: datetime | None = None) -> None:
        """Show a policy with its history; of another plot type than chosen it is dropped."""
        if view.plot_type != self._scope:
            return
        self.title.say(f"When {view.plot_type} alarms" if view.plot_type else "When plots alarm, usually")
        self.scope.say(scope_words(view))
        self.own_button.setChecked(view.plot_type == self._plot_type)
        self.usual_button.setChecked(not view.plot_type)
        self.form.show_policy(view.policy, view.classifications)
        self.history.say("\n\n".join(change_lines(view.history, now or datetime.now(UTC))))
        self.back_button.setVisible(bool(view.plot_type) and view.own)
        self.say_trouble("")
        self._forget_trial()
        self._fit()

    def show_trials(self, plot_type: str, trials: Trials, now: datetime | None = None) -> None:
        """Show what the policy would have come to."""
        if plot_type == self._scope:
            self.try_button.setEnabled(True)
            self.outcome.say(trial_words(trials))
            self.results.say("\n".join(trial_lines(trials, now or datetime.now(UTC))))

    def say_trouble(self, why: str) -> None:
        """Why the policy cannot be used or saved, "" where nothing is wrong."""
        self.trouble.say(why)
        self.trouble.setVisible(bool(why))
        self._fit()

    @Slot()
    def _forget_trial(self) -> None:
        here = bool(self._scope)
        self.outcome.say("" if here else "Choose one plot type to try a policy on its past.")
        self.results.say(f"Which alerts it would have raised in the last {DAYS:.0f} days." if here else "")

    @Slot()
    def _fit(self) -> None:
        reason = bool(self.reason.text().strip())
        self.put_button.setEnabled(reason)
        self.back_button.setEnabled(reason)
        self.try_button.setEnabled(bool(self._scope))

    # What was done.

    def _choose(self, plot_type: str) -> None:
        self._scope = plot_type
        self.scope_chosen.emit(plot_type)

    @Slot()
    def _try(self) -> None:
        try:
            policy = self.form.policy()
        except ValueError as error:
            self.say_trouble(f"{error}.")
            return
        self.say_trouble("")
        self.outcome.say("Playing the past …")
        self.results.say("")
        self.try_button.setEnabled(False)
        self.try_requested.emit(self._scope, policy)

    @Slot()
    def _put(self) -> None:
        try:
            policy = self.form.policy()
        except ValueError as error:
            self.say_trouble(f"Nothing was changed: {error}.")
            return
        self.put_requested.emit(self._scope, policy, self.reason.text().strip())

    @Slot()
    def _back(self) -> None:
        self.put_requested.emit(self._scope, None, self.reason.text().strip())


def _scrolling(body: QWidget, name: str) -> QScrollArea:
    area = QScrollArea()
    area.setWidget(body)
    area.setWidgetResizable(True)
    area.setFrameShape(QScrollArea.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setAccessibleName(name)
    return area
