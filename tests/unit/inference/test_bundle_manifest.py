"""The manifest accepts what is right and says plainly what is wrong."""

import json

import pytest

from backend.domain.errors import BundleError
from backend.inference.manifest import check_file_name, manifest_json, parse_manifest
from tests.fakes.bundles import facts

HASH = "a" * 64


def stated(**changes):
    """A sound manifest as JSON values, with changes."""
    sound = {
        "format": 1,
        "files": {"model.xml": HASH, "model.bin": HASH},
        **facts().model_dump(mode="json"),
    }
    return sound | changes


def test_that_a_manifest_survives_writing_and_reading():
    manifest = parse_manifest(json.dumps(stated()))
    assert parse_manifest(manifest_json(manifest)) == manifest
    assert manifest.labels == ("Good", "Bad")
    assert manifest.input.shape == (64, 64, 3)


def test_that_thresholds_come_in_the_order_of_the_labels():
    manifest = parse_manifest(json.dumps(stated(thresholds={"Bad": 0.9, "Good": 0.2})))
    assert manifest.ordered_thresholds == (0.2, 0.9)


def test_that_provenance_may_say_more():
    provenance = stated()["provenance"] | {"recipe": "fast"}
    manifest = parse_manifest(json.dumps(stated(provenance=provenance)))
    assert json.loads(manifest_json(manifest))["provenance"]["recipe"] == "fast"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "format 2, this version reads format 1"),
        ({"labels": ["Good"], "thresholds": {"Good": 0.5}}, "labels"),
        ({"labels": ["Good", "Good"], "thresholds": {"Good": 0.5}}, "'Good' named more than once"),
        ({"labels": ["Good", " "]}, "labels.1"),
        ({"thresholds": {"Good": 0.5}}, "'Bad' without a threshold"),
        ({"thresholds": {"Good": 0.5, "Bad": 0.5, "LED": 0.5}}, "'LED' not among the labels"),
        ({"thresholds": {"Good": 0.5, "Bad": 1.01}}, "thresholds.Bad"),
        ({"thresholds": {"Good": -0.1, "Bad": 1}}, "thresholds.Good"),
        ({"temperature": 0}, "temperature"),
        ({"temperature": float("nan")}, "temperature"),
        ({"temperature": float("inf")}, "temperature"),
        ({"input": {"height": 64, "width": 64, "channels": 2}}, "input.channels"),
        ({"input": {"height": 0, "width": 64, "channels": 3}}, "input.height"),
        ({"input": {"height": 64, "width": 1e9, "channels": 3}}, "input.width"),
        ({"input": {"height": 64, "width": True, "channels": 3}}, "input.width"),
        ({"preprocessing": {"scale": 0, "offset": 0}}, "preprocessing.scale"),
        ({"preprocessing": {"scale": 1, "offset": float("-inf")}}, "preprocessing.offset"),
        ({"outputs": {"logits": "a", "cam": "a", "embedding": "b"}}, "three different tensors"),
        ({"files": {"model.xml": HASH}}, "'model.bin' missing"),
        ({"files": {"model.xml": HASH, "model.bin": "A" * 64}}, "files.model.bin"),
        ({"files": {"model.xml": HASH, "model.bin": HASH, "../x": HASH}}, "not a plain relative file name"),
        ({"files": {"model.xml": HASH, "model.bin": HASH, "Model.xml": HASH}}, "differ only in case"),
        ({"files": {"model.xml": HASH, "model.bin": HASH, "manifest.json": HASH}}, "cannot list itself"),
        ({"surprise": 1}, "surprise"),
        ({"plot_type": ""}, "plot_type"),
        ({"plot_type": "CDC\x1b[2J"}, "plot_type"),
        ({"plot_type": "CDC\u202edaB"}, "plot_type"),
        ({"architecture": {"name": "a\nb"}}, "architecture.name"),
        ({"provenance": {"author": "a", "data_sha256": HASH, "seed": 1}}, "provenance.created is missing"),
        (
            {"provenance": {"created": "2026-11-01T12:00:00", "author": "a", "data_sha256": HASH, "seed": 1}},
            "provenance.created",
        ),
    ],
)
def test_that_what_is_wrong_is_named_with_advice(changes, said):
    with pytest.raises(BundleError) as caught:
        parse_manifest(json.dumps(stated(**changes)))
    assert said in str(caught.value)
    assert "The model is not used" in str(caught.value)


@pytest.mark.parametrize("text", ["", "no json", "[]", "{}", '"x"', b"\xff\xfe", "[" * 100_000, "{" + " " * (1 << 20)])
def test_that_anything_else_is_refused(text):
    with pytest.raises(BundleError):
        parse_manifest(text)


@pytest.mark.parametrize("name", ["model.xml", "evaluation.json", "data/val.json", "a b-c+d_e.txt", "_x"])
def test_that_plain_names_are_accepted(name):
    assert check_file_name(name) == name


@pytest.mark.parametrize(
    "name",
    ["", ".", "..", "/etc/passwd", "../x", "a/../b", "a//b", "a/", "a\\b", "C:x", "~x", ".hidden", "a.", "a ", "a\n",
     "a\0b", "ä.txt", "x" * 201, "manifest.json", "sub/manifest.json", "./a"],
)  # fmt: skip
def test_that_names_leading_elsewhere_are_refused(name):
    with pytest.raises(ValueError, match=r"plain relative|cannot list"):
        check_file_name(name)
