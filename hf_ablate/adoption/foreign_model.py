"""A model that was trained elsewhere, put into its place in a run folder once it is known to fit there."""

import math
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from ..corpus.description import CorpusDescription
from ..corpus.tokenizers import tokenizer_digest
from ..errors import InputError
from ..evaluation.models.loading import causal_config, load_tokenizer
from ..manifest import MANIFEST, find_manifest, write_manifest
from ..merging.components import check_architectures, check_finite
from ..mixtures.mixture import Mixture
from ..run_folder import RunFolder, split_model_id
from ..saved_model import open_tensors, tensor_shapes, weights_digest


# What a saved model and its tokenizer consist of; checkpoints and optimizer states stay where they are.
_PARTS = ("*.json", "*.safetensors", "pytorch_model*.bin", "*.model", "*.txt", "*.jinja", "*.py")


@dataclass(frozen=True)
class ForeignModel:
    """A model that was trained elsewhere.

    Args:
        id (`str`): that it will have in the study.
        source (`Path`): the folder that it is in.
        mixture (`Mixture`, *optional*): what it was trained on; none for a seed.
        origin (`Mapping[str, str]`): what its manifest records of where it is from: `source`, and of a model on the
            Hub `revision`.
        tokens (`int`, *optional*): that it was trained on.
        reference_budget (`str`, *optional*): of a reference model: `fixed` or `union`.
    """

    id: str
    source: Path
    mixture: Mixture | None
    origin: Mapping[str, str]
    tokens: int | None = None
    reference_budget: str | None = None

    @property
    def kind(self) -> str:
        """`seed`, `component` or `reference`."""
        return split_model_id(self.id)[0]

    @cached_property
    def digest(self) -> str:
        """Of its weights, as they are found."""
        return weights_digest(self.source)

    @property
    def name(self) -> str:
        """What people read of what it was trained on."""
        return self.mixture.shortened() if self.mixture else self.id


def check_foreign(models: list[ForeignModel], corpus: CorpusDescription, run: RunFolder) -> None:
    """Check models before any is written: configuration, tokenizer, architecture, finite weights.

    Args:
        models (`list[ForeignModel]`): the models.
        corpus (`CorpusDescription`): that they are to belong to.
        run (`RunFolder`): whose seed and components they have to fit.

    Raises:
        `InputError`: names the model, and in what it does not fit.
    """
    for model in models:
        causal_config(model.source)
        if tokenizer_digest(tokenizer_of(model.source)) != corpus.tokenizer_digest:
            raise InputError(
                f"{model.source} has another tokenizer than the corpus ({run.tokenizer}), so its scores would be on "
                "other tokens; only models with the corpus's tokenizer fit"
            )
    places = [run.model(model.id) for model in models]
    others = [folder for folder in run.saved_models("seed", "component") if folder not in places]
    folders = [*others[:1], *(model.source for model in models)]
    check_architectures({str(number): folder for number, folder in enumerate(folders)})
    for model in models:
        made = find_manifest(run.model(model.id))
        if made and not _is_from(made, model):
            raise InputError(
                f"{run.model(model.id)} holds another model; delete the folder first if {model.source} is to take its "
                "place"
            )
        if not is_in_place(model, run):
            check_finite(open_tensors(model.source), model.source)


def tokenizer_of(folder: Path) -> Any:
    """The tokenizer of a model, as it is saved with it."""
    from ..modeling.convert import is_as_released
    from ..modeling.convert import load_tokenizer as load_released

    if is_as_released(folder):
        return load_released(folder, causal_config(folder), required=True)
    return load_tokenizer(folder)


def is_in_place(model: ForeignModel, run: RunFolder) -> bool:
    """Whether a run folder holds the model already, a component as one of the seed that is there now."""
    made = find_manifest(run.model(model.id))
    if made is None or not _is_from(made, model):
        return False
    return model.kind != "component" or made["seed_digest"] == _seed_digest(run)


def put_in_place(model: ForeignModel, corpus: CorpusDescription, run: RunFolder) -> None:
    """Write a model, converted where it needs to be, with the manifest of a model that was trained here.

    Args:
        model (`ForeignModel`): the model; [`check_foreign`] comes first.
        corpus (`CorpusDescription`): that it belongs to.
        run (`RunFolder`): where it goes.
    """
    from ..modeling.arguments import ConvertArguments
    from ..modeling.convert import convert, is_as_released

    folder = run.model(model.id)
    staging = folder.with_name(f".{folder.name}.import")
    shutil.rmtree(staging, ignore_errors=True)
    if is_as_released(model.source):
        convert(ConvertArguments(str(model.source), staging))
        (staging / MANIFEST).unlink()
    else:
        staging.mkdir(parents=True)
        for path in sorted({path for part in _PARTS for path in model.source.glob(part) if path.name != MANIFEST}):
            shutil.copy(path, staging)
    arguments, inputs = {"kind": model.kind, **model.origin}, {"model": model.digest}
    write_manifest(staging, "import", arguments, inputs, **_facts(model, staging, corpus, run))
    shutil.rmtree(folder, ignore_errors=True)
    staging.rename(folder)


def _is_from(made: Mapping[str, Any], model: ForeignModel) -> bool:
    return model.digest in (made["digest"], made["inputs"].get("model"))


def _seed_digest(run: RunFolder) -> str | None:
    return (find_manifest(run.seed) or {}).get("digest")


def _facts(model: ForeignModel, staging: Path, corpus: CorpusDescription, run: RunFolder) -> dict[str, Any]:
    """What the manifest records, as that of a model which was trained here."""
    facts = {
        "model": model.id, "kind": model.kind, "mixture": model.mixture and model.mixture.weights,
        "digest": weights_digest(staging), "tokenizer_digest": corpus.tokenizer_digest,
        "block_size": corpus.block_size, "tokens": model.tokens, "flops": None, "seconds": None, "blocks": {},
        "parameters": sum(map(math.prod, tensor_shapes(staging).values())),
        "seed_digest": _seed_digest(run) if model.kind == "component" else None,
    }  # fmt: skip
    return facts | ({"reference_budget": model.reference_budget} if model.reference_budget else {})
