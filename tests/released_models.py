"""Stand-ins of the paper's released models, as the Hub holds them: early configurations, `pytorch_model.bin`."""

import json
import shutil
from pathlib import Path

import torch


FIXTURE = Path(__file__).parent / "fixtures" / "seed_architecture_tiny" / "hf_olmo_bin"
YEARS = ("1970-1993", "2021-2021", "2022-2022")
UNITS = tuple(f"Biology_{years}" for years in YEARS)
SEED, SEQ, MERGED = "seed-pretrain-130m", "s2orc-biology-seq-130m", "s2orc-biology-merged-130m"


def write_released(folder: Path, years: tuple[str, ...] = YEARS) -> Path:
    """The Biology triple and its seed, each in a folder: components and SEQ near the seed, the average as merged."""
    seed = torch.load(FIXTURE / "pytorch_model.bin", weights_only=True)
    _write(folder / SEED, seed, "hf_olmo")
    components = [_moved(seed, number) for number in range(1, len(years) + 1)]
    for component, its_years in zip(components, years, strict=True):
        _write(folder / f"s2orc-biology{its_years}-ind-130m", component)
    _write(folder / SEQ, _moved(seed, 100))
    _write(folder / MERGED, {name: sum(each[name] for each in components) / len(components) for name in seed})
    return folder


def _moved(seed: dict[str, torch.Tensor], number: int) -> dict[str, torch.Tensor]:
    generator = torch.Generator().manual_seed(number)
    return {
        name: tensor if "attn_out" in name else tensor + 0.02 * torch.randn(tensor.shape, generator=generator)
        for name, tensor in seed.items()
    }


def _write(folder: Path, tensors: dict[str, torch.Tensor], model_type: str = "olmo") -> None:
    shutil.copytree(FIXTURE, folder)
    torch.save(tensors, folder / "pytorch_model.bin")
    config = json.loads((folder / "config.json").read_text()) | {"model_type": model_type}
    (folder / "config.json").write_text(json.dumps(config))
