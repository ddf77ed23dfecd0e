"""Engines as real processes, killed while they send: everybody is told, and the store knows of it once."""

import os
import random
from collections import Counter

import pytest

from backend.domain.dispatches import Outcome
from backend.store.tables import dispatches
from tests.fakes.alerts import Hall as Alerting
from tests.fakes.outside import MailServer
from tests.fakes.station_processes import Hall, until

ENGINES = 3
TRIALS = int(os.environ.get("HYDRA_KILLS", "20"))
CONFIGURATION = """
[alarms]
pause_s = 0
[alarms.mail]
server = "127.0.0.1"
port = {port}
security = "none"
sender = "hydra@hall.example"
timeout_s = 2
[alarms.destinations.expert]
kind = "mail"
to = ["expert@hall.example"]
timeout_s = 2
[[alarms.routes]]
name = "all"
to = [["expert"]]
after_min = [0]
"""


@pytest.mark.soak
def test_that_kills_while_sending_leave_nobody_untold(mariadb_url, tmp_path):
    rng = random.Random(7)
    with MailServer() as server:
        server.delay_s = 0.5
        config = tmp_path / "config" / "hydra-gui"
        config.mkdir(parents=True)
        (config / "hydra.toml").write_text(CONFIGURATION.format(port=server.port))
        hall = Hall(mariadb_url, tmp_path, ["Unwatched"])
        try:
            names = [f"plot_{number:03}" for number in range(TRIALS)]
            alerting = Alerting(hall.store, names)
            engines = [hall.engine(f"engine {number}") for number in range(ENGINES)]
            for number, name in enumerate(names):
                seen = server.attempts
                alerting.judge(name)
                until(lambda seen=seen: server.attempts > seen, "an attempt")
                killed = rng.randrange(ENGINES)
                engines[killed].kill()
                engines[killed] = hall.engine(f"engine {ENGINES + number}")
            until(lambda: told(hall) == dict.fromkeys(names, 1), "everybody is told once")
            states = hall.store.database.read(lambda one: [row.state for row in one.execute(dispatches.select())])
        finally:
            hall.close()
        sent = Counter(str(mail["Message-ID"]) for mail in server.mails)
        assert len(sent) == TRIALS
        assert sum(sent.values()) - TRIALS <= TRIALS  # at most one more for each kill
        assert states == ["sent"] * TRIALS


def told(hall: Hall) -> dict[str, int]:
    """How often each alert is noted as sent."""
    found = {}
    for alert in hall.store.alerts.open():
        notes = hall.store.dispatches.notes(alert.alert_id)
        found[alert.plot_type] = sum(note.outcome is Outcome.SENT for note in notes)
    return found
