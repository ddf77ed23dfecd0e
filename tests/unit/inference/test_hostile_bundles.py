"""Bundles made to do harm: every way in that is known is refused with the reason, before anything is loaded."""

import hashlib
import io
import json
import pickle
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from backend.domain.errors import BundleError
from backend.inference.bundles import open_bundle, seal, unpack
from backend.inference.canonical_zip import write_zip
from tests.fakes.bundles import facts, network, save_network
from tests.fakes.keras_files import described, keras_file, layer, members

XML = b"<?xml version='1.0'?><net name='x' version='11'><layers>%s</layers></net>"
LAYER = b"<layer id='0' name='a' type='%s' version='%s'>%s</layer>"


def packed(**files: bytes) -> bytes:
    """A bundle in canonical form with right hashes, whatever is in its files; `__` stands for the point."""
    contents = {"model.xml": XML % b"", "model.bin": bytes(64)} | {n.replace("__", "."): d for n, d in files.items()}
    stated = facts().model_dump(mode="json")
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in contents.items()}
    manifest = json.dumps({"format": 1, **stated, "files": hashes}).encode()
    return write_zip(contents | {"manifest.json": manifest})


def refused(tmp_path: Path, said: str, **files: bytes) -> None:
    with pytest.raises(BundleError, match=said) as caught:
        unpack(packed(**files), tmp_path / "in")
    assert "The model is not used" in str(caught.value)
    assert not (tmp_path / "in").exists()


def with_layer(part: dict) -> bytes:
    return keras_file(members(described(part)))


def test_that_a_sound_bundle_with_its_keras_file_is_taken(tmp_path: Path) -> None:
    save_network(tmp_path, network(facts()))
    network_files = {"model__xml": (tmp_path / "model.xml").read_bytes(), "model__bin": b"\x80\x04K\x01."}
    bundle = unpack(packed(**network_files, model__keras=keras_file(), notes__md="α".encode()), tmp_path / "in")
    assert open_bundle(bundle.path) == bundle


def test_that_a_bundle_that_others_would_refuse_cannot_be_sealed(tmp_path: Path) -> None:
    save_network(tmp_path, network(facts()))
    (tmp_path / "model.h5").write_bytes(b"x")
    with pytest.raises(BundleError, match=r"model\.h5, which is refused"):
        seal(tmp_path, facts())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("model.h5", "only .keras is taken"),
        ("MODEL.HDF5", "only .keras is taken"),
        ("saved_model.pb", "a SavedModel is a program"),
        ("variables/variables.index", "a SavedModel is a program"),
        ("labels.pkl", "can run the code"),
        ("scaler.joblib", "can run the code"),
        ("weights.npz", "can run the code"),
        ("network.pt", "can run the code"),
        ("layers.py", "it is a program"),
        ("kernel.so", "it is a program"),
        ("model.onnx", "holds only"),
        ("variables/variables.data-00000-of-00001", "holds only"),
        ("README", "holds only"),
    ],
)
def test_that_other_kinds_of_file_are_refused(name: str, said: str, tmp_path: Path) -> None:
    refused(tmp_path, said, **{name.replace(".", "__"): b"x"})


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("model.bin", b"\x89HDF\r\n\x1a\n", "HDF5 file under another name"),
        ("evaluation.json", pickle.dumps({"a": 1}), "should be text"),
        ("notes.txt", b"\xff\xfe", "should be text"),
        ("look.png", b"GIF89a", "should be a PNG"),
        ("model.keras", b"\x89HDF\r\n\x1a\n", "model.keras is refused"),
        ("model.keras", pickle.dumps([1]), "model.keras is refused"),
        ("model.keras", b"", "model.keras is refused"),
    ],
)
def test_that_a_file_must_be_what_its_name_says(name: str, data: bytes, said: str, tmp_path: Path) -> None:
    refused(tmp_path, said, **{name.replace(".", "__"): data})


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (layer("Lambda", name="evil", function="x"), "Lambda holds Python code"),
        (layer("Dense", activation={"class_name": "__lambda__", "config": {"value": "4w=="}}), "__lambda__ holds"),
        (layer("Lambda", "keras.src.layers.core.lambda_layer"), "Lambda holds Python code"),
        (layer("TFSMLayer", filepath="/etc"), "loads a program"),
        (layer("TorchModuleWrapper", module="eA=="), "loads a program"),
        (layer("JaxLayer"), "Python code"),
        (layer("StringLookup", vocabulary="/etc/passwd"), "any file of this machine"),
        (layer("TextVectorization"), "any file of this machine"),
        (layer("system", "os"), r"os\.system"),
        (layer("Popen", "subprocess", args="id"), r"subprocess\.Popen"),
        (layer("Evil", "evil_package.layers", "evil_package>Evil"), "none of this program"),
        (layer("Evil", None, "evil_package>Evil"), "none of this program"),
        (layer("Evil", "evil", "hydra_gui>Evil"), "none of this program"),
        (layer("Dense", "keras.layers", "hydra_gui>Evil"), "none of this program"),
        (layer("Dense", "keras.layers", "builtins"), "none of Keras"),
        (layer("Dense", "kerasx.layers"), "none of Keras"),
        (layer("Dense", "keras.layers.."), "none of Keras"),
        (layer("Dense", None), "none of Keras"),
        (layer("get_file", "keras.utils"), r"keras\.utils\.get_file"),
        (layer("Model", "keras.saving"), r"keras\.saving\.Model"),
        (layer("load_model", "keras.models"), r"keras\.models\.load_model"),
        (layer("Adam", "keras.optimizers"), r"keras\.optimizers\.Adam"),
        (layer("__typespec__", "tensorflow"), "__typespec__"),
        ({"class_name": 7, "config": {}}, "by no name"),
        ({"class_name": "function", "module": "builtins", "config": "exec"} | {"registered_name": "os.system"}, "exec"),
        ({"class_name": "function", "module": "keras.utils", "config": "get_file"}, "get_file"),
        ({"class_name": "function", "module": "builtins", "config": "deserialize"}, "deserialize"),
    ],
)  # fmt: skip
def test_that_a_keras_file_that_names_anything_else_is_refused(part: dict, said: str, tmp_path: Path) -> None:
    refused(tmp_path, f"model.keras is refused: .*{said}", model__keras=with_layer(part))


def test_that_code_is_found_wherever_it_hides(tmp_path: Path) -> None:
    evil = layer("Lambda")
    nested = layer("Dense", name="x", kernel_initializer={"a": [[{"b": evil}]]})
    compiled = described() | {"compile_config": {"loss": layer("system", "os")}}
    built = described() | {"build_config": {"shape": [evil]}}
    for description in (described(nested), compiled, built):
        refused(tmp_path, "model.keras is refused", model__keras=keras_file(members(description)))


def test_that_the_keras_file_must_fit_the_manifest(tmp_path: Path) -> None:
    for description, said in (
        (described(shape=(64, 32, 3)), r"takes images of \(64, 32, 3\), the manifest says \(64, 64, 3\)"),
        (described(labels=3), "tells 3 labels apart, the manifest names 2"),
    ):
        refused(tmp_path, said, model__keras=keras_file(members(description)))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({**members(), "../evil": b"x"}, "nothing else, this one '../evil'"),
        ({**members(), "/etc/evil": b"x"}, "nothing else"),
        ({**members(), "assets/vocabulary.txt": b"x"}, "nothing else"),
        ({**members(), "model.weights.npz": b"x"}, "nothing else"),
        ({"config.json": b"{}"}, "nothing else"),
        (members(metadata_json=b"{}"), "written by Keras None"),
        (members(metadata_json=b'{"keras_version": "2.15.0"}'), "written by Keras 2.15.0"),
        (members(metadata_json=b"[]"), "written by Keras None"),
        (members(config_json=b"[]"), "none of a network"),
        (members(config_json=b"{"), "is refused"),
        (members(config_json=b'{"config": {"module": "keras", "module": "os"}}'), "says a thing twice"),
        (members(config_json=b'{"a":' * 100_000), "is refused"),
        (members(config_json=b" " * (8 * 2**20 + 1)), "larger than"),
    ],
)
def test_that_a_keras_file_holds_three_files_of_bearable_size(files: dict, said: str, tmp_path: Path) -> None:
    refused(tmp_path, said, model__keras=keras_file(files))


def test_that_a_compressed_keras_file_is_refused_before_it_grows(tmp_path: Path) -> None:
    bomb = keras_file(members(model_weights_h5=bytes(50_000_000)), zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    tracemalloc.start()
    refused(tmp_path, "may grow without end", model__keras=bomb)
    assert tracemalloc.get_traced_memory()[1] < 5_000_000
    tracemalloc.stop()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_that_a_file_twice_in_a_keras_file_is_refused(tmp_path: Path) -> None:
    buffer = io.BytesIO(keras_file())
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr("config.json", json.dumps(described(layer("Lambda"))))
    refused(tmp_path, "nothing else", model__keras=buffer.getvalue())


_BOMB = b"<!DOCTYPE x [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
_PORT = b"<output><port id='0'>%s</port></output>"


@pytest.mark.parametrize(
    ("xml", "said"),
    [
        (b"<?xml version='1.0'?>" + _BOMB + b"<net name='&b;'/>", "document type"),
        (b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><net name='x'>&a;</net>", "document type"),
        (b"<!DOCTYPE net SYSTEM 'http://example.org/x.dtd'><net/>", "document type"),
        (b"<svg/>", "begins with <svg>"),
        (b"\x08\x07\x12\x04ONNX", "not a network in OpenVINO's format"),
        (b"", "not a network in OpenVINO's format"),
        (b"<net>" * 40 + b"</net>" * 40, "nested deeper"),
        (XML % (LAYER % (b"Evil", b"extension", b"")), "none of OpenVINO's own operation sets"),
        (XML % (LAYER % (b"Evil", b"", b"")), "none of OpenVINO's own operation sets"),
        (XML % (LAYER % (b"Loop", b"opset5", b"")), "run for ever"),
        (XML % (LAYER % (b"TensorIterator", b"opset1", b"")), "run for ever"),
        (XML % (LAYER % (b"ReadValue", b"opset6", b"")), "remembers earlier plots"),
        (XML % (LAYER % (b"Add", b"opset1", _PORT % (b"<dim>100000</dim>" * 3))), "more than"),
        (XML % (LAYER % (b"Add", b"opset1", _PORT % b"<dim>many</dim>")), "not a network"),
        (XML % b"<rt_info><attribute name='__weights_path' value='/etc/passwd'/></rt_info>", "from another file"),
        (b"<net><rt_info><WEIGHTS_PATH value='/etc/passwd'/></rt_info></net>", "from another file"),
    ],
)
def test_that_only_plain_networks_reach_openvino(xml: bytes, said: str, tmp_path: Path) -> None:
    refused(tmp_path, said, model__xml=xml)


def test_that_nothing_is_looked_into_before_the_hashes_are_right(tmp_path: Path) -> None:
    hashes = {"model.xml": "0" * 64, "model.bin": hashlib.sha256(bytes(64)).hexdigest()}
    manifest = json.dumps({"format": 1, **facts().model_dump(mode="json"), "files": hashes}).encode()
    with pytest.raises(BundleError, match=r"model\.xml is not the file that was sealed"):
        unpack(write_zip({"model.xml": b"<svg/>", "model.bin": bytes(64), "manifest.json": manifest}), tmp_path)


_SOUND_KERAS = keras_file()
_SOUND_XML = XML % (LAYER % (b"Add", b"opset1", _PORT % (b"<dim>1</dim>" * 3)))
_OUTSIDE = [HealthCheck.function_scoped_fixture]


@st.composite
def mutated(draw: st.DrawFn, sound: bytes) -> bytes:
    """A few bytes of something sound changed, taken out, put in or repeated."""
    data = bytearray(sound)
    for _ in range(draw(st.integers(1, 5))):
        start = draw(st.integers(0, len(data)))
        end = min(len(data), start + draw(st.integers(0, 16)))
        piece = (
            bytes(data[start:end]) * draw(st.integers(1, 3)) if draw(st.booleans()) else draw(st.binary(max_size=16))
        )
        data[start:end] = piece
    return bytes(data)


@settings(max_examples=250, deadline=5000, suppress_health_check=_OUTSIDE)
@given(
    name=st.sampled_from(["model.xml", "model.bin", "model.keras", "notes.txt", "evaluation.json", "x.png", "y.h5"]),
    data=mutated(_SOUND_KERAS) | mutated(_SOUND_XML) | st.binary(max_size=400),
)
def test_that_whatever_the_files_hold_the_answer_is_a_sentence_or_a_sound_bundle(
    name: str, data: bytes, tmp_path: Path
) -> None:
    answer_to(packed(**{name.replace(".", "__"): data}), tmp_path)


_KEYS = st.sampled_from(["class_name", "module", "config", "registered_name", "batch_shape", "units", "name", "layers"])
_WORDS = st.sampled_from(["Dense", "keras", "keras.layers", "function", "InputLayer", "logits"])
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner | _WORDS, max_size=5),
    max_leaves=12,
)


@settings(max_examples=100, deadline=5000, suppress_health_check=_OUTSIDE)
@given(description=_JSON)
def test_that_whatever_a_description_says_the_answer_is_a_sentence_or_a_sound_bundle(
    description: object, tmp_path: Path
) -> None:
    answer_to(packed(model__keras=keras_file(members({"config": {"layers": description}}))), tmp_path)


def answer_to(data: bytes, tmp_path: Path) -> None:
    """Bounded in time (by hypothesis) and memory, and nothing outside the folder meant for it."""
    said = ""
    tracemalloc.start()
    try:
        bundle = unpack(data, tmp_path / "in")
    except BundleError as error:
        said = str(error)
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 30 * len(data) + 2_000_000
    assert said.endswith(".") if said else open_bundle(bundle.path) == bundle
    assert {path.name for path in tmp_path.iterdir()} <= {"in"}
