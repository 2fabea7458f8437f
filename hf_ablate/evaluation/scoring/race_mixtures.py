"""Racing the mixtures of a study: the best of them by weight averaging, without scoring all of them on all text."""

import csv
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ...errors import InputError
from ...manifest import digest
from ...mixtures.ranked import MEAN
from ...text_table import text_table
from ..models.scored_model import ScoredModel
from ..rows import append_json_lines, repair_last_line
from ..text.sources import Source
from .families import check_vocabulary, make_family, tokenise_sources
from .measurement import MeasurementOptions
from .mixture_scorer import MixtureScorer
from .race import Race, RaceOptions, race


def race_mixtures(
    merges: list[ScoredModel],
    sources: list[Source],
    measurement: MeasurementOptions,
    options: RaceOptions,
    folder: Path,
) -> dict[str, Any]:
    """Find the best of a pool's merges; a race that was interrupted resumes.

    Args:
        merges (`list[ScoredModel]`): the candidates.
        sources (`list[Source]`): the text.
        measurement (`MeasurementOptions`): how it is scored.
        options (`RaceOptions`): how many are looked for.
        folder (`Path`): where scores of single documents are kept.

    Returns:
        `dict[str, Any]`: the content of `race.json`.

    Raises:
        `InputError`: if all documents are empty, and for a score that is not finite.
    """
    family = make_family(merges, measurement)
    tokenised = tokenise_sources(family, sources)
    check_vocabulary(family, tokenised)
    if not any(source.bytes.any() for source in tokenised):
        raise InputError("all documents are empty; no mixture is better than another on them")
    domains = [(source.source.name, domain) for source in tokenised for domain in source.domains]
    numbers = {domain: number for number, domain in enumerate(dict.fromkeys(domains))}
    with (
        MixtureScorer.of_family(family, tokenised, folder) as scorer,
        tqdm(desc="race", unit="token", unit_scale=True, disable=None) as progress,
    ):
        scores = _DocumentScores(folder / "sums.jsonl", merges, scorer, progress)
        num_bytes = np.concatenate([source.bytes for source in tokenised])
        outcome = race(scores, len(merges), np.array([numbers[domain] for domain in domains]), num_bytes, options)
    tokens = {"scored": scores.tokens_scored, "full_sweep": int(scores.tokens.sum()) * len(merges)}
    return _result(merges, outcome, {"split": measurement.split, "confidence": options.confidence}, tokens)


class _DocumentScores:
    """Sums of log-probability of single documents under merges, each computed once and kept in a file.

    Documents are numbered through all sources.
    """

    def __init__(self, path: Path, merges: list[ScoredModel], scorer: MixtureScorer, progress: tqdm) -> None:
        self.path, self.merges, self.scorer, self.progress = path, merges, scorer, progress
        sources = scorer.sources
        self.measurement = digest([scorer.measurement.identity, [source.source.digest for source in sources]])
        self.starts = np.cumsum([0] + [len(source.names) for source in sources])
        self.tokens = np.concatenate([source.stream.num_tokens for source in sources])
        self.tokens_scored = 0
        self.known = self._read()

    def _read(self) -> dict[str, dict[int, float]]:
        """Model digest → document → sum."""
        repair_last_line(self.path)
        sums: dict[str, dict[int, float]] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else ():
            row = json.loads(line)
            if row["measurement"] == self.measurement:
                pairs = zip(row["documents"], row["sum_logprob"], strict=True)
                sums.setdefault(row["model_digest"], {}).update(pairs)
        return sums

    def __call__(self, candidate: int, documents: np.ndarray) -> np.ndarray:
        model = self.merges[candidate]
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
        parts = []
        for number, source in enumerate(self.scorer.sources):
            first, end = self.starts[number], self.starts[number + 1]
            in_source = documents[(documents >= first) & (documents < end)] - first
            parts.append(self.scorer.document_sums(model, source, in_source, self.progress.update))
        return np.concatenate(parts)


def _result(
    merges: list[ScoredModel], outcome: Race, settings: dict[str, Any], tokens: dict[str, int]
) -> dict[str, Any]:
    def entry(candidate: int) -> dict[str, Any]:
        mixture = merges[candidate].mixture
        score = float(outcome.scores[candidate])
        return {"mixture": mixture.id, "name": mixture.name, "weights": mixture.weights, "score": score}

    return {
        "metric": "bits_per_byte",
        "target": MEAN,
        **settings,
        "mixtures": len(merges),
        "tokens": tokens,
        "winners": [{"rank": rank} | entry(candidate) for rank, candidate in enumerate(outcome.winners, start=1)],
        "rounds": [
            {
                "documents": one.documents,
                "compared": one.candidates,
                "dropped": [entry(candidate) for candidate in one.dropped],
            }
            for one in outcome.rounds
        ],
    }


def print_race(result: dict[str, Any], output_format: str) -> None:
    """Print the content of `race.json` on stdout as a `table`, `json` or `csv`."""
    if output_format == "json":
        print(json.dumps(result, ensure_ascii=False))
        return
    if output_format == "csv":
        names = ("rank", "mixture", "name", "score")
        writer = csv.DictWriter(sys.stdout, names, extrasaction="ignore", lineterminator="\n")
        writer.writeheader()
        writer.writerows(result["winners"])
        return
    winners = [
        [str(entry["rank"]), entry["mixture"], f"{entry['score']:.4f}", entry["name"]] for entry in result["winners"]
    ]
    print(text_table(["rank", "mixture", "bits per byte", "units"], winners, left=(1, 3)))
    rounds = [[str(one["documents"]), str(one["compared"]), str(len(one["dropped"]))] for one in result["rounds"]]
    print("\n" + text_table(["documents", "mixtures compared", "dropped"], rounds, left=()))
    tokens = result["tokens"]
    print(
        f"\nThe {len(winners)} best of {result['mixtures']} mixtures on the mean of domains, with a confidence of "
        f"{100 * result['confidence']:g} %. Scored {tokens['scored']:,} tokens, "
        f"{tokens['scored'] / tokens['full_sweep']:.1%} of the full sweep's {tokens['full_sweep']:,}."
    )
