"""One card in the middle of the screen that says where things stand and offers what to do next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QWidget

from backend.domain.label_bundles import SUFFIX
from ui.theme.tokens import BODY, DISPLAY, GRID, HEADING
from ui.welcome.illustration import Illustration
from ui.widgets.buttons import Button
from ui.widgets.frames import Card, column, row
from ui.widgets.tone import Tone
from ui.widgets.words import Words

_CARD_WIDTH = 78 * GRID

_FIRST = (
    "Hydra watches the monitoring plots of an experiment and shows at once which of them look wrong, where, and how "
    "sure it is. Choose the folder your plots are written to, or look at a simulated hall first."
)
_NAMES = "Plots are image files such as Run121266/CDC_occupancy_0004.png; they appear here as they are written."


class WelcomeView(QWidget):
    """Three states, each set by a method; says what was chosen."""

    folder_chosen = Signal(Path)
    demo_requested = Signal()
    bundle_chosen = Signal(Path)
    """A label bundle is to be opened."""
    retry_requested = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._dialog: QFileDialog | None = None
        self.illustration = Illustration()
        self.title = Words("", DISPLAY, QFont.Weight.DemiBold, wrap=True)
        self.text = Words("", HEADING, wrap=True)
        self.hint = Words("", BODY, tone=Tone.MUTED, wrap=True)
        self.choose_button = Button("Choose a folder…", kind="primary", icon_name="folder", tip="Watch a folder")
        self.demo_button = Button("See the demo", icon_name="play", tip="A simulated hall with faults now and then")
        self.bundle_button = Button("Open a label bundle…", tip="Label plots that were taken along in a file")
        self.retry_button = Button("Try again", kind="primary", tip="Look at the folder again")
        self._lay_out()
        self.choose_button.clicked.connect(self.choose_folder)
        self.demo_button.clicked.connect(self.demo_requested)
        self.bundle_button.clicked.connect(self.choose_bundle)
        self.retry_button.clicked.connect(self.retry_requested)
        self.show_first_start()

    def _lay_out(self) -> None:
        card = Card()
        card.setMaximumWidth(_CARD_WIDTH)
        margins = (5 * GRID, 5 * GRID, 5 * GRID, 5 * GRID)
        words = column(self.illustration, self.title, self.text, self.hint, spacing=GRID + 4, margins=margins)
        words.setSpacing(2 * GRID)
        buttons = row(self.retry_button, self.choose_button, self.demo_button, self.bundle_button, 1, spacing=GRID + 4)
        words.addLayout(buttons)
        card.setLayout(words)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card, 100)
        middle.addStretch(1)
        layout = column(1, margins=(3 * GRID, 3 * GRID, 3 * GRID, 3 * GRID))
        layout.addLayout(middle)
        layout.addStretch(2)
        self.setLayout(layout)

    def show_first_start(self) -> None:
        """Nothing is configured yet."""
        self._show("Watch your plots", _FIRST, "Nothing is changed in the folder: files are read and left there.")
        self._offer(retry=False, demo=True, primary=True)

    def show_waiting(self, directory: Path) -> None:
        """A folder is watched and holds no plot yet."""
        self._show("Waiting for the first plot", f"Watching {directory}", _NAMES)
        self._offer(retry=False, demo=True, primary=False)

    def show_unseen(self, directory: Path, why: str, advice: str) -> None:
        """The folder cannot be read: `why` it is, what to do."""
        self._show("Cannot see the folder", f"{directory}: {why}", f"No new plots are taken in. {advice}", Tone.ALARM)
        self._offer(retry=True, demo=False, primary=False)

    def _show(self, title: str, text: str, hint: str, tone: Tone = Tone.TEXT) -> None:
        self.title.say(title, tone)
        self.text.say(text)
        self.hint.say(hint)
        self.illustration.setVisible(tone is Tone.TEXT)
        self.setAccessibleName(f"{title}. {text} {hint}")

    def _offer(self, *, retry: bool, demo: bool, primary: bool) -> None:
        self.retry_button.setVisible(retry)
        self.demo_button.setVisible(demo)
        self.choose_button.say("Choose a folder…" if primary else "Watch another folder…")
        self.choose_button.set_kind("primary" if primary else "")
        self.choose_button.explain("Watch a folder")

    @Slot()
    def choose_folder(self) -> None:
        """Ask for a folder, without stopping anything else."""
        dialog = QFileDialog(self, "Folder to watch")
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()
        self._dialog = dialog

    @Slot()
    def choose_bundle(self) -> None:
        """Ask for a label bundle."""
        dialog = QFileDialog(self, "Open a label bundle")
        dialog.setNameFilter(f"Label bundles (*{SUFFIX})")
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._bundle_chosen)
        dialog.open()
        self._dialog = dialog

    @Slot(str)
    def _bundle_chosen(self, path: str) -> None:
        self._dialog = None
        if path:
            self.bundle_chosen.emit(Path(path))

    @Slot(str)
    def _chosen(self, path: str) -> None:
        self._dialog = None
        if path:
            self.folder_chosen.emit(Path(path))
