"""Sound: once when something begins to wait, again and again until somebody has acknowledged it."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QProcess, QTimer, Signal, Slot

from backend.domain.classifications import Severity
from hydra_gui.alerts.hush import Hush
from hydra_gui.alerts.players import ADVICE, Player, sound_of

REPEAT_MS = {Severity.ALARM: 15_000, Severity.WARNING: 60_000, Severity.INFORMATION: 0, Severity.NORMAL: 0}
"""Time from one sound to the next; 0 sounds once."""

TOGETHER_S = 10.0
"""What begins so soon after a sound belongs to it: a crate that trips sounds once, and again when its time comes."""

_END_MS = 2000
QUIET = "quiet until"


class Sounder(QObject):
    """Plays at most one sound at a time, with the system's player. `close` ends it.

    What may not sound in quiet hours is silent; when they end, what still waits is heard again.
    """

    state_changed = Signal(bool, str, str)
    """Whether sound can be made, in words, and what to do where it cannot."""

    def __init__(self, player: Player | None, parent: QObject | None = None, hush: Hush | None = None) -> None:
        super().__init__(parent)
        self._player, self._hush = player, hush or Hush()
        self._told: tuple[bool, str, str] | None = None
        self._severity: Severity | None = None
        self._trouble = ""
        self._escalated_ms = 0
        self.played = 0
        self._sounded_at = -TOGETHER_S
        self._process = QProcess(self)
        self._process.setStandardOutputFile(QProcess.nullDevice())
        self._process.finished.connect(self._finished)
        self._process.errorOccurred.connect(self._failed)
        self._again = QTimer(self)
        self._again.timeout.connect(self._play)

    @property
    def interval_ms(self) -> int:
        """Time from one sound to the next, 0 where none is repeated."""
        return self._again.interval() if self._again.isActive() else 0

    def close(self) -> None:
        """Be silent from now on."""
        self._again.stop()
        self._process.blockSignals(True)
        if self._process.state() is not QProcess.ProcessState.NotRunning:
            self._process.kill()
            self._process.waitForFinished(_END_MS)

    def tell_state(self) -> None:
        """Say whether sound can be made."""
        self._told = self._state()
        self.state_changed.emit(*self._told)

    def tick(self) -> None:
        """Say it again where quiet hours began or ended meanwhile; then what waits is heard as if it were new."""
        if self._told is not None and self._told != self._state():
            was_quiet = QUIET in self._told[1]
            self.tell_state()
            if was_quiet and QUIET not in self._state()[1]:
                self._play()

    def _state(self) -> tuple[bool, str, str]:
        if self._player is None:
            return False, "No sound can be made here", ADVICE
        if self._trouble:
            return False, "Sound does not work", self._trouble
        words = self._hush.words
        return True, f"Sound by {self._player.name}" + (f", {words}" if words else ""), ""

    def sound(self, severity: Severity | None, *, news: bool) -> None:
        """What waits now, at its worst; None: nothing. With `news` it sounds at once, else when its time comes."""
        worse = severity is not None and (self._severity is None or severity > self._severity)
        self._severity = severity
        interval = REPEAT_MS[severity] if severity is not None else 0
        interval = self._escalated_ms if severity is not None and self._escalated_ms else interval
        if not interval:
            self._again.stop()
        elif not self._again.isActive() or self._again.interval() != interval:
            self._again.start(interval)
        if severity is None:
            self._sounded_at = -TOGETHER_S
        elif worse or (news and not self._belongs(interval)):
            self._sounded_at = time.monotonic()
            self._play()
            if interval:
                self._again.start(interval)

    def _belongs(self, interval: int) -> bool:
        """Whether the last sound still stands for what is new; where none is repeated each is heard."""
        return bool(interval) and time.monotonic() - self._sounded_at < TOGETHER_S

    def escalate(self, every_ms: int) -> None:
        """Sound as an alarm again and again so often, whatever waits, for nobody has acknowledged; 0: no more."""
        if every_ms == self._escalated_ms:
            return
        self._escalated_ms = every_ms
        if every_ms:
            self._again.start(every_ms)
            self._play()
        else:
            self._again.stop()
            self.sound(self._severity, news=False)

    @Slot()
    def test(self) -> None:
        """Play the sound of an alarm once, and say whether that worked."""
        self._trouble = ""
        self._start(Severity.ALARM)
        self.tell_state()

    @Slot()
    def _play(self) -> None:
        if self._severity is not None:
            severity = Severity.ALARM if self._escalated_ms else self._severity
            if self._hush.allows(self._severity):
                self._start(severity)

    def _start(self, severity: Severity) -> None:
        if self._player is None or self._process.state() is not QProcess.ProcessState.NotRunning:
            return
        self.played += 1
        self._process.start(self._player.program, [*self._player.arguments, str(sound_of(severity))])

    @Slot(int, QProcess.ExitStatus)
    def _finished(self, code: int, _status: QProcess.ExitStatus) -> None:
        self._note("" if code == 0 else self._said() or f"it ended with {code}")

    @Slot(QProcess.ProcessError)
    def _failed(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self._note(self._process.errorString())

    def _said(self) -> str:
        text = bytes(self._process.readAllStandardError().data()).decode("utf-8", "replace").strip()
        return text.splitlines()[-1] if text else ""

    def _note(self, trouble: str) -> None:
        name = self._player.name if self._player else ""
        words = f"{name} cannot play: {trouble}. Check the sound of this machine, then test again." if trouble else ""
        if words != self._trouble:
            self._trouble = words
            self.tell_state()
