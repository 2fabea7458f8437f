"""What the weights of a model depend on, and which models of a study are missing or out of date."""

from pathlib import Path

from ..corpus.description import CorpusDescription
from ..manifest import fingerprint, is_finished, read_manifest
from ..saved_model import weights_digest
from .arguments import TrainArguments
from .pool import PlannedModel


def missing_models(
    arguments: TrainArguments, corpus: CorpusDescription, models: list[PlannedModel]
) -> list[PlannedModel]:
    """Those that are not finished, or were made from other data or with other arguments.

    While the seed is missing, all that starts from it counts as missing too, though it may turn out to be there.
    """
    missing = [model for model in models if not is_made(model, corpus, arguments)]
    return models if missing and missing[0].kind == "seed" else missing


def is_made(model: PlannedModel, corpus: CorpusDescription, arguments: TrainArguments) -> bool:
    return is_finished(model.folder(arguments.run_dir), fingerprint("train", *identity(model, corpus, arguments)))


def identity(model: PlannedModel, corpus: CorpusDescription, arguments: TrainArguments) -> tuple[dict, dict[str, str]]:
    """What the weights of a model depend on: arguments, and the inputs' digests (the seed's: empty if it has none)."""
    inputs = {"tokenizer": corpus.tokenizer_digest}
    values = {**arguments.that_matter(model.kind), "model": model.id, "shares": dict(model.shares)}
    if model.in_stages:
        values["stages"] = list(model.shares)
    if model.kind != "seed":
        seed = arguments.run_dir / "models" / "seed"
        inputs["seed"] = read_manifest(seed)["digest"] if (seed / "manifest.json").is_file() else ""
        inputs |= {f"unit {unit}": corpus.units[unit].digest for unit in model.shares}
        return values, inputs
    if arguments.seed_model:
        folder = Path(arguments.seed_model)
        values = {"model": model.id, "seed_revision": arguments.seed_revision, "seed_model": arguments.seed_model}
        if folder.is_dir():  # a path of this machine says nothing: the content does
            values["seed_model"] = folder.name
            inputs["seed_model"] = weights_digest(folder)
        return values, inputs
    values |= {"model_type": arguments.model_type, "config_overrides": arguments.config_overrides}
    if model.shares:
        inputs["text"] = corpus.seed.digest
    return values, inputs
