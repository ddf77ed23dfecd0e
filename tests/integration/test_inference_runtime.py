"""Real networks through the real runtime: verdicts, heat maps, threads, precision, and what is refused."""

import io
import json
import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

from backend.domain.errors import BundleError
from backend.inference.bundles import seal
from backend.inference.heat_maps import heat_map
from backend.inference.manifest import OutputNames
from backend.inference.networks import choose_device
from backend.inference.openvino_quietly import openvino
from backend.inference.outputs import softmax
from backend.inference.preprocessing import prepare
from backend.inference.runtime import Runtime
from tests.fakes.bundles import COMPACT, facts, make_bundle, network, save_network, weights
from tests.fakes.machine import slowness

ROOT = Path(__file__).parents[2]


def images(count: int, shape=(64, 64, 3)) -> np.ndarray:
    """Patchy images of every brightness."""
    rng = np.random.default_rng(count)
    patches = rng.integers(0, 256, (count, shape[0] // 8, shape[1] // 8, shape[2]))
    level = np.linspace(0, 1, count).reshape(-1, 1, 1, 1)
    return np.kron(patches * level, np.ones((1, 8, 8, 1))).astype(np.uint8)


def same(first, second) -> bool:
    """Whether two predictions are the same to the bit, time apart."""
    return (
        first.probabilities == second.probabilities
        and np.array_equal(first.heat_map.values, second.heat_map.values)
        and np.array_equal(first.embedding, second.embedding)
    )


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    return tmp_path_factory.mktemp("inference")


@pytest.fixture(scope="module")
def runtime(place):
    return Runtime("CPU", 1, place / "cache", "f32")


@pytest.fixture(scope="module")
def model(runtime, place):
    return runtime.load(make_bundle(place / "model"))


def test_that_a_prediction_is_complete(model):
    (found,) = model.predict(images(2)[1:])
    assert sum(found.probabilities) == pytest.approx(1, abs=1e-12)
    assert all(isinstance(value, float) for value in found.probabilities)
    assert found.heat_map.values.shape == (16, 16)
    assert (found.embedding.dtype, found.embedding.shape) == (np.float16, (8,))
    assert found.precision == "f32"
    assert found.milliseconds > 0


@pytest.mark.parametrize("shape", [(64, 64, 3), (50, 70, 1)])
@pytest.mark.parametrize("labels", [("Good", "Bad"), ("Good", "Warning", "Bad", "NoData")])
def test_that_verdicts_follow_the_image_in_colour_and_grey(runtime, tmp_path, shape, labels):
    model = runtime.load(make_bundle(tmp_path, labels=labels, input=shape))
    for number, label in enumerate(labels):
        brightness = round(255 * (1 - (number + 0.5) / len(labels)))
        picture = np.full((120, 160, 3), brightness, np.uint8)
        (found,) = model.predict(prepare(picture, model.spec)[np.newaxis])
        assert model.labels[int(np.argmax(found.probabilities))] == label
        assert max(found.probabilities) > 0.95


def test_that_the_outputs_equal_a_reference_in_numpy(model):
    pixels = images(5)
    dense, bias = weights(2, 6)
    for image, found in zip(pixels, model.predict(pixels), strict=True):
        cells = (image / 255).reshape(16, 4, 16, 4, 3).mean(axis=(1, 3, 4))
        features = np.stack([cells, 1 - cells], -1)
        logits = features.mean(axis=(0, 1)) @ dense[:2] + bias
        top = int(np.argmax(found.probabilities))
        assert found.probabilities == pytest.approx(softmax(logits.astype(np.float32), 1.0), abs=0.06)
        assert found.embedding[:2] == pytest.approx(features.mean(axis=(0, 1)), abs=1e-3)
        expected = heat_map((features @ dense[:2]).astype(np.float32), top, 1.0).values
        assert np.abs(found.heat_map.values.astype(int) - expected).max() <= 8


def test_that_the_maps_of_the_network_average_to_its_logits():
    """The closed form holds in the network itself: maps average to logits, but for the bias."""
    compiled = openvino().Core().compile_model(network(facts()), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    results = compiled([images(3) / np.float32(255)])
    assert results["cam"].mean(axis=(1, 2)) + weights(2, 6)[1] == pytest.approx(results["logits"], abs=1e-4)


def test_that_heat_maps_point_at_what_speaks_for_the_verdict(model):
    image = np.full((1, 64, 64, 3), 20, np.uint8)
    image[:, :16, 32:48] = 255
    values = model.predict(image)[0].heat_map.values
    assert values[:4, 8:12].max() == 0
    assert values[8:].min() > 200


def test_that_a_batch_gives_what_its_images_give_alone(model):
    pixels = images(9)
    together = model.predict(pixels)
    alone = [model.predict(pixels[number : number + 1])[0] for number in range(9)]
    assert all(map(same, together, alone))
    assert all(map(same, model.predict(pixels[::-1])[::-1], together))
    assert len({round(found.probabilities[0], 6) for found in together}) > 5


def test_that_earlier_predictions_do_not_change_with_later_ones(model):
    first = model.predict(images(3)[:1])[0]
    kept = (first.probabilities, first.heat_map.values.copy(), first.embedding.copy())
    model.predict(images(9))
    assert first.probabilities == kept[0]
    assert np.array_equal(first.heat_map.values, kept[1])
    assert np.array_equal(first.embedding, kept[2])


def test_that_threads_do_not_disturb_each_other(place):
    model = Runtime("CPU", 2, place / "cache", "f32").load(make_bundle(place / "threads", convolutions=(8, 16)))
    pixels = images(16)
    expected, barrier = model.predict(pixels), threading.Barrier(6)

    def work(number: int) -> bool:
        barrier.wait(10)
        order = np.random.default_rng(number).permutation(16)
        found = [model.predict(pixels[order]) for _ in range(5)]
        return all(all(map(same, predictions, [expected[n] for n in order])) for predictions in found)

    before = threading.active_count()
    with ThreadPoolExecutor(6) as pool:
        assert all(pool.map(work, range(6)))
    assert threading.active_count() == before


def test_that_an_empty_batch_gives_nothing(model):
    assert model.predict(np.zeros((0, 64, 64, 3), np.uint8)) == []


@pytest.mark.parametrize(
    "batch",
    [np.zeros((64, 64, 3), np.uint8), np.zeros((1, 64, 64, 1), np.uint8), np.zeros((1, 64, 64, 3), np.float32)],
)
def test_that_other_arrays_are_refused(model, batch):
    with pytest.raises(ValueError, match="the model wants uint8"):
        model.predict(batch)


def test_that_temperature_softens_and_changes_no_verdict(runtime, tmp_path):
    pixels = images(9)
    sharp = runtime.load(make_bundle(tmp_path / "sharp")).predict(pixels)
    soft = runtime.load(make_bundle(tmp_path / "soft", temperature=4.0)).predict(pixels)
    for before, after in zip(sharp, soft, strict=True):
        odds = np.log(before.probabilities[0] / before.probabilities[1])
        assert np.log(after.probabilities[0] / after.probabilities[1]) == pytest.approx(odds / 4, rel=1e-3)


def test_that_preprocessing_follows_the_manifest(runtime, tmp_path):
    """The same network told that white is 0 and black is 1 sees the reverse."""
    plain = make_bundle(tmp_path / "plain")
    changed = facts(preprocessing={"scale": 0.5 / 255, "offset": 0.5})
    (tmp_path / "lifted").mkdir()
    save_network(tmp_path / "lifted", network(changed))
    lifted = seal(tmp_path / "lifted", changed)
    dark = np.full((1, 64, 64, 3), 60, np.uint8)
    assert runtime.load(plain).predict(dark)[0].probabilities[1] > 0.9
    assert runtime.load(lifted).predict(dark)[0].probabilities[0] > 0.6
    assert runtime.load(lifted).predict(dark)[0].embedding[0] == pytest.approx(0.5 + 60 * 0.5 / 255, abs=1e-3)


def test_that_output_names_follow_the_manifest(runtime, tmp_path):
    names = OutputNames(logits="scores", cam="maps_of_classes", embedding="features_mean")
    bundle = make_bundle(tmp_path, outputs=names)
    assert runtime.load(bundle).predict(images(2)[:1])[0].probabilities[1] > 0.99


def test_that_bfloat16_and_float32_agree(place):
    bundle = make_bundle(place / "precision", labels=("Good", "Warning", "Bad"), convolutions=(16, 32, 64))
    exact = Runtime("CPU", 1, place / "cache", "f32").load(bundle)
    usual = Runtime("CPU", 1, place / "cache", "bf16").load(bundle)
    assert exact.precision == "f32"
    assert usual.precision in (
        "bf16",
        "f32",
    )  # what the wish came to: processors without AVX-512 cannot even imitate it
    pixels = images(64)
    for one, other in zip(exact.predict(pixels), usual.predict(pixels), strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=0.05)
        if sorted(one.probabilities)[-1] - sorted(one.probabilities)[-2] > 0.1:
            assert np.argmax(one.probabilities) == np.argmax(other.probabilities)
        assert (one.precision, other.precision) == (exact.precision, usual.precision)


def test_that_a_compiled_network_is_kept_and_gives_the_same(tmp_path):
    bundle = make_bundle(tmp_path / "made", input=(224, 288, 1), convolutions=COMPACT[:4])
    pixels = images(3, (224, 288, 1))

    def load_ms(cache: Path):
        start = time.perf_counter()
        loaded = Runtime("CPU", 1, cache).load(bundle)
        return (time.perf_counter() - start) * 1e3, loaded

    Runtime("CPU", 1, tmp_path / "first").load(make_bundle(tmp_path / "small"))  # OpenVINO itself is loaded now
    cold = [load_ms(tmp_path / f"cache {number}") for number in range(4)]
    warm = [load_ms(tmp_path / "cache 0") for _ in range(4)]
    assert min(ms for ms, _ in warm) < min(ms for ms, _ in cold)
    expected = cold[0][1].predict(pixels)
    assert all(map(same, warm[0][1].predict(pixels), expected))


@pytest.mark.parametrize("damage", [lambda data: data[: len(data) // 2], lambda data: data[:5000] + b"?" + data[5001:]])
def test_that_a_damaged_compiled_network_is_made_anew(tmp_path, damage):
    bundle = make_bundle(tmp_path / "made")
    expected = Runtime("CPU", 1, tmp_path).load(bundle).predict(images(2))
    (file,) = (tmp_path / "compiled").iterdir()
    sound = file.read_bytes()
    file.write_bytes(damage(sound))
    found = Runtime("CPU", 1, tmp_path).load(bundle).predict(images(2))
    assert all(map(same, found, expected))
    assert len(file.read_bytes()) == pytest.approx(len(sound), abs=64)  # OpenVINO numbers its nodes, which takes digits


def test_that_precisions_do_not_share_compiled_networks(tmp_path):
    bundle = make_bundle(tmp_path / "made")
    for precision in ("f32", "bf16"):
        Runtime("CPU", 1, tmp_path, precision).load(bundle)
    assert Runtime("CPU", 1, tmp_path, "f32").load(bundle).precision == "f32"
    assert len(list((tmp_path / "compiled").iterdir())) == 2


def sealed(directory: Path, stated=None, xml: bytes | None = None, weights_file: bytes | None = None, net=None):
    """A bundle that seals well, but whose network is not what it should be."""
    directory.mkdir(exist_ok=True)
    save_network(directory, net if net is not None else network(facts()))
    for name, data in (("model.xml", xml), ("model.bin", weights_file)):
        if data is not None:
            (directory / name).write_bytes(data)
    return seal(directory, stated or facts())


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ({"xml": b"<net version='9'/>"}, "cannot read model.xml"),
        ({"xml": b"<?xml version='1.0'?><net name='x' version='11'><layers/></net>"}, "takes nothing"),
        ({"weights_file": b"\0" * 10}, "cannot read model.xml"),
        ({"weights_file": b""}, "cannot read model.xml"),
        ({"stated": facts(labels=("a", "b", "c"))}, r"'logits' .* shape \(1, 2\), not \(1, 3\)"),
        ({"stated": facts(shape=(32, 64, 3))}, r"manifest says \(1, 32, 64, 3\)"),
        ({"stated": facts(shape=(64, 64, 1))}, r"manifest says \(1, 64, 64, 1\)"),
        ({"stated": facts(outputs=OutputNames(cam="heat"))}, "no output 'heat'; it has cam, embedding, logits"),
        ({"net": "swapped"}, r"'cam' .* shape"),
    ],
)
def test_that_a_network_that_does_not_fit_is_refused_with_advice(runtime, tmp_path, parts, said):
    if parts.get("net") == "swapped":
        parts = {"net": network(facts(), names=OutputNames(logits="logits", cam="embedding", embedding="cam"))}
    with pytest.raises(BundleError, match=said) as caught:
        runtime.load(sealed(tmp_path / "made", **parts))
    assert "The model is not used" in str(caught.value)


def test_that_a_file_changed_after_opening_is_noticed(runtime, tmp_path):
    bundle = make_bundle(tmp_path / "made")
    path = bundle.path / "model.bin"
    path.write_bytes(path.read_bytes()[:-4] + b"\0\0\0\1")
    with pytest.raises(BundleError, match=r"model\.bin is not the file that was sealed"):
        runtime.load(bundle)


def test_that_numbers_that_are_none_give_no_verdict(runtime, tmp_path):
    model = runtime.load(make_bundle(tmp_path / "made", preprocessing={"scale": 1e38, "offset": 0}))
    with pytest.raises(BundleError, match="gives no number for this plot"):
        model.predict(np.full((1, 64, 64, 3), 255, np.uint8))


def test_that_a_device_that_is_not_there_is_named(tmp_path):
    with pytest.raises(BundleError, match=r"'GPU.9'.*This machine has .*CPU"):
        Runtime("GPU.9", 1, tmp_path).load(make_bundle(tmp_path / "made"))


def test_that_models_of_the_same_brightness_rule_differ_by_seed(runtime, tmp_path):
    one, other = (runtime.load(make_bundle(tmp_path / str(seed), seed=seed)) for seed in (1, 2))
    assert one.digest != other.digest
    assert one.predict(images(2))[1].probabilities != other.predict(images(2))[1].probabilities


CHECK_QUIET = """
import json, sys, threading
from pathlib import Path
from backend.inference.models import ModelCache
from backend.inference.runtime import Runtime
before = "openvino" in sys.modules
from tests.fakes.bundles import make_bundle
place = Path(sys.argv[1])
Runtime("CPU", 1, place / "cache").load(make_bundle(place / "made"))
loaded = [name for name, module in sys.modules.items() if module is not None]
print(json.dumps({"before": before, "loaded": loaded, "threads": threading.active_count()}))
"""


def test_that_openvino_comes_late_and_reports_to_nobody(tmp_path):
    environment = os.environ | {"HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [sys.executable, "-c", CHECK_QUIET, str(tmp_path)],
        capture_output=True, text=True, timeout=60, check=True, env=environment, cwd=ROOT,
    )  # fmt: skip
    said = json.loads(result.stdout)
    assert not said["before"]
    assert "openvino" in said["loaded"]
    assert not [name for name in said["loaded"] if name.split(".")[0] in ("openvino_telemetry", "tensorflow", "keras")]
    assert said["threads"] == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "made"]


@pytest.mark.timed
def test_that_sixty_plots_a_second_go_from_file_to_verdict(tmp_path):
    """Decoding, preparing and predicting on two threads, with a network of everyday size."""
    model = Runtime("CPU", 2, tmp_path).load(make_bundle(tmp_path / "m", input=(224, 288, 1), convolutions=COMPACT[:4]))
    buffer = io.BytesIO()
    pixels = np.random.default_rng(1).integers(0, 256, (60, 80, 3), np.uint8)
    Image.fromarray(pixels).resize((800, 600), Image.Resampling.NEAREST).save(buffer, "PNG")

    def judge(data: bytes) -> None:
        image = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
        model.predict(prepare(image, model.spec)[np.newaxis])

    def rate(pool: ThreadPoolExecutor) -> float:
        start = time.perf_counter()
        list(pool.map(judge, [buffer.getvalue()] * 16))
        return 16 / (time.perf_counter() - start)

    with ThreadPoolExecutor(2) as pool:
        assert max(rate(pool) for _ in range(5)) >= 60 / slowness()


LARGE = (32, 64, 128, 256, 512, 1024)
"""Convolutions with more than eight MiB of weights."""


@pytest.fixture(scope="module")
def large(place):
    return make_bundle(place / "large", convolutions=LARGE)


def test_that_a_large_network_takes_several_images_at_once_and_says_the_same(place, large):
    model = Runtime("CPU", 2, place / "cache", "f32").load(large)
    assert model.is_wide
    pixels = images(11)
    before = model.held_bytes
    alone = [model.predict(pixels[number : number + 1])[0] for number in range(11)]
    assert model.held_bytes == before
    for one, other in zip(model.predict(pixels), alone, strict=True):
        assert one.probabilities == pytest.approx(other.probabilities, abs=1e-5)
        assert np.abs(one.heat_map.values.astype(int) - other.heat_map.values).max() <= 8
        assert one.embedding == pytest.approx(other.embedding, rel=1e-2, abs=1e-3)
    assert model.held_bytes > 1.5 * before


def test_that_a_small_network_takes_one_image_at_a_time(model):
    before = model.held_bytes
    model.predict(images(11))
    assert not model.is_wide
    assert model.held_bytes == before


def test_that_threads_take_turns_with_a_large_network(place, large):
    model, pixels = Runtime("CPU", 2, place / "cache", "f32").load(large), images(8)
    expected = [found.probabilities for found in model.predict(pixels)]
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: model.predict(pixels), range(8)):
            assert np.allclose([one.probabilities for one in found], expected, atol=1e-6)


def test_that_a_model_tells_how_many_images_it_takes_in_a_time(runtime, place):
    fresh = runtime.load(make_bundle(place / "paced"))
    assert fresh.images_within(1e6) == 1
    found = fresh.predict(images(4))
    assert fresh.images_within(found[0].milliseconds * 3.5) == 3
    assert fresh.images_within(0) == 1


def test_that_a_network_without_maps_gives_verdicts_without_heat_maps(runtime, tmp_path):
    ov, stated = openvino(), facts(outputs=OutputNames(cam=None))
    whole = network(facts())
    lean = ov.Model([whole.output("logits"), whole.output("embedding")], whole.get_parameters(), "lean")
    (found,) = runtime.load(sealed(tmp_path / "made", stated, net=lean)).predict(images(2)[1:])
    assert found.heat_map is None
    assert sum(found.probabilities) == pytest.approx(1)
    assert len(found.embedding) == 8


def test_that_the_best_device_there_is_can_be_asked_for(tmp_path):
    model = Runtime("AUTO", 1, tmp_path).load(make_bundle(tmp_path / "made"))
    assert model.predict(np.full((1, 64, 64, 3), 255, np.uint8))[0].probabilities[0] > 0.99


@pytest.mark.parametrize(
    ("there", "wanted", "chosen"),
    [
        (["CPU"], "AUTO", "CPU"),
        (["CPU", "GPU.0", "GPU.1", "NPU"], "AUTO", "GPU.0"),
        (["CPU", "NPU"], "AUTO", "NPU"),
        (["CPU"], "GPU", "GPU"),
    ],
)
def test_that_auto_prefers_graphics_then_neural_processors(there, wanted, chosen):
    assert choose_device(SimpleNamespace(available_devices=there), wanted) == chosen


HELD = """
import gc, sys
from pathlib import Path
import psutil
from backend.inference.runtime import Runtime
from tests.fakes.bundles import make_bundle
place, convolutions = Path(sys.argv[1]), tuple(map(int, sys.argv[2].split(",")))
runtime = Runtime("CPU", 1, place / "cache")
bundles = [make_bundle(place / str(seed), seed=seed, convolutions=convolutions) for seed in range(5)]
import numpy as np
def load(bundle):
    model = runtime.load(bundle)
    model.predict(np.zeros((1, *model.spec.shape), np.uint8))
    gc.collect()
    return model
kept = [load(bundles[0])]  # what the first one brings with it is held once
before = psutil.Process().memory_info().rss
kept += [load(bundle) for bundle in bundles[1:]]
print((psutil.Process().memory_info().rss - before) / sum(model.held_bytes for model in kept[1:]))
"""


@pytest.mark.parametrize("convolutions", [LARGE, (64, 128, 256, 512, 512)])
def test_that_a_model_counts_the_memory_it_really_holds(tmp_path, convolutions):
    result = subprocess.run(
        [sys.executable, "-c", HELD, str(tmp_path), ",".join(map(str, convolutions))],
        capture_output=True, text=True, timeout=100, check=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, cwd=ROOT,
    )  # fmt: skip
    assert 0.4 < float(result.stdout) < 1.25  # a little too careful is well
