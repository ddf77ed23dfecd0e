"""Geometry of the grid, checked against looking at every tile."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint

from ui.grid.layout import GAP, MARGIN, TILE_WIDTHS, GridLayout, body_rect
from ui.grid.roles import Section

sections = st.lists(
    st.builds(Section, st.sampled_from(["", "Tracking", "Timing / TOF"]), st.integers(1, 30)), max_size=6
)
widths = st.integers(100, 2500)


@given(sections, widths, st.sampled_from(TILE_WIDTHS), st.integers(0, 2))
def test_that_tiles_neither_overlap_nor_leave_the_width(parts, width, tile_width, columns):
    grid = GridLayout(parts, width, tile_width, columns)
    rects = [grid.rect(row) for row in range(grid.rows)]
    assert grid.rows == sum(part.count for part in parts)
    assert all(rect.size() == grid.tile for rect in rects)
    assert all(rect.left() >= MARGIN and rect.bottom() < grid.height for rect in rects)
    if width >= tile_width + 2 * MARGIN and not columns:
        assert all(rect.right() <= width - MARGIN for rect in rects)
    if len(rects) < 60:
        assert not any(a.intersects(b) for n, a in enumerate(rects) for b in rects[:n])


@given(sections, widths, st.integers(-50, 3000), st.integers(-50, 6000))
@settings(max_examples=300)
def test_that_hit_testing_finds_the_tile_that_contains_the_point(parts, width, x, y):
    grid = GridLayout(parts, width, TILE_WIDTHS[1])
    containing = [row for row in range(grid.rows) if grid.rect(row).contains(QPoint(x, y))]
    assert grid.row_at(QPoint(x, y)) == (containing[0] if containing else -1)


@given(sections, widths, st.integers(0, 4000), st.integers(0, 2000))
@settings(max_examples=300)
def test_that_every_tile_meeting_a_stripe_is_among_its_rows(parts, width, top, height):
    grid = GridLayout(parts, width, TILE_WIDTHS[1])
    found = list(grid.rows_between(top, top + height))
    meeting = [r for r in range(grid.rows) if grid.rect(r).top() <= top + height and grid.rect(r).bottom() >= top]
    assert set(meeting) <= set(found)
    assert len(found) == len(set(found))
    assert len(found) <= len(meeting) + 2 * grid.columns * (len(parts) + 1)


@given(sections, widths, st.integers(0, 4000), st.integers(0, 2000))
def test_that_every_heading_meeting_a_stripe_is_told(parts, width, top, height):
    grid = GridLayout(parts, width, TILE_WIDTHS[1])
    all_headings = list(grid.headings_between(-1, grid.height + 10_000))
    assert [section for section, _ in all_headings] == [part for part in parts if part.title]
    meeting = [s for s, rect in all_headings if rect.top() <= top + height and rect.bottom() >= top]
    assert [s for s, _ in grid.headings_between(top, top + height)] == meeting


@given(sections.filter(bool), widths, st.data())
def test_that_moving_down_and_up_keeps_the_column_and_visits_every_line(parts, width, data):
    grid = GridLayout(parts, width, TILE_WIDTHS[1])
    row = data.draw(st.integers(0, grid.rows - 1))
    column = grid.column(row)
    below = grid.moved(row, 1, column)
    if below != row:
        assert grid.rect(below).top() > grid.rect(row).top()
        assert grid.moved(below, -1, column) == row
    assert grid.rect(grid.moved(row, 10_000, column)).top() == grid.rect(grid.rows - 1).top()
    assert grid.rect(grid.moved(row, -10_000, column)).top() == grid.rect(0).top()


def test_that_the_grid_of_the_mock_has_four_columns_of_about_206_by_220():
    grid = GridLayout([Section("Tracking", 5)], 885, TILE_WIDTHS[1])
    assert grid.columns == 4
    assert grid.tile.width() == pytest.approx(206, abs=6)
    assert grid.tile.height() == pytest.approx(220, abs=6)
    assert grid.rect(1).left() - grid.rect(0).right() - 1 == GAP
    assert body_rect(grid.rect(0)).height() == pytest.approx(148, abs=4)


def test_that_ten_thousand_tiles_are_laid_out_and_asked_as_fast_as_a_hundred():
    small, large = (GridLayout([Section(f"g{n}", count) for n in range(20)], 1900, 196) for count in (5, 500))

    def best(work) -> float:
        times = []
        for _ in range(7):
            begun = time.thread_time()
            for _ in range(200):
                work()
            times.append(time.thread_time() - begun)
        return min(times)

    asked_small = best(lambda: (small.row_at(QPoint(500, 700)), list(small.rows_between(700, 1700))))
    asked_large = best(lambda: (large.row_at(QPoint(500, 90_000)), list(large.rows_between(90_000, 91_000))))
    assert large.rows == 10_000
    assert asked_large < 3 * asked_small
