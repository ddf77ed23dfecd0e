from dataclasses import replace

from backend.domain.classifications import Classification, Severity, Symbol
from backend.domain.hall import PlotTypeInfo
from backend.store import Store
from tests.samples import new_plot


def test_that_a_plot_type_is_registered_with_its_nested_groups(store: Store):
    info = store.plot_types.ensure("CDC_occupancy", ("Hall D", "CDC"), "straws", "A. Expert", "Look at the rings.")
    assert info == PlotTypeInfo("CDC_occupancy", ("Hall D", "CDC"), "straws", "A. Expert", "Look at the rings.")
    assert store.plot_types.all() == [info]


def test_that_ensuring_again_amends_only_what_is_given(store: Store):
    first = store.plot_types.ensure("CDC_occupancy", ("Hall D", "CDC"), "straws", "A. Expert")
    assert store.plot_types.ensure("CDC_occupancy") == first
    assert store.plot_types.ensure("CDC_occupancy", contact="B. Expert") == replace(first, contact="B. Expert")
    moved = store.plot_types.ensure("CDC_occupancy", ("Trackers",))
    assert moved.group == ("Trackers",)
    assert store.plot_types.ensure("CDC_occupancy", ()).group == ()


def test_that_groups_of_one_name_in_different_groups_are_different(store: Store):
    store.plot_types.ensure("A", ("Hall B", "Timing"))
    store.plot_types.ensure("B", ("Hall D", "Timing"))
    store.plot_types.ensure("C", ("timing",))
    assert [info.group for info in store.plot_types.all()] == [("Hall B", "Timing"), ("Hall D", "Timing"), ("timing",)]


def test_that_an_arriving_plot_registers_its_plot_type_without_a_group(store: Store):
    store.intake.commit([new_plot()], "a/1", 9)
    assert store.plot_types.all() == [PlotTypeInfo("CDC_occupancy")]


def test_that_names_differ_by_case_and_accent(store: Store):
    names = ["CDC", "cdc", "Énergie", "Energie"]
    for name in names:
        store.plot_types.ensure(name)
    assert [info.name for info in store.plot_types.all()] == sorted(names)
    assert len(store.classifications.ensure(["Good", "good", "GOOD"])) == 3


def test_that_known_classifications_get_their_usual_look_and_others_a_harmless_one(store: Store):
    bad, new, again = store.classifications.ensure(["Bad", "Amorphous", "Bad"])
    assert (bad.severity, bad.symbol) == (Severity.ALARM, Symbol.TRIANGLE)
    assert new.severity is Severity.INFORMATION
    assert again == bad
    assert store.classifications.all() == [bad, new]


def test_that_a_classification_can_be_redefined(store: Store):
    mine = Classification("Bad", Severity.WARNING, "#123456", Symbol.BOLT, "watch it")
    store.classifications.ensure(["Bad"], "CDC_occupancy")
    store.classifications.define(mine)
    assert store.classifications.all("CDC_occupancy") == [mine]


def test_that_the_configuration_history_grows_only_by_changes(store: Store):
    assert store.configuration.append("a", "batch = 16")
    assert not store.configuration.append("b", "batch = 16")
    assert store.configuration.append("b", "batch = 32 # Ω")
    assert [(entry.who, entry.before, entry.after) for entry in store.configuration.history()] == [
        ("a", "", "batch = 16"),
        ("b", "batch = 16", "batch = 32 # Ω"),
    ]
