"""Before there are plots: what is offered, and a folder dialog that stops nothing."""

from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFileDialog

from ui.welcome.view import WelcomeView
from ui.widgets.tone import Tone


@pytest.fixture
def view(qtbot):
    made = WelcomeView()
    qtbot.addWidget(made)
    made.resize(900, 700)
    made.show()
    return made


def test_that_a_first_start_offers_a_folder_and_the_demo(view, qtbot):
    assert (view.choose_button.isVisible(), view.demo_button.isVisible()) == (True, True)
    assert not view.retry_button.isVisible()
    with qtbot.waitSignal(view.demo_requested):
        view.demo_button.click()


def test_that_waiting_names_the_folder_and_the_files_expected(view):
    view.show_waiting(Path("/data/plots"))
    assert "/data/plots" in view.text.text()
    assert ".png" in view.hint.text()


def test_that_an_unseen_folder_is_explained_and_can_be_tried_again(view, qtbot):
    view.show_unseen(Path("/data/plots"), "it does not exist.", "Mount it, then try again.")
    assert view.title.tone is Tone.ALARM
    assert "it does not exist" in view.text.text()
    assert "No new plots are taken in" in view.hint.text()
    assert not view.illustration.isVisible()
    with qtbot.waitSignal(view.retry_requested):
        view.retry_button.click()
    view.show_first_start()
    assert view.title.tone is Tone.TEXT


def test_that_choosing_a_folder_does_not_block_and_tells_the_path(view, qtbot, tmp_path):
    view.choose_button.click()
    (dialog,) = view.findChildren(QFileDialog)
    assert dialog.isVisible()
    assert dialog.fileMode() is QFileDialog.FileMode.Directory
    with qtbot.waitSignal(view.folder_chosen) as chosen:
        dialog.fileSelected.emit(str(tmp_path))
    assert chosen.args == [tmp_path]
    dialog.close()
    qtbot.waitUntil(lambda: not view.findChildren(QFileDialog))


def test_that_a_dialog_given_up_chooses_nothing(view, qtbot):
    view.choose_button.click()
    (dialog,) = view.findChildren(QFileDialog)
    with qtbot.assertNotEmitted(view.folder_chosen):
        qtbot.keyClick(dialog, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: not view.findChildren(QFileDialog))


def test_that_no_word_is_cut_off_in_a_narrow_window(view, qtbot):
    for show in (view.show_first_start, lambda: view.show_waiting(Path("/data/" + "long/" * 20))):
        show()
        view.resize(620, 800)
        qtbot.wait(1)
        for words in (view.title, view.text, view.hint):
            assert words.height() >= words.heightForWidth(words.width())
