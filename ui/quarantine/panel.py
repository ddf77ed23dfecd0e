"""A panel over the right edge of its parent that lists files set aside."""

from __future__ import annotations

from PySide6.QtCore import QAbstractItemModel, QEvent, QModelIndex, QObject, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QFont, QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QStackedWidget, QTableView, QWidget
from typing_extensions import override

from backend.domain.quarantine import ADVICE, QuarantinedFile
from ui.theme.apply import theme_of
from ui.theme.tokens import BODY, GRID, LARGE
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words
from ui.wording import number

FILE_ROLE = Qt.ItemDataRole.UserRole + 1
"""A model that serves its `QuarantinedFile` in this role gets the whole story shown below the list."""

_WIDEST_COLUMN = 30 * GRID
_WIDTH = 100 * GRID
_EXPLANATION = "These files could not become plots. They are kept where they are and nothing else is held up."


class QuarantinePanel(Pane):
    """The list, virtual over whatever model it is given, and an empty state."""

    closed = Signal()

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._host = parent
        self.title = Words("Set aside", LARGE, QFont.Weight.DemiBold)
        self.close_button = Button(kind="icon", icon_name="close", tip="Close", key="Esc")
        self.table = _table()
        self.empty = Words("Nothing is set aside. Every file became a plot.", BODY, tone=Tone.MUTED)
        self._fitted = False
        self.advice = Words(wrap=True)
        self.advice.setContentsMargins(2 * GRID, GRID, 2 * GRID, 2 * GRID)
        self.advice.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.advice.hide()
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._pages = QStackedWidget()
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.table)
        self._lay_out()
        self.close_button.clicked.connect(self.close_panel)
        QShortcut(QKeySequence("Esc"), self, self.close_panel, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        parent.installEventFilter(self)
        self.hide()

    def _lay_out(self) -> None:
        head = row(self.title, 1, self.close_button, margins=(2 * GRID, GRID, GRID, 0))
        words = Words(_EXPLANATION, tone=Tone.MUTED, wrap=True)
        words.setContentsMargins(2 * GRID, 0, 2 * GRID, GRID)
        layout = column(spacing=GRID // 2, margins=(1, 0, 0, 0))
        layout.addLayout(head)
        layout.addWidget(words)
        layout.addWidget(self._pages, 1)
        layout.addWidget(self.advice)
        self.setLayout(layout)

    def set_model(self, model: QAbstractItemModel) -> None:
        """List the rows of `model`, the caller's columns under the caller's headers."""
        self._fitted = False
        self.table.setModel(model)
        for signal in (model.rowsInserted, model.rowsRemoved, model.modelReset):
            signal.connect(self._count)
        self.table.selectionModel().currentRowChanged.connect(self._explain)
        self._count()

    @Slot(QModelIndex, QModelIndex)
    def _explain(self, current: QModelIndex, _previous: QModelIndex) -> None:
        """Say of the current file what happened and what to do, in full."""
        file = current.data(FILE_ROLE) if current.isValid() else None
        self.advice.setVisible(isinstance(file, QuarantinedFile))
        if isinstance(file, QuarantinedFile):
            self.advice.say(f"{file.path}\n{file.message}\n{ADVICE[file.reason]}")

    @Slot()
    def _count(self) -> None:
        model = self.table.model()
        rows = model.rowCount() if model is not None else 0
        self._pages.setCurrentWidget(self.table if rows else self.empty)
        if rows and not self._fitted:
            self._fit_columns()
        self.title.say(f"Set aside  {number(rows)}" if rows else "Set aside")

    def _fit_columns(self) -> None:
        """As wide as the first rows need, once; afterwards a person's widths count."""
        self._fitted = True
        self.table.resizeColumnsToContents()
        for place in range(self.table.horizontalHeader().count()):
            self.table.setColumnWidth(place, min(self.table.columnWidth(place) + GRID, _WIDEST_COLUMN))

    @Slot()
    def open_panel(self) -> None:
        """Appear and take the focus."""
        self._place()
        self.show()
        self.raise_()
        listed = self._pages.currentWidget() is self.table
        if listed and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        (self.table if listed else self.close_button).setFocus()

    @Slot()
    def close_panel(self) -> None:
        """Go."""
        self.hide()
        self.closed.emit()

    def _place(self) -> None:
        host = self._host.size()
        width = min(_WIDTH, host.width() - 4 * GRID)
        self.setGeometry(QRect(host.width() - width, 0, width, host.height()))

    @override
    def sizeHint(self) -> QSize:
        return QSize(_WIDTH, 60 * GRID)

    @override
    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and self.isVisible():
            self._place()
        return super().eventFilter(watched, event)

    @override
    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setPen(theme_of(self).line)
        painter.drawLine(0, 0, 0, self.height())
        painter.end()


def _table() -> QTableView:
    table = QTableView()
    table.setAccessibleName("Files set aside")
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    table.setWordWrap(False)
    table.setShowGrid(False)
    table.setTabKeyNavigation(False)
    table.verticalHeader().hide()
    table.verticalHeader().setDefaultSectionSize(4 * GRID + 4)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setStretchLastSection(True)
    header.setResizeContentsPrecision(50)
    header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    header.setHighlightSections(False)
    return table
