from dataclasses import replace
from datetime import timedelta

from backend.domain.intake import FileStamp
from backend.domain.plots import PlotState
from backend.domain.quarantine import QuarantinedFile, QuarantineReason
from backend.store import Store
from tests.samples import LEASE_S, OWNER, START, commit, commit_one, new_plot

PATH = "/plots/broken.png"
FILE = QuarantinedFile(PATH, QuarantineReason.TRUNCATED, "ends after 100 of 200 rows", 512, START, "CDC_occupancy")
STAMP = FileStamp(PATH, 17, 512)


def test_that_a_file_set_aside_is_listed_and_not_looked_at_again(store: Store):
    store.intake.quarantine(FILE, STAMP)
    assert store.intake.quarantined() == [FILE]
    assert store.intake.quarantined_count() == store.counts().quarantined == 1
    assert store.intake.known([STAMP]) == {PATH}


def test_that_setting_a_file_aside_twice_lists_it_once(store: Store):
    for _ in range(2):
        store.intake.quarantine(FILE, STAMP)
        store.intake.quarantine(replace(FILE, path="/plots/unreadable", reason=QuarantineReason.UNREADABLE), None)
    assert store.intake.quarantined_count() == 2


def test_that_the_newest_comes_first_and_the_list_is_bounded(store: Store):
    for number in range(5):
        file = replace(FILE, path=f"/plots/{number}", since=START + timedelta(seconds=number))
        store.intake.quarantine(file, FileStamp(file.path, number, 1))
    assert [file.path for file in store.intake.quarantined(limit=2)] == ["/plots/4", "/plots/3"]


def test_that_a_newer_broken_version_replaces_the_older(store: Store):
    store.intake.quarantine(FILE, STAMP)
    worse = replace(FILE, reason=QuarantineReason.EMPTY, size=0)
    store.intake.quarantine(worse, FileStamp(PATH, 18, 0))
    assert store.intake.quarantined() == [worse]


def test_that_a_good_version_of_the_file_ends_its_quarantine(store: Store):
    store.intake.quarantine(FILE, STAMP)
    commit(store, [new_plot(path=PATH)])
    assert store.intake.quarantined() == []
    assert store.intake.known([STAMP]) == {PATH}


def test_that_a_message_with_undecodable_bytes_is_kept_printable(store: Store):
    store.intake.quarantine(replace(FILE, path="/plots/\udcff.png", message="no \udcff"), STAMP)
    [listed] = store.intake.quarantined()
    assert (listed.path, listed.message) == ("/plots/\\udcff.png", "no \\udcff")


def test_that_a_plot_given_up_leaves_the_queue_and_is_shown_with_its_file(store: Store):
    plot = commit_one(store, path="/plots/crasher.png")
    assert store.work.fail(plot.plot_id, OWNER, "segmentation fault") == 1
    assert store.work.claim(OWNER, 1, LEASE_S) == [plot]
    assert store.work.fail(plot.plot_id, OWNER, "segmentation fault") == 2
    for _ in range(2):
        store.work.give_up(plot.plot_id, "segmentation fault")
    [listed] = store.intake.quarantined()
    assert (listed.path, listed.reason) == ("/plots/crasher.png", QuarantineReason.CRASHED_INFERENCE)
    assert listed.plot_type == "CDC_occupancy"
    assert store.live.plot(plot.plot_id).state is PlotState.QUARANTINED
    assert store.work.pending_count() == 0
    assert (store.counts().given_up, store.counts().pending) == (1, 0)
    assert store.work.fail(plot.plot_id, OWNER, "late") == 0
