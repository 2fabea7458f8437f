"""The optimizer's state that the seed's training ends with, kept beside the seed for those that go on from it.

It is kept by the names of parameters, so that it fits whatever groups the next optimizer makes of them.
"""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..hub_errors import hub_failures
from ..manifest import atomic_path, digest_files
from ..saved_model import open_file


if TYPE_CHECKING:
    import torch


# In a folder of its own, because every safetensors file beside a model's configuration counts as its weights.
STATE = Path("optimizer") / "state.safetensors"
_OPTIMIZERS = ("adamw_torch", "adamw_torch_fused")  # with two moments of each parameter, all tensors


def check_optimizer_has_state(optim: object) -> None:
    """Raise `InputError` for an optimizer whose state is not kept.

    Args:
        optim: transformers' option, as text or as a member of its enumeration.
    """
    name = getattr(optim, "value", optim)
    if name not in _OPTIMIZERS:
        raise InputError(
            f"`load_optimizer_state` is for optim {' and '.join(_OPTIMIZERS)}, and optim is {name}; change one of them"
        )


def find_state(seed_model: str, revision: str | None) -> Path:
    """The file with the optimizer's state of a given seed.

    Args:
        seed_model (`str`): its folder or Hub id.
        revision (`str`, *optional*): on the Hub.

    Raises:
        `InputError`: if it has none.
    """
    what = (
        f"`load_optimizer_state` needs {STATE.as_posix()} of seed_model {seed_model}, which a seed trained with this "
        "option has; leave it out to start with a fresh optimizer"
    )
    folder = Path(seed_model)
    if not folder.is_dir():
        from huggingface_hub import hf_hub_download

        with hub_failures(what):
            return Path(hf_hub_download(seed_model, STATE.as_posix(), revision=revision))
    if not (folder / STATE).is_file():
        raise InputError(what)
    return folder / STATE


def save_state(optimizer: "torch.optim.Optimizer", model: "torch.nn.Module", folder: Path) -> None:
    """Write the state of an optimizer beside the model that it has trained.

    Args:
        optimizer (`torch.optim.Optimizer`): as it is after the last step.
        model (`torch.nn.Module`): has its parameters.
        folder (`Path`): of the saved model.
    """
    from safetensors.torch import save_file

    tensors = {
        f"{name}/{key}": value.detach().cpu().contiguous()
        for name, parameter in model.named_parameters()
        for key, value in optimizer.state.get(parameter, {}).items()
    }
    with atomic_path(folder / STATE) as temporary:
        save_file(tensors, temporary)


def copy_state(source: Path, folder: Path) -> None:
    """Keep the state of a given seed beside the study's copy of it."""
    with atomic_path(folder / STATE) as temporary:
        shutil.copyfile(source, temporary)


def state_digest(folder: Path) -> str | None:
    """The digest of the state that is kept beside a model; `None` if there is none."""
    return digest_files([folder / STATE]) if (folder / STATE).is_file() else None


def load_state(optimizer: "torch.optim.Optimizer", model: "torch.nn.Module", path: Path) -> None:
    """Give a new optimizer the state that is kept in a file; its groups and learning rates stay as they are.

    A parameter that never had a gradient has no state, and starts fresh.

    Args:
        optimizer (`torch.optim.Optimizer`): of the model's parameters.
        model (`torch.nn.Module`): that is going to be trained.
        path (`Path`): the file.

    Raises:
        `InputError`: for a corrupt file, and the state of other parameters.
    """
    kept: dict[str, dict[str, torch.Tensor]] = {}
    for key, tensor in open_file(path).items():
        name, _, entry = key.rpartition("/")
        kept.setdefault(name, {})[entry] = tensor
    own = dict(model.named_parameters())
    other = [name for name in kept if name not in own or own[name].shape != kept[name]["exp_avg"].shape]
    if other:
        raise InputError(f"{path} is the optimizer's state of another model: they differ in {min(other)!r}")
    names = {parameter: name for name, parameter in own.items()}
    ordered = [names[parameter] for group in optimizer.param_groups for parameter in group["params"]]
    state = {number: kept[name] for number, name in enumerate(ordered) if name in kept}
    optimizer.load_state_dict({**optimizer.state_dict(), "state": state})
