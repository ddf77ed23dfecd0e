"""`hydra-gui bundle create|show|apply` as a person types it, and the statistics both databases count."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest

from backend.domain.contributions import Calendar
from backend.domain.labels import LabelHow, NewLabel
from backend.offline.contributing import contributions
from backend.store import Store
from hydra_gui.cli import main
from tests.fakes.offline import KIND, fill_hall, label, open_laptop


def test_that_a_bundle_is_made_shown_and_brought_home(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HYDRA_USER", "expert")
    with Store.open(f"sqlite:///{tmp_path / 'hydra.db'}", tmp_path) as store:
        plots = fill_hall(store, 6)
    place, file = ["--data-dir", str(tmp_path)], tmp_path / "take.hydralabels"

    def run(*arguments: str) -> tuple[int, dict[str, object]]:
        code = main(["--json", *place, "bundle", *arguments])
        said = capsys.readouterr()
        return code, json.loads(said.out or said.err)

    code, made = run("create", str(file), "--plot-type", KIND, "--limit", "4", "--order", "lot")
    assert (code, made["plots"], made["made_by"]) == (0, 4, "expert")
    assert run("create", str(tmp_path / "b"), "--all", "--plot-type", KIND)[0] == 2
    with open_laptop(file, tmp_path) as laptop:
        along = [item.plot for item in laptop.labelling.items([plot.plot_id for plot in plots])]
        assert len(along) == 4
        label(laptop, along, "Good", "laptop")
    code, shown = run("show", str(file))
    assert (code, shown["labels"], shown["plot_types"]) == (0, 4, [KIND])
    code, done = run("apply", str(file))
    assert (code, done["written"], done["people"]) == (0, 4, ["laptop"])
    assert run("apply", str(file))[1]["known"] == 4
    (tmp_path / "bad.hydralabels").write_bytes(b"no")
    code, told = run("apply", str(tmp_path / "bad.hydralabels"))
    assert code == 1
    assert "no label bundle" in str(told)


def test_that_people_days_and_labels_are_counted_as_a_person_lives_them(store: Store) -> None:
    plots = fill_hall(store, 10)
    here = timezone(timedelta(hours=5))
    now = datetime(2026, 11, 26, 1, 30, tzinfo=here)  # a Thursday there, still Wednesday in UTC
    label(store, plots[:3], "Good", "ann", at=now - timedelta(minutes=80))  # today
    label(store, plots[3:5], "Bad", "ann", at=now - timedelta(hours=2))  # yesterday
    label(store, plots[:1], "Bad", "ann", at=now)  # the same plot again
    label(store, plots[5:6], "Bad", "bea", at=now - timedelta(days=3))  # Monday
    label(store, plots[6:8], "Bad", "bea", at=now - timedelta(days=4))  # the week before
    label(store, plots[7:8], None, "bea", at=now)
    label(store, plots[8:9], "Good", "bea", LabelHow.KEPT, at=now)
    store.labels.add_many([NewLabel(plots[9].plot_id, "Good", "script", "import")])
    found = contributions(store, KIND, Calendar(now))
    told = [(one.who, one.today, one.week, one.ever) for one in found.people]
    assert told[:2] == [("ann", 3, 5, 5), ("bea", 0, 1, 3)]
    assert (told[2][0], told[2][3]) == ("script", 1)
    days = {one.day.day: one.count for one in found.days}
    assert (len(found.days), days[26], days[25], days[23], days[22]) == (14, 3 + _imported_on(now), 2, 1, 2)
    shares = {one.classification.name: one.count for one in found.shares}
    assert (shares, found.plots, found.labelled) == ({"Bad": 5, "Good": 4}, 10, 9)
    everything = contributions(store, "", Calendar(now))
    assert (everything.people, everything.plots) == (found.people, 10)


def _imported_on(now: datetime) -> int:
    """The import bears the time of this test, which is no day of the calendar above."""
    return int(datetime.now(UTC).astimezone(now.tzinfo).date() == now.date())
