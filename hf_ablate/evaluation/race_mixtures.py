"""`hf-ablate evaluate --top K`: the best mixtures of a study by racing, in a folder apart from complete scores."""

import csv
import json
import logging
import sys
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ..errors import InputError
from ..manifest import MANIFEST, digest, fingerprint, is_finished, write_json, write_manifest
from .arguments import EvaluateArguments
from .groups import Group, check_vocabulary, load_pool, make_group, tokenise_sources
from .locations import find_sources
from .log_likelihood import Scorer
from .models import ScoredModel, hold_components, study_models
from .race import Race, race
from .rows import append_json_lines, repair_last_line
from .tokens import TokenisedSource, document_sums


logger = logging.getLogger(__name__)
RESULT = "race.json"


def race_mixtures(arguments: EvaluateArguments) -> None:
    """Find and print the best mixtures; a race that was interrupted goes on, a finished one is only printed."""
    models = hold_components(study_models(arguments.study, "merge"), arguments.pool_format, arguments.study)
    merged = [model for model in models if model.kind == "merged"]
    if arguments.top > len(merged):
        raise InputError(f"top is {arguments.top}, but the study has {len(merged)} mixtures")
    sources = find_sources(arguments.data or [arguments.study / "corpus"], arguments.split)
    names = ("top", "confidence", "first_documents", "split", "limit", "max_length", "dtype", "pool_format")
    settings = {name: getattr(arguments, name) for name in names}
    inputs = {
        "data": {source.name: source.digest for source in sources},
        "models": {model.id: model.digest for model in merged},
    }
    folder = arguments.scores_dir
    if is_finished(folder, fingerprint("race", settings, inputs)):
        logger.info("race: unchanged, nothing to do")
    else:
        (folder / MANIFEST).unlink(missing_ok=True)
        group = make_group(arguments, merged)
        tokenised = tokenise_sources(group, sources)
        check_vocabulary(group, tokenised)
        if not any(source.bytes.any() for source in tokenised):
            raise InputError("all documents are empty; no mixture is better than another on them")
        result = _run(arguments, group, tokenised)
        write_json(folder / RESULT, result)
        write_manifest(folder, "race", settings, inputs, digest=digest(result))
    _print(json.loads((folder / RESULT).read_text(encoding="utf-8")), arguments.output_format)


class _DocumentScores:
    """Sums of log-probability of single documents under merges, each computed once and kept in a file.

    Documents are numbered through all sources.
    """

    def __init__(self, path: Path, group: Group, sources: list[TokenisedSource], scorer: Scorer, pool, progress: tqdm):
        self.path, self.group, self.sources = path, group, sources
        self.scorer, self.pool, self.progress = scorer, pool, progress
        self.measurement = digest([group.measurement.facts, [source.source.digest for source in sources]])
        self.starts = np.cumsum([0] + [len(source.names) for source in sources])
        self.tokens = np.concatenate([source.stream.num_tokens for source in sources])
        self.tokens_scored = 0
        self.known = self._read()

    def _read(self) -> dict[str, dict[int, float]]:
        """Model digest → document → sum."""
        repair_last_line(self.path)
        found: dict[str, dict[int, float]] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else ():
            row = json.loads(line)
            if row["measurement"] == self.measurement:
                pairs = zip(row["documents"], row["sum_logprob"], strict=True)
                found.setdefault(row["model_digest"], {}).update(pairs)
        return found

    def __call__(self, candidate: int, documents: np.ndarray) -> np.ndarray:
        model = self.group.models[candidate]
        known = self.known.setdefault(model.digest, {})
        missing = np.array(sorted(number for number in documents.tolist() if number not in known), dtype=int)
        if len(missing):
            sums = self._score(model, missing)
            known |= dict(zip(missing.tolist(), sums.tolist(), strict=True))
            row = {"model": model.id, "model_digest": model.digest, "measurement": self.measurement}
            append_json_lines(self.path, [row | {"documents": missing.tolist(), "sum_logprob": sums.tolist()}])
        self.tokens_scored += int(self.tokens[documents].sum())
        return np.array([known[number] for number in documents.tolist()])

    def _score(self, model: ScoredModel, documents: np.ndarray) -> np.ndarray:
        self.progress.set_postfix_str(model.name)
        self.pool.merge(model.mixture)
        parts = []
        for number, source in enumerate(self.sources):
            first, end = self.starts[number], self.starts[number + 1]
            own = documents[(documents >= first) & (documents < end)] - first
            stream = source.stream.select(own)
            sums = document_sums(self.scorer.token_logprobs(stream, self.progress.update), stream)
            if not np.isfinite(sums).all():
                name = source.names[own[np.flatnonzero(~np.isfinite(sums))[0]]]
                raise InputError(
                    f"{model.id} gives a log-probability that is NaN or infinite in document {name!r} of source "
                    f"{source.source.name!r}; its components' weights are broken, or need dtype float32"
                )
            parts.append(sums)
        return np.concatenate(parts)


def _run(arguments: EvaluateArguments, group: Group, sources: list[TokenisedSource]) -> dict[str, Any]:
    labels = [(source.source.name, domain) for source in sources for domain in source.domains]
    columns = {label: number for number, label in enumerate(dict.fromkeys(labels))}
    pool = load_pool(group, arguments.dtype)
    measurement = group.measurement
    with (
        Scorer(pool.model, measurement.max_length, measurement.batch_tokens) as scorer,
        tqdm(desc="race", unit="token", unit_scale=True, disable=None) as progress,
    ):
        scores = _DocumentScores(arguments.scores_dir / "sums.jsonl", group, sources, scorer, pool, progress)
        found = race(
            scores,
            candidates=len(group.models),
            domains=np.array([columns[label] for label in labels]),
            num_bytes=np.concatenate([source.bytes for source in sources]),
            top=arguments.top,
            confidence=arguments.confidence,
            first=arguments.first_documents,
        )
    tokens = {"scored": scores.tokens_scored, "full_sweep": int(scores.tokens.sum()) * len(group.models)}
    return _result(arguments, group, found, tokens)


def _result(arguments: EvaluateArguments, group: Group, found: Race, tokens: dict[str, int]) -> dict[str, Any]:
    def entry(candidate: int) -> dict[str, Any]:
        mixture = group.models[candidate].mixture
        score = float(found.scores[candidate])
        return {"mixture": mixture.id, "name": mixture.name, "weights": mixture.weights, "score": score}

    return {
        "metric": "bits_per_byte",
        "target": "macro",
        "split": arguments.split,
        "confidence": arguments.confidence,
        "mixtures": len(group.models),
        "tokens": tokens,
        "winners": [{"rank": rank} | entry(candidate) for rank, candidate in enumerate(found.winners, start=1)],
        "rounds": [
            {
                "documents": one.documents,
                "compared": one.candidates,
                "dropped": [entry(candidate) for candidate in one.dropped],
            }
            for one in found.rounds
        ],
    }


def _print(result: dict[str, Any], output_format: str) -> None:
    if output_format == "json":
        print(json.dumps(result, ensure_ascii=False))
        return
    if output_format == "csv":
        names = ("rank", "mixture", "name", "score")
        writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(result["winners"])
        return
    print("rank  mixture         bits per byte  units")
    for entry in result["winners"]:
        print(f"{entry['rank']:>4}  {entry['mixture']}  {entry['score']:>13.4f}  {entry['name']}")
    print("\ndocuments  mixtures compared  dropped")
    for one in result["rounds"]:
        print(f"{one['documents']:>9}  {one['compared']:>17}  {len(one['dropped']):>7}")
    winners, tokens = len(result["winners"]), result["tokens"]
    print(
        f"\nThe {winners} best of {result['mixtures']} mixtures on the macro average, with a confidence of "
        f"{100 * result['confidence']:g} %. Scored {tokens['scored']:,} tokens, "
        f"{tokens['scored'] / tokens['full_sweep']:.1%} of the full sweep's {tokens['full_sweep']:,}."
    )
