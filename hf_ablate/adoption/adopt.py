"""`hf-ablate adopt`: models that were trained elsewhere become the seed, components and references of a run folder."""

import json
from dataclasses import replace
from pathlib import Path

from ..causal_models import causal_config
from ..corpus.description import CorpusDescription
from ..corpus.tokenizers import tokenizer_digest
from ..corpus.without_documents import NamedUnits, write_without_documents
from ..errors import InputError
from ..evaluation.models.external import fetch_model
from ..mixtures.enumerate import add_references
from ..model_config import context_of
from ..run_folder import RunFolder
from ..saved_tokenizer import vocab_size_of
from ..text_table import text_table
from .arguments import AdoptArguments
from .corpus import corpus_of, text_of
from .foreign_model import ForeignModel, check_foreign, is_in_place, put_in_place, tokenizer_of
from .wanted import WantedModel, wanted_models


def run(arguments: AdoptArguments) -> None:
    """Check all models, then write those that are not there yet.

    Raises:
        `InputError`: for names that the corpus does not have, and models that cannot be fetched or do not fit;
            nothing is written then.
    """
    run_folder = RunFolder(arguments.run_dir)
    corpus, text = corpus_of(arguments), text_of(arguments)
    wanted = wanted_models(arguments, corpus)
    if arguments.dry_run:
        _print(corpus, wanted, dict.fromkeys([model.id for model in wanted], "to adopt"), arguments.output_format)
        return
    for model in wanted:
        _check_config(model.place)
    models = [_foreign(model, arguments) for model in _shown(wanted, "fetch")]
    is_new = not corpus.tokenizer_digest
    tokenizer = tokenizer_of(models[0].source)
    if is_new:
        corpus = replace(
            corpus, block_size=_block_size(arguments, models[0]), vocab_size=vocab_size_of(tokenizer),
            tokenizer_digest=tokenizer_digest(tokenizer),
        )  # fmt: skip
    check_foreign(_shown(models, "check"), corpus, run_folder)
    if is_new:
        fields = {name: unit.fields for name, unit in corpus.units.items()}
        write_without_documents(run_folder, NamedUnits(fields, corpus.block_size, text), tokenizer)
    states = {}
    for model in _shown(models, "write"):
        is_there = is_in_place(model, run_folder)
        states[model.id] = "unchanged" if is_there else "adopted"
        if not is_there:
            put_in_place(model, corpus, run_folder)
    add_references(arguments.run_dir, [model.mixture for model in models if model.kind == "reference"])
    _print(corpus, wanted, states, arguments.output_format)


def _shown(models: list, what: str) -> list:
    from tqdm import tqdm

    return tqdm(models, desc=what, unit="model", disable=None, leave=False)


def _check_config(place: str) -> None:
    """Whether there is a causal language model; of one on the Hub, the configuration alone is fetched."""
    name, _, revision = place.partition("@")
    failure = f"{place} is neither a folder (looked for {Path(place).resolve()}) nor a model that the Hub has"
    if Path(place).is_dir():
        causal_config(place, f"{place} does not hold a model that can be loaded")
    else:
        causal_config(name, failure, revision or None)


def _foreign(model: WantedModel, arguments: AdoptArguments) -> ForeignModel:
    if Path(model.place).is_dir():
        source, origin = Path(model.place), {"source": Path(model.place).resolve().name}
    else:
        source = fetch_model(model.place)
        origin = {"source": model.place.partition("@")[0], "revision": source.name}
    foreign = ForeignModel(model.id, source, model.mixture, origin)
    if foreign.kind == "seed":
        return foreign
    if foreign.kind == "component":
        return replace(foreign, tokens=arguments.tokens)
    copies = len(model.mixture.units) if arguments.reference_budget == "union" else 1
    tokens = arguments.tokens and arguments.tokens * copies
    return replace(foreign, tokens=tokens, reference_budget=arguments.reference_budget)


def _block_size(arguments: AdoptArguments, model: ForeignModel) -> int:
    size = arguments.block_size or context_of(causal_config(model.source, f"{model.source} cannot be loaded"))
    if size is None:
        raise InputError(f"the configuration in {model.source} sets no limit to the model's input; give `block_size`")
    return size


def _print(corpus: CorpusDescription, wanted: list[WantedModel], states: dict[str, str], output_format: str) -> None:
    rows = [
        {"model": model.id, "name": model.mixture.name if model.mixture else None, "from": model.place,
         "state": states[model.id]}
        for model in wanted
    ]  # fmt: skip
    if output_format == "json":
        print(json.dumps(rows, ensure_ascii=False))
        return
    cells = [[model.name, row["from"], row["state"]] for model, row in zip(wanted, rows, strict=True)]
    print(text_table(["model", "from", "state"], cells, left=(0, 1, 2)))
    components = sum(row["model"].startswith("component") for row in rows)
    if 0 < components < len(corpus.units):
        print(f"{components} of the {len(corpus.units)} units of the corpus have a component among these.")
