"""Every text token is readable on every ground it may stand on."""

from itertools import product

import pytest

from backend.domain.classifications import DEFAULT_CLASSIFICATIONS, Severity
from ui.theme.contrast import MARK_CONTRAST, TEXT_CONTRAST, contrast, luminance, mark_colour, text_colour
from ui.theme.tokens import DARK, LIGHT, Theme

THEMES = (LIGHT, DARK)
HUES = sorted({c.colour for c in DEFAULT_CLASSIFICATIONS} | {"#F0E442", "#000000", "#FFFFFF", "#808080"})


@pytest.fixture(params=THEMES, ids=lambda theme: theme.name)
def theme(request) -> Theme:
    return request.param


def test_that_contrast_agrees_with_the_known_ends_of_the_scale():
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21.0)
    assert contrast("#777777", "#777777") == 1.0
    assert luminance("#FFFFFF") == pytest.approx(1.0)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)


def test_that_text_and_muted_text_read_on_every_ground(theme):
    grounds = (theme.ground, theme.surface, theme.hover, theme.selection, theme.sunken)
    for words, ground in product((theme.text, theme.muted, theme.accent), grounds):
        assert contrast(words, ground) >= TEXT_CONTRAST, (words, ground)


def test_that_text_of_every_severity_reads_on_every_ground_it_may_have(theme):
    for severity in Severity:
        colours = theme.severity(severity)
        for ground in (theme.ground, theme.surface, colours.title_ground):
            assert contrast(colours.text, ground) >= TEXT_CONTRAST, (severity, ground)
        assert contrast(theme.text, colours.title_ground) >= TEXT_CONTRAST
        assert contrast(theme.muted, colours.title_ground) >= TEXT_CONTRAST, (severity, "age in the title bar")


def test_that_words_on_filled_buttons_and_banners_read(theme):
    assert contrast(theme.on_accent, theme.accent) >= TEXT_CONTRAST
    assert contrast(theme.on_accent, theme.accent_hover) >= TEXT_CONTRAST
    assert contrast(theme.on_blind, theme.blind_ground) >= TEXT_CONTRAST


def test_that_lines_that_carry_meaning_stand_out(theme):
    for line in (theme.alarm.line, theme.warning.line, theme.information.line, theme.normal.line, theme.field_line):
        assert contrast(line, theme.surface) >= MARK_CONTRAST, line
    assert contrast(theme.accent, theme.surface) >= MARK_CONTRAST


@pytest.mark.parametrize("hue", HUES)
def test_that_any_hue_becomes_readable_text_and_keeps_what_is_readable(theme, hue):
    for ground in (theme.surface, theme.ground, theme.alarm.title_ground):
        words = text_colour(hue, ground)
        assert contrast(words, ground) >= TEXT_CONTRAST
        if contrast(hue, ground) >= TEXT_CONTRAST:
            assert words == hue.lower()
        assert contrast(mark_colour(hue, ground), ground) >= MARK_CONTRAST


def test_that_a_darkened_hue_is_still_that_hue():
    assert text_colour("#009E73", LIGHT.surface)[1:3] == "00"
    assert text_colour("#E69F00", LIGHT.surface).endswith("00")
