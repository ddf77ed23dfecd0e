"""The check that nothing outlives its test must itself be able to fail."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent

_LEAVES_A_THREAD = """
import threading
def test_leaves_a_thread():
    threading.Thread(target=threading.Event().wait, args=(60,), name="forgotten", daemon=True).start()
"""
_LEAVES_A_PROCESS = """
import subprocess
def test_leaves_a_process():
    subprocess.Popen(["sleep", "60"])
"""
_LEAVES_A_WINDOW = """
from PySide6.QtWidgets import QApplication, QWidget
def test_leaves_a_window(qapp):
    global window
    window = QWidget()
    window.show()
"""
_LEAVES_NOTHING = """
import subprocess, threading
def test_leaves_nothing():
    thread = threading.Thread(target=lambda: None)
    thread.start()
    thread.join()
    subprocess.run(["true"])
"""


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (_LEAVES_A_THREAD, "thread forgotten"),
        (_LEAVES_A_PROCESS, "sleep 60"),
        (_LEAVES_A_WINDOW, "window QWidget"),
        (_LEAVES_NOTHING, ""),
    ],
)
def test_that_what_outlives_a_test_fails_it(source: str, left: str, tmp_path: Path) -> None:
    (tmp_path / "test_one.py").write_text(source)
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, "-m", "pytest", "-p", "tests.plugins.leaks", "-p", "no:cacheprovider", str(tmp_path)]
    off_screen = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "HYDRA_LEAK_DEADLINE_S": "0.5"}
    done = subprocess.run(command, cwd=ROOT, env=off_screen, capture_output=True, text=True, timeout=90)
    assert done.returncode == (1 if left else 0), done.stdout
    assert left in done.stdout
    assert ("left behind by this test" in done.stdout) == bool(left)
