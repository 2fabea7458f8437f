"""A merge of 8 components into the resident model, against the device's memory bandwidth.

    python -m benchmarks.gpu.merge --size 130m --folder work --output merge.json

A merge reads every component and writes the model once; the time is that of the device's own events. Components are
where `ResidentPool` puts them, on the device where they fit; and then in pinned host memory, which the bus limits.
"""

from functools import partial
from pathlib import Path

import torch

from benchmarks.gpu.device import BANDWIDTHS, device_seconds, free, gpu_name, peak_gigabytes
from benchmarks.gpu.entries import Entries, Found, add_models, part_parser
from benchmarks.gpu.material import make_components
from benchmarks.measurement import Measurement
from hf_ablate.merging.on_device import PINNED
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture


ROUNDS = 5


def copied_bandwidth(device: str) -> float:
    """GB/s of a copy within the device's memory, for devices whose bandwidth is not known."""
    source = torch.ones(1 << 26, device=device)
    target = torch.empty_like(source)
    times = [device_seconds(lambda: target.copy_(source), device) for _ in range(ROUNDS)]
    return 2 * source.nbytes / min(times) / 1e9


def merge(folders: dict[str, Path], device: str, name: str, dtype: torch.dtype, place: str | None) -> Found:
    """Merges of all components, held in a place, into a model of a number format."""
    free(device)
    pool = ResidentPool(folders, dtype, device, place=place)
    mixture = Mixture.of({unit: number + 1 for number, unit in enumerate(folders)})
    written = sum(parameter.nbytes for parameter in pool.model.parameters())
    times = [device_seconds(lambda: pool.merge(mixture), device) for _ in range(ROUNDS + 1)][1:]
    rates = [(pool.num_bytes + written) / time / 1e9 for time in times]
    bandwidth = BANDWIDTHS.get(gpu_name(device) or "") or copied_bandwidth(device)
    compared, goal = f"bytes/s / bandwidth of {bandwidth:,.0f} GB/s", None if place else 0.8
    measured = Measurement(name, compared, [rate / bandwidth for rate in rates], True, goal)
    return Found((measured,), {"GB/s": max(rates), "ms": min(times) * 1e3, **peak_gigabytes(device)})


def main() -> None:
    parser = part_parser(__doc__)
    add_models(parser, "where the components are, or are made")
    parser.add_argument("--components", type=int, default=8)
    arguments = parser.parse_args()
    folders = make_components(arguments.folder, arguments.size, arguments.components, arguments.device)
    entries = Entries(arguments.output)
    for name, dtype, place in (
        ("float32", torch.float32, None), ("bfloat16", torch.bfloat16, None), ("pinned", torch.bfloat16, PINNED),
    ):  # fmt: skip
        name = f"merge of {arguments.components}, {name}"
        entries.measure(name, partial(merge, folders, arguments.device, name, dtype, place))


if __name__ == "__main__":
    main()
