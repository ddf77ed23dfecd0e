"""The list of files set aside: virtual, with the whole story of the one chosen."""

import pytest
from PySide6.QtCore import QAbstractTableModel, QModelIndex, Qt
from PySide6.QtWidgets import QWidget

from backend.domain.quarantine import ADVICE
from tests.fakes.hall_views import set_aside
from ui.quarantine.panel import FILE_ROLE, QuarantinePanel

NOWHERE = QModelIndex()


class _Files(QAbstractTableModel):
    """`count` files, made when asked for; counts how often."""

    def __init__(self, count):
        super().__init__()
        self.count, self.asked = count, 0
        self.files = set_aside()

    def rowCount(self, parent=NOWHERE):  # noqa: N802
        return 0 if parent.isValid() else self.count

    def columnCount(self, parent=NOWHERE):  # noqa: N802
        return 3

    def data(self, index, role=Qt.ItemDataRole.DisplayRole):
        self.asked += 1
        file = self.files[index.row() % len(self.files)]
        if role == FILE_ROLE:
            return file
        return (file.path, file.reason.value, "1 min")[index.column()] if role == Qt.ItemDataRole.DisplayRole else None

    def clear(self):
        self.beginResetModel()
        self.count = 0
        self.endResetModel()


@pytest.fixture
def panel(qtbot):
    host = QWidget()
    host.resize(1200, 700)
    qtbot.addWidget(host)
    host.show()
    made = QuarantinePanel(host)
    yield made
    host.close()


def test_that_an_empty_list_says_so(panel):
    panel.set_model(_Files(0))
    panel.open_panel()
    assert panel.empty.isVisible()
    assert panel.title.text() == "Set aside"
    assert panel.close_button.hasFocus() or not panel.isActiveWindow()


def test_that_the_chosen_file_is_told_in_full(panel):
    model = _Files(3)
    panel.set_model(model)
    panel.open_panel()
    panel.table.selectRow(1)
    file = model.files[1]
    assert all(words in panel.advice.text() for words in (file.path, file.message, ADVICE[file.reason]))


def test_that_ten_thousand_files_cost_what_the_screen_shows(panel, qtbot):
    model = _Files(10_000)
    panel.set_model(model)
    panel.open_panel()
    panel.grab()
    assert model.asked < 6000
    assert "10" in panel.title.text()


def test_that_the_list_follows_its_model(panel):
    model = _Files(2)
    panel.set_model(model)
    panel.open_panel()
    assert panel.table.isVisible()
    model.clear()
    assert panel.empty.isVisible()


def test_that_escape_closes(panel, qtbot):
    panel.set_model(_Files(3))
    panel.open_panel()
    with qtbot.waitSignal(panel.closed):
        qtbot.keyClick(panel.table, Qt.Key.Key_Escape)
    assert not panel.isVisible()


def test_that_the_panel_keeps_to_the_right_edge_of_its_host(panel, qtbot):
    panel.set_model(_Files(3))
    panel.open_panel()
    host = panel.parentWidget()
    for width in (1200, 500, 1600):
        host.resize(width, 600)
        qtbot.waitUntil(lambda: panel.geometry().right() == host.width() - 1)
        assert panel.geometry().left() >= 0
