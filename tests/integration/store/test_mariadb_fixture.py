import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from tests.mariadb import _remove_leftovers

PROGRAM = """
import sys
from tests.mariadb import MariaDb
server = MariaDb()
server.start()
print(server.pid, server.execute("SELECT @@datadir")[0][0], flush=True)
sys.stdin.read()
"""


@pytest.mark.usefixtures("mariadb_server")
def test_that_the_server_ends_and_its_files_go_when_the_tests_are_killed():
    tests = subprocess.Popen([sys.executable, "-c", PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert tests.stdout is not None
    pid, data = tests.stdout.readline().split()
    tests.send_signal(signal.SIGKILL)
    tests.communicate(timeout=30)
    deadline = time.monotonic() + 20
    while psutil.pid_exists(int(pid)) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert not psutil.pid_exists(int(pid))
    _remove_leftovers()
    assert not Path(data).exists()
