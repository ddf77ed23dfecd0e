"""Named recipes."""

import pytest

from backend.domain.errors import TrainingError
from backend.training.recipes import DEFAULT_INPUT, DEFAULT_RECIPE, RECIPES, recipe


def test_that_every_recipe_is_found_by_its_name():
    assert [recipe(known.name) for known in RECIPES] == list(RECIPES)
    assert recipe(DEFAULT_RECIPE).architecture == "compact_cbam"


def test_that_an_unknown_recipe_is_refused_naming_those_there_are():
    with pytest.raises(TrainingError, match="compact"):
        recipe("imagined")


def test_that_the_feature_map_of_the_default_input_is_sharp():
    assert min(DEFAULT_INPUT.height, DEFAULT_INPUT.width) // 8 >= 14
