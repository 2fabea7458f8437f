"""A merge of 8 components into the resident model, against the device's memory bandwidth.

    python -m benchmarks.gpu.merge --size 130m --folder work --output merge.json

A merge reads every component and writes the model once; the time is that of the device's own events.
"""

import argparse
from functools import partial
from pathlib import Path

import torch

from benchmarks.gpu.device import BANDWIDTHS, default_device, device_seconds, free, gpu_name, peak_gigabytes
from benchmarks.gpu.entries import Entries, Found
from benchmarks.gpu.material import make_components
from benchmarks.measurement import Measurement
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture


ROUNDS = 5


def copied_bandwidth(device: str) -> float:
    """GB/s of a copy within the device's memory, for devices whose bandwidth is not known."""
    source = torch.ones(1 << 26, device=device)
    target = torch.empty_like(source)
    times = [device_seconds(lambda: target.copy_(source), device) for _ in range(ROUNDS)]
    return 2 * source.nbytes / min(times) / 1e9


def merge(folders: dict[str, Path], dtype: torch.dtype, device: str) -> Found:
    """Merges of all components, into a model of this number format."""
    free(device)
    pool = ResidentPool(folders, dtype, device)
    mixture = Mixture.of({unit: number + 1 for number, unit in enumerate(folders)})
    written = sum(parameter.nbytes for parameter in pool.model.parameters())
    times = [device_seconds(lambda: pool.merge(mixture), device) for _ in range(ROUNDS + 1)][1:]
    rates = [(pool.num_bytes + written) / time / 1e9 for time in times]
    bandwidth = BANDWIDTHS.get(gpu_name(device) or "") or copied_bandwidth(device)
    name, compared = f"merge of {len(folders)}, {dtype}", f"bytes/s / bandwidth of {bandwidth:,.0f} GB/s"
    measured = Measurement(name.replace("torch.", ""), compared, [rate / bandwidth for rate in rates], True, 0.8)
    return Found((measured,), {"GB/s": max(rates), "ms": min(times) * 1e3, **peak_gigabytes(device)})


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--folder", type=Path, required=True, help="where the components are, or are made")
    parser.add_argument("--device", default=default_device())
    parser.add_argument("--size", default="130m")
    parser.add_argument("--components", type=int, default=8)
    arguments = parser.parse_args()
    folders = make_components(arguments.folder, arguments.size, arguments.components, arguments.device)
    entries = Entries(arguments.output)
    for dtype in (torch.float32, torch.bfloat16):
        name = f"merge of {arguments.components}, {str(dtype).removeprefix('torch.')}"
        entries.measure(name, partial(merge, folders, dtype, arguments.device))


if __name__ == "__main__":
    main()
