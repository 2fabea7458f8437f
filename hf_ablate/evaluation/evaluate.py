"""`hf-ablate evaluate`: score models and proxies on evaluation text."""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from transformers import PreTrainedTokenizerBase

from ..errors import InputError
from ..manifest import MANIFEST, fingerprint, is_finished, write_manifest
from ..merging.resident import ResidentPool
from .arguments import EvaluateArguments
from .models import ScoredModel, default_device, external_model, load_tokenizer, study_models, window_length
from .rows import METRICS, ScoreRow, read_current_rows, read_rows, rows_digest, select_rows
from .sources import Source, find_sources
from .sweep import Measurement, Sweep, score_models
from .tables import macro_averages, number, score_table
from .tokens import default_cache, digest_of_tokenizer, tokenise


logger = logging.getLogger(__name__)


def run(arguments: EvaluateArguments) -> None:
    """Score what is not scored yet; does nothing when all is."""
    if arguments.dry_run:
        print(_plan(arguments))
        return
    models = [external_model(name) for name in arguments.model] or study_models(arguments.run_dir, arguments.proxy)
    sources = find_sources(arguments.data or [arguments.run_dir / "corpus"], arguments.split)
    data = {source.name: source.digest for source in sources}
    settings = {name: getattr(arguments, name) for name in ("split", "limit", "max_length", "dtype", "per_document")}
    inputs = {"data": data, "models": {model.id: model.digest for model in models}}
    folder = arguments.scores_dir
    if is_finished(folder, fingerprint("evaluate", settings, inputs)):
        logger.info("scores: unchanged, nothing to do")
    else:
        (folder / MANIFEST).unlink(missing_ok=True)
        groups = _groups(arguments, models)
        for group in groups:
            _score(arguments, group, sources)
        _finish(folder, settings, inputs, groups)
    _print(arguments, read_current_rows(folder), models)


def _plan(arguments: EvaluateArguments) -> str:
    if arguments.model:
        return f"evaluate: {', '.join(arguments.model)} on split {arguments.split}"
    try:
        models = study_models(arguments.run_dir, arguments.proxy)
    except InputError as error:
        return f"evaluate: not before earlier stages have run ({error})"
    kinds = [model.kind for model in models]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    return f"evaluate: {counts} on split {arguments.split}"


@dataclass(frozen=True)
class Group:
    """Models that share a tokenizer and a window length."""

    measurement: Measurement
    tokenizer: PreTrainedTokenizerBase
    models: list[ScoredModel]


def _groups(arguments: EvaluateArguments, models: list[ScoredModel]) -> list[Group]:
    """All models of a study are scored alike; models from elsewhere each with their own tokenizer and length."""
    if arguments.model:
        return [_group(arguments, [model]) for model in models]
    return [_group(arguments, models)]


def _group(arguments: EvaluateArguments, models: list[ScoredModel]) -> Group:
    saved = next(model for model in models if model.folder)
    tokenizer = load_tokenizer(saved.folder)
    measurement = Measurement(
        split=arguments.split,
        tokenizer_digest=saved.tokenizer_digest or digest_of_tokenizer(tokenizer),
        max_length=window_length(saved.folder, arguments.max_length),
        limit=arguments.limit,
        dtype=arguments.dtype,
        batch_tokens=arguments.batch_tokens,
    )
    return Group(measurement, tokenizer, models)


def _score(arguments: EvaluateArguments, group: Group, sources: list[Source]) -> None:
    digest = group.measurement.tokenizer_digest
    tokenised = [tokenise(source, group.tokenizer, digest, arguments.limit, default_cache()) for source in sources]
    sweep = Sweep(arguments.scores_dir, tokenised, group.measurement, default_device(), arguments.per_document)
    score_models(sweep, group.models, lambda: _load_pool(arguments, group.models))


def _load_pool(arguments: EvaluateArguments, models: list[ScoredModel]) -> ResidentPool:
    folders = {model.mixture.units[0]: model.folder for model in models if model.kind == "component"}
    return ResidentPool(folders, getattr(torch, arguments.dtype), default_device())


def _finish(folder: Path, settings: dict, inputs: dict, groups: list[Group]) -> None:
    common = groups[0].measurement.facts
    models = {}
    for group in groups:
        own = {name: value for name, value in group.measurement.facts.items() if value != common[name]}
        for model in group.models:
            models[model.id] = {
                "kind": model.kind,
                "digest": model.digest,
                "mixture": model.mixture and model.mixture.weights,
                **own,
            }
    measurement = common | {"data": inputs["data"]}
    rows = select_rows(read_rows(folder), models, measurement)
    write_manifest(
        folder, "evaluate", settings, inputs,
        models=models, measurement=measurement, macro=macro_averages(rows), digest=rows_digest(rows),
    )  # fmt: skip


def _print(arguments: EvaluateArguments, rows: list[ScoreRow], models: list[ScoredModel]) -> None:
    if arguments.output_format == "json":
        results = [asdict(row) | {metric: number(getattr(row, metric)) for metric in METRICS} for row in rows]
        print(json.dumps(results, ensure_ascii=False))
        return
    names = {model.id: model.mixture.name if model.mixture else model.id for model in models}
    print(score_table(rows, names))
