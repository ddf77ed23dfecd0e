"""What a network that is to be trained looks at: as chosen, as its file says, as the plots are, or as is usual."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from backend.domain.errors import TrainingError
from backend.domain.labels import LabelledPlot
from backend.inference.manifest import InputSpec
from backend.training.catalogue import KnownArchitecture, Takes, check_input, parse_input
from backend.training.network_files import NetworkFile, choose_network, choose_weights, input_of

FROM_THE_DATA = "data"
_LARGEST_SIDE = 1024


def choose_file(known: KnownArchitecture, weights: Path | None, network: Path | None) -> NetworkFile | None:
    """The file an expert brought for that architecture. TrainingError where the two do not go together."""
    for path, takes, option in ((weights, Takes.WEIGHTS, "--weights"), (network, Takes.NETWORK, "--network")):
        if path is not None and known.takes is not takes:
            raise TrainingError(f"{known.name} takes no {option}. Nothing is trained; leave it out or choose a recipe.")
    if known.takes is Takes.NETWORK and network is None:
        raise TrainingError(f"{known.name} needs the network, a .keras file. Name it with --network FILE.")
    if network is not None:
        return choose_network(network)
    return None if weights is None else choose_weights(weights)


def choose_input(
    known: KnownArchitecture, wanted: str, file: NetworkFile | None, labelled: Sequence[LabelledPlot]
) -> InputSpec:
    """`wanted` is a size as in `parse_input`, "data" for the commonest size of the plots, or "" for what is usual."""
    own = input_of(file) if file is not None and known.takes is Takes.NETWORK else None
    usual = own or known.input
    spec = _commonest(labelled) if wanted == FROM_THE_DATA else parse_input(wanted) if wanted else usual
    if own is not None and own != spec:
        raise TrainingError(
            f"The network in {file and file.path} looks at {own.width} × {own.height} × {own.channels} and nothing "
            f"else, not at {spec.width} × {spec.height} × {spec.channels}. Leave --input out."
        )
    check_input(known, spec)
    return spec


def _commonest(labelled: Sequence[LabelledPlot]) -> InputSpec:
    """The commonest size of the plots in colour, shrunk to at most 1024 pixels a side."""
    ((width, height), _), *_ = Counter((item.plot.width, item.plot.height) for item in labelled).most_common(1)
    share = min(1.0, _LARGEST_SIDE / max(width, height))
    return InputSpec(height=max(8, round(height * share)), width=max(8, round(width * share)), channels=3)
