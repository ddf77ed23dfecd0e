"""The baseline of `classify`: Keras `predict`, one image at a time. A program of its own, as it loads TensorFlow.

Arguments: the folder of a bundle, then image files. Prints JSON.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import numpy as np

from backend.feed.images import ImageLimits, decode
from backend.inference.bundles import open_bundle
from backend.inference.preprocessing import prepare

_WARM_UP = 5


def main(folder: Path, files: list[Path]) -> None:
    """Read, decode, resize and predict each file, after a few that are not timed."""
    from backend.training.architectures import architecture, build

    manifest = open_bundle(folder).manifest
    # Shipped bundles leave their Keras weights out; what the weights are makes no difference to the time.
    model = build(architecture(manifest.architecture.name), manifest.input, len(manifest.labels))

    def predict(file: Path) -> None:
        image = prepare(decode(file.read_bytes(), file.suffix, ImageLimits()), manifest.input)
        pixels = image.astype(np.float32) * manifest.preprocessing.scale + manifest.preprocessing.offset
        model.predict(pixels[np.newaxis], verbose=0)

    for file in files[:_WARM_UP]:
        predict(file)
    started = time.perf_counter()
    for file in files:
        predict(file)
    seconds = time.perf_counter() - started
    sys.stdout.write(json.dumps({"images_per_second": len(files) / seconds}) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
