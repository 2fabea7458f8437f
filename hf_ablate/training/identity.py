"""What the weights of a model depend on, and which models of a study are missing or out of date."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..corpus.description import CorpusDescription
from ..errors import InputError
from ..manifest import digest, digest_files, find_manifest, fingerprint, is_finished
from ..run_folder import RunFolder
from ..saved_model import weights_digest
from .optimizer_state import find_state
from .pool import PlannedModel
from .seed import SeedOrigin


@dataclass(frozen=True)
class PoolInputs:
    """What the models of a pool are made from, besides their blocks.

    Args:
        run (`RunFolder`): of the study.
        corpus ([`CorpusDescription`]): what models are trained on.
        seed ([`SeedOrigin`]): where the seed is from.
        settings (`Mapping[str, Mapping[str, Any]]`): kind of model → the settings that its weights depend on.
        component_init (`str`): `shared` if all models start from the seed, `own` if each from its own random weights.
        load_optimizer_state (`bool`): whether they go on with the state of the seed's optimizer.
    """

    run: RunFolder
    corpus: CorpusDescription
    seed: SeedOrigin
    settings: Mapping[str, Mapping[str, Any]]
    component_init: str = "shared"
    load_optimizer_state: bool = False

    def init_seed(self, model: PlannedModel) -> int | None:
        """What the random weights that a model starts from are drawn with; `None` if it starts from the seed."""
        if model.kind == "seed" or self.component_init == "shared":
            return None
        return int(digest([self.settings["seed"]["seed"], model.id]), 16) % 2**32


def missing_models(models: list[PlannedModel], inputs: PoolInputs) -> list[PlannedModel]:
    """Those that are not finished, or were made from other data or with other arguments.

    While the seed is missing, all that starts from it counts as missing too, though it may turn out to be there.
    """
    missing = [model for model in models if not is_made(model, inputs)]
    return models if missing and missing[0].kind == "seed" else missing


def is_made(model: PlannedModel, inputs: PoolInputs) -> bool:
    """Whether a model is finished, and made from exactly these inputs or imported."""
    folder = inputs.run.model(model.id)
    made = find_manifest(folder)
    return made is not None and (
        is_imported(made, inputs.corpus)
        or is_finished(folder, fingerprint("train", *identity(model, inputs)))
        and not lacks_optimizer_state(model, made, inputs)
    )


def check_seed_has_state(inputs: PoolInputs) -> None:
    """Raise `InputError` where the state of the optimizer is needed of a seed that was not trained here."""
    made = find_manifest(inputs.run.seed)
    if made is not None and is_imported(made, inputs.corpus):
        raise InputError(
            "`load_optimizer_state` needs the optimizer's state of the seed, and this one was imported without; leave "
            "the option out to start with a fresh optimizer"
        )
    if inputs.seed.model and not (made or {}).get("optimizer_digest"):
        find_state(inputs.seed.model, inputs.seed.revision)


def lacks_optimizer_state(model: PlannedModel, made: Mapping[str, Any], inputs: PoolInputs) -> bool:
    """Whether a model is a seed whose optimizer's state was not kept and is needed.

    Args:
        model ([`PlannedModel`]): the model.
        made (`Mapping[str, Any]`): its manifest.
        inputs ([`PoolInputs`]): what models are made from.
    """
    return inputs.load_optimizer_state and model.kind == "seed" and not made.get("optimizer_digest")


def is_imported(made: Mapping[str, Any], corpus: CorpusDescription) -> bool:
    """Whether a manifest is that of a model which the user trained, on the corpus's tokens: it is not made again."""
    return made.get("command") == "import" and made["tokenizer_digest"] == corpus.tokenizer_digest


def identity(model: PlannedModel, inputs: PoolInputs) -> tuple[dict[str, Any], dict[str, str]]:
    """What the weights of a model depend on: arguments, and the inputs' digests (the seed's: empty if it has none)."""
    digests = {"tokenizer": inputs.corpus.tokenizer_digest}
    settings = inputs.settings[model.kind]
    values = {**settings, **model.own_seeds(settings), "model": model.id, "shares": dict(model.shares)}
    if model.kind == "component" and len(model.mixture.units) > 1:  # of a reference model, the id says it
        values["mixture"] = model.mixture.weights
    if model.in_stages:
        values["stages"] = list(model.shares)
    if model.kind != "seed":
        seed = find_manifest(inputs.run.seed)
        digests["seed"] = seed["digest"] if seed else ""
        if inputs.load_optimizer_state:
            digests["seed_optimizer"] = (seed or {}).get("optimizer_digest") or ""
        if (init_seed := inputs.init_seed(model)) is not None:
            values["init_seed"] = init_seed
        return values, digests | {f"unit {unit}": inputs.corpus.units[unit].digest for unit in model.shares}
    origin = inputs.seed
    if origin.model:
        folder = Path(origin.model)
        values = {"model": model.id, "seed_revision": origin.revision, "seed_model": origin.model}
        if folder.is_dir():  # a path of this machine says nothing: the content does
            values["seed_model"] = folder.name
            digests["seed_model"] = weights_digest(folder)
            code = sorted(folder.glob("*.py"))
            digests |= {"seed_code": digest_files(code)} if code else {}
        return values, digests
    values |= {
        "model_type": origin.model_type,
        "config_overrides": origin.config_overrides,
        "block_size": inputs.corpus.block_size,
    }
    if model.shares:
        digests["text"] = inputs.corpus.seed.digest
    return values, digests
