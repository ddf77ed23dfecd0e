"""Files set aside: the list behind the panel, filled from the engine and kept up to date by events."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import PurePath

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt, Signal, Slot
from typing_extensions import override

from backend.api import EngineApi
from backend.domain.quarantine import ADVICE, QuarantinedFile
from hydra_gui.bridge import Bridge
from hydra_gui.tasks import Tasks
from ui.quarantine.panel import FILE_ROLE
from ui.wording import clock

Index = QModelIndex | QPersistentModelIndex

LONGEST = 200
_HEADERS = ("Since", "File", "Reason", "What happened")


class QuarantineModel(QAbstractTableModel):
    """At most `LONGEST` files, newest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._files: list[QuarantinedFile] = []

    @override
    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """One row per file."""
        return 0 if parent.isValid() else len(self._files)

    @override
    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own default
        """See the headers."""
        return 0 if parent.isValid() else len(_HEADERS)

    @override
    def headerData(self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Titles of the columns."""
        across = orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole
        return _HEADERS[section] if across and 0 <= section < len(_HEADERS) else None

    @override
    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Words per column; path and advice as tool tip; the file itself in `FILE_ROLE`."""
        if not index.isValid() or index.row() >= len(self._files):
            return None
        file = self._files[index.row()]
        if role == FILE_ROLE:
            return file
        if role == Qt.ItemDataRole.DisplayRole:
            return _words(file)[index.column()]
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{file.path}\n{ADVICE[file.reason]}"
        return None

    def show(self, files: tuple[QuarantinedFile, ...]) -> None:
        """Show these, newest first."""
        self.beginResetModel()
        self._files = list(files[:LONGEST])
        self.endResetModel()

    def put(self, file: QuarantinedFile) -> None:
        """Put a file on top; one that was listed under the same path moves up."""
        for row in [row for row, known in enumerate(self._files) if known.path == file.path]:
            self._drop(row)
        self.beginInsertRows(QModelIndex(), 0, 0)
        self._files.insert(0, file)
        self.endInsertRows()
        if len(self._files) > LONGEST:
            self._drop(LONGEST)

    def _drop(self, row: int) -> None:
        self.beginRemoveRows(QModelIndex(), row, row)
        del self._files[row]
        self.endRemoveRows()


def _words(file: QuarantinedFile) -> tuple[str, ...]:
    return clock(file.since, datetime.now(UTC)), PurePath(file.path).name, file.reason.value, file.message


class QuarantinePresenter(QObject):
    """Fills the model once at the start and follows the bridge."""

    problem_occurred = Signal(str)

    def __init__(self, engine: EngineApi, bridge: Bridge) -> None:
        super().__init__()
        self.model = QuarantineModel(self)
        self._engine = engine
        self._tasks = Tasks(self.problem_occurred.emit)
        bridge.file_quarantined.connect(self._put)

    @Slot()
    def start(self) -> None:
        """Read the list anew."""
        self._tasks.start("quarantined", self._load())

    async def close(self) -> None:
        """End what is still read."""
        await self._tasks.close()

    async def _load(self) -> None:
        self.model.show(await self._engine.quarantined())

    @Slot(object)
    def _put(self, file: QuarantinedFile) -> None:
        self.model.put(file)
