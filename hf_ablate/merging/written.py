"""A merged model on the disk: averaged by mergekit, or by us where mergekit does not know the model, and checked."""

import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import torch

from ..errors import InputError, reason
from ..manifest import make_readable, write_json
from ..mixtures.mixture import Mixture
from ..remote_code import loading_options
from ..saved_model import CONFIG, GENERATION, INDEX, load_causal_lm, model_tensors, open_tensors
from .config import MERGEKIT, OURSELVES
from .parameters import read_parameters
from .resident import weighted_sum_


logger = logging.getLogger(__name__)
# What a merged model takes over from the component of its first unit.
_TAKEN_OVER = (
    CONFIG, GENERATION, "tokenizer*", "special_tokens_map.json", "added_tokens.json", "vocab.*",
    "merges.txt", "chat_template*", "*.py",
)  # fmt: skip


def write_merge(coefficients: Mixture, folders: dict[str, Path], output: Path, source: str, out_dtype: str) -> str:
    """Average saved models into a folder that transformers loads as exactly this average.

    mergekit finds a model's tensors by definitions of its own. Where it has none that fits the files, it fails, or
    leaves tensors out; then the files are averaged tensor by tensor, as its linear merge does.

    Args:
        coefficients (`Mixture`): the components, by name, and their coefficients.
        folders (`dict[str, Path]`): name → saved model; they can be averaged.
        output (`Path`): an existing, empty folder.
        source (`str`): the YAML that mergekit keeps with the result.
        out_dtype (`str`): number format of the saved weights.

    Returns:
        `str`: what averaged them, `mergekit` or `hf_ablate`.

    Raises:
        `InputError`: if what was written is not the average.
    """
    expected = ExpectedMerge.of(coefficients, folders, out_dtype)  # before anything is written
    try:
        run_mergekit(coefficients, folders, output, source, out_dtype)
        expected.check(output)
        return MERGEKIT
    except OSError:
        raise  # the disk's
    except Exception as error:  # whatever mergekit makes of an architecture that it does not know
        why = reason(error).replace(str(output), "the merge").partition(";")[0]
        logger.warning(
            "merge: mergekit %s does not write this architecture as transformers reads it (%s); hf_ablate writes the "
            "same average itself", version("mergekit"), why,
        )  # fmt: skip
    shutil.rmtree(output)
    output.mkdir()
    average_files(coefficients, folders, output, out_dtype)
    expected.check(output)
    return OURSELVES


def run_mergekit(coefficients: Mixture, folders: dict[str, Path], output: Path, source: str, out_dtype: str) -> None:
    """mergekit's linear merge of saved models.

    Args:
        coefficients (`Mixture`): the components, by name, and their coefficients.
        folders (`dict[str, Path]`): name → saved model.
        output (`Path`): an existing folder, where the merged model is written.
        source (`str`): the YAML that mergekit keeps with the result.
        out_dtype (`str`): number format of the saved weights.

    The models are passed as objects with absolute paths, not as text: mergekit would read `+` and `@` in a path as
    LoRA and revision, and a short relative path as a name on the Hub.
    """
    from mergekit.common import ModelPath, ModelReference
    from mergekit.config import InputModelDefinition, MergeConfiguration
    from mergekit.merge import run_merge
    from mergekit.options import MergeOptions

    references = {
        unit: ModelReference(model=ModelPath(path=str(folder.resolve()))) for unit, folder in folders.items()
    }
    config = MergeConfiguration(
        merge_method="linear",
        models=[
            InputModelDefinition(model=references[unit], parameters={"weight": weight})
            for unit, weight in coefficients.items
        ],
        base_model=references[coefficients.units[0]],
        parameters={"normalize": True},
        dtype="float32",
        out_dtype=out_dtype,
    )
    with _errors_only():
        options = MergeOptions(write_model_card=False, quiet=True, **loading_options())
        run_merge(config, str(output), options, config_source=source)
    for code in folders[coefficients.units[0]].glob("*.py"):
        shutil.copy(code, output)  # mergekit copies the code of the configuration, not that of the model
    for path in output.iterdir():
        make_readable(path)  # mergekit's weights are readable by their owner alone


@contextmanager
def _errors_only() -> Iterator[None]:
    """Hide the libraries' warnings, mergekit's of names that it uses itself and architectures that it infers."""
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def average_files(coefficients: Mixture, folders: dict[str, Path], output: Path, out_dtype: str) -> None:
    """The average of saved models, tensor by tensor of their files, as mergekit's linear merge computes it.

    Args:
        coefficients (`Mixture`): the components, by name, and their coefficients.
        folders (`dict[str, Path]`): name → saved model; they can be averaged.
        output (`Path`): an existing folder, where the merged model is written.
        out_dtype (`str`): number format of the saved weights; whole numbers stay as they are in the first model.
    """
    from huggingface_hub import split_torch_state_dict_into_shards
    from safetensors.torch import save_file

    first = folders[coefficients.units[0]]
    stored = [open_tensors(folders[unit]) for unit in coefficients.units]
    names = {name for name in stored[0] if all(name in tensors for tensors in stored)}
    shards = split_torch_state_dict_into_shards({name: stored[0][name] for name in names})
    for file_name, members in shards.filename_to_tensors.items():
        averages = {
            name: _average([tensors[name] for tensors in stored], coefficients, getattr(torch, out_dtype))
            for name in members
        }
        save_file(averages, output / file_name, metadata={"format": "pt"})
    if shards.is_sharded:
        write_json(output / INDEX, {"metadata": shards.metadata, "weight_map": shards.tensor_to_filename})
    for path in first.iterdir():
        if any(fnmatch(path.name, pattern) for pattern in _TAKEN_OVER):
            shutil.copy(path, output)
    config = json.loads((first / CONFIG).read_text(encoding="utf-8"))
    config.pop("torch_dtype", None)
    write_json(output / CONFIG, config | {"dtype": out_dtype})
    for path in output.iterdir():
        make_readable(path)


def _average(tensors: list[torch.Tensor], coefficients: Mixture, dtype: torch.dtype) -> torch.Tensor:
    if not tensors[0].is_floating_point():
        return tensors[0]
    average = torch.empty(tensors[0].shape, dtype=dtype)
    weighted_sum_(average, tensors, torch.tensor(list(coefficients.weights.values()), dtype=torch.float32))
    return average


@dataclass(frozen=True)
class ExpectedMerge:
    """What transformers has to load from a written merge: the average of the components, as it loads them.

    Args:
        components (`list[dict[str, torch.Tensor]]`): their parameters, memory-mapped.
        coefficients (`Mixture`): of the components, in their order.
        dtype (`torch.dtype`): of the written weights.
        unused (`set[str]`): tensors in the components' files that are not part of the model.
    """

    components: list[dict[str, torch.Tensor]]
    coefficients: Mixture
    dtype: torch.dtype
    unused: set[str]

    @classmethod
    def of(cls, coefficients: Mixture, folders: dict[str, Path], out_dtype: str) -> "ExpectedMerge":
        """The average of saved models.

        Args:
            coefficients (`Mixture`): the components, by name, and their coefficients.
            folders (`dict[str, Path]`): name → saved model.
            out_dtype (`str`): number format of the written weights.

        Raises:
            `InputError`: for a component that is incomplete or whose weights are not finite.
        """
        ordered = [folders[unit] for unit in coefficients.units]
        model, unused = load_causal_lm(ordered[0], dtype=torch.float32)
        return cls(read_parameters(ordered, model), coefficients, getattr(torch, out_dtype), unused)

    def check(self, written: Path) -> None:
        """Raise `InputError` if weights are missing or unexpected in a written merge, or one is not the average."""
        with _errors_only():  # transformers' table of what is missing, which is in the error
            model, unused = load_causal_lm(written, dtype=self.dtype)
        if unused - self.unused:
            raise InputError(f"the merge holds {min(unused - self.unused)}, which is not a weight of the model")
        merged = model_tensors(model)
        if merged.keys() != self.components[0].keys():
            raise InputError(
                f"the merge and its components differ in {min(merged.keys() ^ self.components[0].keys())}"
            )
        for name, tensor in merged.items():
            average = _average([component[name] for component in self.components], self.coefficients, self.dtype)
            if average.shape != tensor.shape or not torch.equal(average.to(tensor.dtype), tensor):
                raise InputError(f"{name} of the merge is not the average of the components'")
