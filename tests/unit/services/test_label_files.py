import io
from pathlib import Path

import pytest

from backend.domain.plots import PlotIdentity
from backend.services.label_files import LabelFileError, LabelRow, RejectedRow, read_rows, write_rows


def rows_of(tmp_path: Path, text: str) -> list[LabelRow | RejectedRow]:
    file = tmp_path / "labels.csv"
    file.write_bytes(text.encode())
    return list(read_rows(file))


def test_that_a_row_is_read_with_its_line(tmp_path: Path) -> None:
    (row,) = rows_of(tmp_path, "path,plot_type,run,chunk,label\na/b.png,CDC_occupancy,297031,4,Good\n")
    assert row == LabelRow(2, "a/b.png", PlotIdentity("CDC_occupancy", 297031, 4), "Good")


def test_that_chunk_may_be_empty_or_absent(tmp_path: Path) -> None:
    (empty,) = rows_of(tmp_path, "path,plot_type,run,chunk,label\na.png,A,1,,Good\n")
    (absent,) = rows_of(tmp_path, "label,run,plot_type,path\nGood,1,A,a.png\n")
    assert empty.identity == absent.identity == PlotIdentity("A", 1, None)


def test_that_spreadsheet_files_are_read(tmp_path: Path) -> None:
    text = '\ufeffpath,plot_type,run,chunk,label,remark\r\n"a, b.png", A ,0012,, Good ,"x\r\ny"\r\n'
    (row,) = rows_of(tmp_path, text)
    assert row.path == "a, b.png"
    assert row.identity == PlotIdentity("A", 12)
    assert row.label == "Good"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",A,1,,Good", "no path"),
        ("a.png,,1,,Good", "no plot_type"),
        ("a.png,A,1,,", "no label"),
        ("a.png,A,,,Good", "run is ''"),
        ("a.png,A,-1,,Good", "run is '-1'"),
        ("a.png,A,1.0,,Good", "run is '1.0'"),
        ("a.png,A,٣,,Good", "run is '٣'"),
        ("a.png,A,99999999999,,Good", "run is '99999999999'"),
        ("a.png,A,1,x,Good", "chunk is 'x'"),
        ("a.png," + "A" * 200 + ",1,,Good", "more than 128"),
        ("a.png,A", "no label"),
    ],
)
def test_that_a_bad_row_says_why_and_the_others_go_on(tmp_path: Path, line: str, reason: str) -> None:
    bad, good = rows_of(tmp_path, f"path,plot_type,run,chunk,label\n{line}\nb.png,B,2,,Bad\n")
    assert isinstance(bad, RejectedRow)
    assert bad.line == 2
    assert reason in bad.reason
    assert isinstance(good, LabelRow)
    assert good.line == 3


def test_that_missing_columns_are_named(tmp_path: Path) -> None:
    with pytest.raises(LabelFileError, match=r"lacks the columns label, plot_type.*path,plot_type,run,chunk,label"):
        rows_of(tmp_path, "path,run\na.png,1\n")


def test_that_an_empty_file_is_no_label_file(tmp_path: Path) -> None:
    with pytest.raises(LabelFileError, match="lacks the columns"):
        rows_of(tmp_path, "")


def test_that_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(LabelFileError, match=r"none\.csv cannot be read: No such file"):
        list(read_rows(tmp_path / "none.csv"))


def test_that_another_encoding_is_told(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_bytes("path,plot_type,run,label\na.png,Größe,1,Good\n".encode("latin-1"))
    with pytest.raises(LabelFileError, match="UTF-8"):
        list(read_rows(file))


def test_that_what_is_written_can_be_read(tmp_path: Path) -> None:
    rows = [("x, y.png", PlotIdentity("A", 7, 0), "Good"), ("b.png", PlotIdentity('B"q', 8), "Hot")]
    text = io.StringIO()
    assert write_rows(text, rows) == 2
    read = rows_of(tmp_path, text.getvalue())
    assert [(row.path, row.identity, row.label) for row in read if isinstance(row, LabelRow)] == rows
