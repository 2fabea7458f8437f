"""What a run folder holds after training, for comparisons."""

from pathlib import Path

import torch
from safetensors.torch import load_file

from hf_ablate.manifest import read_manifest
from hf_ablate.mixtures.mixture import Mixture


ALPHA_BETA = f"reference:{Mixture.uniform(['alpha', 'beta']).id}"
ALPHA_GAMMA = f"reference:{Mixture.of({'alpha': 3, 'gamma': 1}).id}"
COMPONENTS = {"component:alpha", "component:beta", "component:gamma"}
ALL = {"seed", ALPHA_BETA, ALPHA_GAMMA} | COMPONENTS


def manifests(run_dir: Path) -> dict[str, dict]:
    """The manifests of the finished models, by model."""
    found = [read_manifest(path.parent) for path in sorted(run_dir.glob("models/**/manifest.json"))]
    return {manifest["model"]: manifest for manifest in found}


def stamps(run_dir: Path) -> dict[str, int]:
    """When each finished model's weights were written."""
    return {
        read_manifest(path.parent)["model"]: (path.parent / "model.safetensors").stat().st_mtime_ns
        for path in run_dir.glob("models/**/manifest.json")
    }


def changed(run_dir: Path, before: dict[str, int]) -> set[str]:
    """The models that were made since `before`."""
    return {model for model, stamp in stamps(run_dir).items() if before.get(model) != stamp}


def weights(run_dir: Path, model: str) -> dict[str, torch.Tensor]:
    kind, _, name = model.partition(":")
    return load_file(run_dir / "models" / (f"{kind}s/{name}" if name else kind) / "model.safetensors")


def same_weights(left: dict[str, torch.Tensor], right: dict[str, torch.Tensor]) -> bool:
    """Whether two state dicts are bit-identical."""
    return left.keys() == right.keys() and all(torch.equal(left[name], right[name]) for name in left)
