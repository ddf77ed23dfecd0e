"""Hydra's file naming: the table of its odd cases."""

import unicodedata
from pathlib import PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.domain.errors import PlotRejectedError
from backend.domain.plots import PlotIdentity
from backend.domain.quarantine import QuarantineReason
from backend.feed.naming import MAX_NAME, MAX_NUMBER, identify, printable, with_pad

NAMES = [
    ("CDC_occupancy.png", "CDC_occupancy", None),
    ("CDC_occupancy_0001.png", "CDC_occupancy", 1),
    ("CDC_occupancy-03_0001.png", "CDC_occupancy", 1),
    ("CDC_occupancy-03.png", "CDC_occupancy", None),
    ("CDC_occupancy_0000.png", "CDC_occupancy", 0),
    ("Kinematics-PSEnergy.png", "Kinematics-PSEnergy", None),
    ("Kinematics-PSEnergy-2_0007.png", "Kinematics-PSEnergy", 7),
    ("Name_12-3.png", "Name_12", None),
    ("Name-1-2.png", "Name-1", None),
    ("Name_1_2.png", "Name_1", 2),
    ("Name-1_2-3_4.png", "Name-1_2", 4),
    ("Name_0001-03_0002.png", "Name_0001", 2),
    ("Name-03a.png", "Name-03a", None),
    ("Name_12a.png", "Name_12a", None),
    ("Name12.png", "Name12", None),
    ("Name-_1.png", "Name-", 1),
    ("Name_.png", "Name_", None),
    ("Name-.png", "Name-", None),
    ("Name__5.png", "Name_", 5),
    ("adc.v2.sum_0003.png", "adc.v2.sum", 3),
    ("adc.5_1.png", "adc.5", 1),
    ("FCAL occupancy_0002.PNG", "FCAL occupancy", 2),
    ("FCAL _0002.png", "FCAL", 2),
    ("hit-map_7.JPeG", "hit-map", 7),
    ("run_summary_3.gif", "run_summary", 3),
    ("Ωμέγα_0004.png", "Ωμέγα", 4),
    ("拡大図-01_0002.webp", "拡大図", 2),
    ("plot😀x_1.png", "plot😀x", 1),
    ("Name_٣.png", "Name_٣", None),
    ("7x_0001.png", "7x", 1),
    ("Name_2147483647.png", "Name", MAX_NUMBER),
    ("Name_00000000000000000001.png", "Name", 1),
    ("Name-99999999999999999999_1.png", "Name", 1),
    ("Run012345.png", "Run012345", None),
    (unicodedata.normalize("NFD", "Zähler_1.png"), unicodedata.normalize("NFC", "Zähler"), 1),
    ("N" * MAX_NAME + "_1.png", "N" * MAX_NAME, 1),
]

REFUSED = [
    "0001.png",
    "_0001.png",
    "-03.png",
    "12_0001.png",
    "12-3_0001.png",
    ".png",
    "README",
    "Name.",
    "Name_2147483648.png",
    "Name_20240101123456.png",
    "two\nlines_1.png",
    "tab\there.png",
    "zero\u200bwidth.png",
    "not\udcffutf8_1.png",
    "N" * (MAX_NAME + 1) + ".png",
    "",
]

FOLDERS = [
    ("RunPeriod-2019-11/Run071350/P.png", 71350, "RunPeriod-2019-11"),
    ("RunPeriod-2017/Run297031/P_0000.png", 297031, "RunPeriod-2017"),
    ("Run012345/P.png", 12345, ""),
    ("Run-12345/P.png", 12345, ""),
    ("Run_12345/P.png", 12345, ""),
    ("Run 12345/P.png", 12345, ""),
    ("HallD_Run012345_online/P.png", 12345, ""),
    ("012345/P.png", 12345, ""),
    ("Run2/297031/P.png", 297031, ""),
    ("Run000001/Run000002/P.png", 2, ""),
    ("000001/Run000002/P.png", 2, ""),
    ("Run000002/detector/P.png", 2, ""),
    ("RunPeriod-2019-11_Run071350/P.png", 71350, "RunPeriod-2019-11"),
    ("RunPeriod-2018/RunPeriod-2019/Run7/P.png", 7, "RunPeriod-2019"),
    ("RunPeriod2019/P.png", 0, "RunPeriod2019"),
    ("Run071350_RunPeriod-2019/P.png", 71350, "RunPeriod-2019"),
    ("RunControl/P.png", 0, ""),
    ("Run012345/RunControl/P.png", 12345, ""),
    ("run012345/P.png", 0, ""),
    ("Run99999999999/Run5/x/P.png", 5, ""),
    ("Run5/20240101123456/P.png", 5, ""),
    ("Run0/P.png", 0, ""),
    ("Run5/Run0/P.png", 0, ""),
    ("Run١٢/P.png", 0, ""),
    ("P.png", 0, ""),
    ("a/b/P.png", 0, ""),
]


@pytest.mark.parametrize(("file_name", "name", "chunk"), NAMES)
def test_that_a_file_name_tells_plot_type_and_chunk(file_name, name, chunk):
    assert identify(PurePosixPath(file_name)) == PlotIdentity(name, 0, chunk, "")


@pytest.mark.parametrize("file_name", REFUSED)
def test_that_a_file_name_without_a_plot_is_refused_with_a_readable_reason(file_name):
    with pytest.raises(PlotRejectedError) as caught:
        identify(PurePosixPath(file_name))
    assert caught.value.reason is QuarantineReason.BAD_NAME
    assert str(caught.value).isprintable()


@pytest.mark.parametrize(("path", "run", "period"), FOLDERS)
def test_that_folders_tell_run_and_run_period(path, run, period):
    identity = identify(PurePosixPath(path))
    assert (identity.run, identity.run_period) == (run, period)


@pytest.mark.parametrize(
    ("path", "above", "run", "period"),
    [
        ("P.png", "/data/RunPeriod-2017/Run000007", 7, "RunPeriod-2017"),
        ("Run8/P.png", "/data/RunPeriod-2017/Run000007", 8, "RunPeriod-2017"),
        ("P.png", "/data/2024/in", 0, ""),
        ("RunPeriod-B/P.png", "/data/RunPeriod-A", 0, "RunPeriod-B"),
        ("Run0/P.png", "/data/Run7", 0, ""),
    ],
)
def test_that_the_watched_folder_tells_only_what_it_names(path, above, run, period):
    identity = identify(PurePosixPath(path), PurePosixPath(above))
    assert (identity.run, identity.run_period) == (run, period)


@given(st.text(max_size=300))
def test_that_any_name_is_identified_or_refused(text):
    try:
        identity = identify(PurePosixPath(text.replace("/", "") or "x"))
    except PlotRejectedError:
        return
    assert identity.plot_type.isprintable()
    assert 0 < len(identity.plot_type) <= MAX_NAME
    assert identity.chunk is None or 0 <= identity.chunk <= MAX_NUMBER


@given(st.lists(st.text(st.characters(exclude_characters="/"), max_size=30) | st.sampled_from(["Run", "RunPeriod-1"])))
def test_that_any_folders_tell_a_run_that_can_be_stored(parts):
    identity = identify(PurePosixPath(*parts, "P.png"), PurePosixPath("/", *parts))
    assert 0 <= identity.run <= MAX_NUMBER
    assert identity.run_period.isprintable()


@given(
    st.from_regex(r"[A-Za-z][A-Za-z0-9_-]{0,20}[A-Za-z]", fullmatch=True),
    st.none() | st.integers(0, 10**6),
    st.none() | st.integers(0, 9999),
)
def test_that_what_is_named_by_the_grammar_is_read_back(name, pad, chunk):
    pad_part = "" if pad is None else f"-{pad:02d}"
    chunk_part = "" if chunk is None else f"_{chunk:04d}"
    assert identify(PurePosixPath(f"{name}{pad_part}{chunk_part}.png")) == PlotIdentity(name, 0, chunk, "")


@pytest.mark.parametrize("file_name", ["CDC_occupancy.png", "CDC-1_0003.png", "a.b_7.jpg", "Kinematics-PSEnergy.png"])
def test_that_another_pad_is_another_file_of_the_same_plot(file_name):
    padded = with_pad(file_name, 2)
    assert padded != file_name
    assert identify(PurePosixPath(padded)) == identify(PurePosixPath(file_name))


@given(st.text(st.characters(exclude_categories=()), max_size=80))
def test_that_every_path_can_be_shown_and_encoded(text):
    shown = printable(text)
    assert shown.isprintable()
    shown.encode("utf-8")
