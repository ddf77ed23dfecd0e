"""The drawer on the right of the Labelling screen: leader board, disagreements, taking plots along."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeySequence, QPalette, QShortcut
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QStackedWidget, QWidget

from ui.team.bundles_page import BundlesPage
from ui.team.disagreements_page import DisagreementsPage
from ui.team.leader_page import LeaderPage
from ui.team.values import TEAM_TIPS, TeamPage
from ui.theme.tokens import GRID
from ui.widgets.buttons import Button
from ui.widgets.frames import Pane, Rule, column, row
from ui.wording import number

WIDTH = 58 * GRID


class TeamDrawer(Pane):
    """Hidden until it is opened; `opened` says on which page, also when that changes."""

    opened = Signal(str)
    """The name of a `TeamPage`."""

    def __init__(self) -> None:
        super().__init__()
        self.leaders, self.disagreements, self.bundles = LeaderPage(), DisagreementsPage(), BundlesPage()
        self.chips = {page: _chip(page) for page in TeamPage}
        self.close_button = Button(kind="icon", icon_name="close", tip="Close", key="Esc")
        self._pages = QStackedWidget()
        self._places = {
            TeamPage.LEADERS: _scrolled(self.leaders),
            TeamPage.DISAGREEMENTS: _scrolled(self.disagreements),
            TeamPage.BUNDLES: _scrolled(self.bundles),
        }
        for page in self._places.values():
            self._pages.addWidget(page)
        self.setFixedWidth(WIDTH)
        self._lay_out()
        for name, chip in self.chips.items():
            chip.setObjectName(name)
            chip.clicked.connect(self._chip_clicked)
        self.close_button.clicked.connect(self.hide)
        QShortcut(QKeySequence("Esc"), self, self.hide, context=Qt.ShortcutContext.WidgetWithChildrenShortcut)
        self.hide()

    def _lay_out(self) -> None:
        head = row(*self.chips.values(), 1, self.close_button, spacing=GRID, margins=(2 * GRID, GRID, GRID, GRID))
        inside = column(spacing=0)
        inside.addLayout(head)
        inside.addWidget(Rule())
        inside.addWidget(self._pages, 1)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(Rule(Qt.Orientation.Vertical))
        whole.addLayout(inside, 1)

    @property
    def page(self) -> TeamPage | None:
        """The page that is open, None while the drawer is closed."""
        if not self.isVisible():
            return None
        return next(name for name, page in self._places.items() if page is self._pages.currentWidget())

    def open_page(self, page: TeamPage) -> None:
        """Appear with this page."""
        self._pages.setCurrentWidget(self._places[page])
        for name, chip in self.chips.items():
            chip.setChecked(name is page)
        self.show()
        self.chips[page].setFocus()
        self.opened.emit(page)

    def toggle(self, page: TeamPage) -> None:
        """Open this page, or close the drawer where it is open on it."""
        if self.page is page:
            self.hide()
        else:
            self.open_page(page)

    def offer(self, page: TeamPage, *, offered: bool) -> None:
        """Whether a page can be opened here."""
        self.chips[page].setVisible(offered)

    def count_disagreements(self, count: int) -> None:
        """How many wait to be settled."""
        words = f"{TeamPage.DISAGREEMENTS} {number(count)}" if count else str(TeamPage.DISAGREEMENTS)
        self.chips[TeamPage.DISAGREEMENTS].say(words)

    def _chip_clicked(self) -> None:
        self.open_page(TeamPage(self.sender().objectName()))


def _chip(page: TeamPage) -> Button:
    button = Button(page.value, kind="chip", tip=TEAM_TIPS[page])
    button.setCheckable(True)
    return button


def _scrolled(page: QWidget) -> QScrollArea:
    ground = Pane()
    ground.setLayout(column(page, spacing=0))
    area = QScrollArea()
    area.setWidget(ground)
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setBackgroundRole(QPalette.ColorRole.Base)
    return area
