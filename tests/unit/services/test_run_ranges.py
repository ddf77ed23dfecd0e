import pytest

from backend.services.run_ranges import RunRangeError, choose_runs, run_spans


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("", {1, 2, 3, 10, 11}),
        ("all", {1, 2, 3, 10, 11}),
        ("even", {2, 10}),
        ("Odd", {1, 3, 11}),
        ("3", {3}),
        ("2-10", {2, 3, 10}),
        ("1, 10-11", {1, 10, 11}),
        ("9-5", set()),
    ],
)
def test_that_runs_are_chosen(text: str, chosen: set[int]) -> None:
    assert {run for run in (1, 2, 3, 10, 11) if choose_runs(text)(run)} == chosen


@pytest.mark.parametrize("text", ["few", "-", "1;2", "1,,2", "a-b"])
def test_that_other_words_say_what_is_accepted(text: str) -> None:
    with pytest.raises(RunRangeError, match="even, odd, all"):
        choose_runs(text)


def test_that_spans_are_read_as_they_are_written():
    assert run_spans(" 12, 20-30 ") == ((12, 12), (20, 30))
    assert run_spans("  ") == ()


@pytest.mark.parametrize("text", ["even", "30-20", "12,", "a-b"])
def test_that_what_is_no_span_is_refused_with_an_example(text: str):
    with pytest.raises(RunRangeError, match="297100-297200"):
        run_spans(text)
