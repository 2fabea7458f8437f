"""Folding a trained adapter into a whole model, checked against the adapter before it counts as saved.

Proxies average whole models. Averaging the factors A and B of several adapters is something else than averaging the
updates B·A, so adapters are folded in first: the folded model is what merging and evaluation read.
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from ..errors import InputError
from ..saved_model import ADAPTER
from .adapted_layers import frozen, unties
from .adapter import no_warnings_of_peft


if TYPE_CHECKING:
    from peft import PeftModel
    from transformers import PreTrainedModel


# Of the logits' size: rounding leaves 1e-6 to 1e-5 of it in float32, and 1e-3 in TF32, which a GPU may use. Half of
# the tokens may be further off: rounding may choose other experts for them.
_TOLERANCE, _TOLERANCE_OF_GPUS = 1e-4, 2e-3
_TOKENS = 256  # of each block, which is enough and keeps the logits small


def save_folded(
    model: "PeftModel", folder: Path, seed: Path, batch: torch.Tensor, load: "Callable[[Path], PreTrainedModel]"
) -> None:
    """Save the adapter in `folder/adapter` and the model that it makes of the seed in `folder`.

    Args:
        model (`PeftModel`): trained, and whole in this process; its weights are folded in place.
        folder (`Path`): of the component or reference model.
        seed (`Path`): the folder of the seed, for whoever loads the adapter from another working directory.
        batch (`torch.Tensor`): [blocks, block_size], token ids, int64; on these the two are compared.
        load (`Callable`): loads a saved model in float32.

    Raises:
        `InputError`: if the folded model, loaded again, is not the adapter's; `folder` then holds neither of the two.
    """
    adapter, whole = folder / f".{ADAPTER}", folder / ".folded"
    _remove(adapter, whole)  # of a process that was killed
    with no_warnings_of_peft():
        expected = _logits(model.get_base_model(), batch)  # with its adapters; accelerate's mixed precision is around
        model.peft_config["default"].base_model_name_or_path = str(seed.resolve())
        model.save_pretrained(adapter, save_embedding_layers=False)
        (adapter / "README.md").unlink(missing_ok=True)  # placeholders
        device = next(model.parameters()).device
        if unties(model):
            _untie(model)
        model.merge_and_unload().to("cpu").save_pretrained(whole)
    distance = _distance(_logits(load(whole).to(device), batch), expected)
    if not distance <= (_TOLERANCE_OF_GPUS if device.type == "cuda" else _TOLERANCE):  # also where it is NaN
        _remove(adapter, whole)
        raise InputError(
            f"{folder.name}: folding its adapter into the seed gives another model (logits differ by {distance:.2g} "
            "of their size), so nothing is saved; give lora_target_modules, lora_modules_to_save and use_dora other "
            "values, or train without peft"
        )
    _remove(folder / ADAPTER)
    adapter.rename(folder / ADAPTER)
    for path in whole.iterdir():
        path.replace(folder / path.name)
    whole.rmdir()


def _remove(*folders: Path) -> None:
    for folder in folders:
        shutil.rmtree(folder, ignore_errors=True)


def _untie(model: "PeftModel") -> None:
    """Give the output embedding a weight of its own: only one of the two gets the update, or each another."""
    base = model.get_base_model()
    layer = frozen(base.get_output_embeddings())
    layer.weight = torch.nn.Parameter(layer.weight.detach().clone(), requires_grad=False)
    base.config.tie_word_embeddings = base.config.get_text_config().tie_word_embeddings = False


@torch.no_grad()
def _logits(model: "PreTrainedModel", batch: torch.Tensor) -> torch.Tensor:
    """[tokens, vocabulary], on the CPU, float32."""
    inputs = batch[:, :_TOKENS].to(next(model.parameters()).device)
    return model.eval()(input_ids=inputs, use_cache=False).logits.flatten(0, 1).float().cpu()


def _distance(logits: torch.Tensor, expected: torch.Tensor) -> float:
    """The median over tokens of the root mean square of the differences, relative to that of the logits."""
    off = (logits - expected).square().mean(1).sqrt()
    return float(off.median() / expected.square().mean().sqrt())
