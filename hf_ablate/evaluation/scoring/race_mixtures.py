"""Racing the mixtures of a study: the best of them by weight averaging, without scoring all of them on all text."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from ...errors import InputError
from ...manifest import digest
from ...mixtures.mixture import Mixture, mixture_keys
from ...mixtures.ranked import MEAN
from ...records import print_csv, records_text
from ...text_table import paragraph, text_table
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
    tokens = {"tokens_scored": scores.tokens_scored, "tokens_of_full_sweep": int(scores.tokens.sum()) * len(merges)}
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
        model = merges[candidate]
        return {
            "kind": model.kind,
            **mixture_keys(model.id, model.mixture.weights),
            "score": float(outcome.scores[candidate]),
        }

    target = {"target": MEAN, "level": MEAN, "source": None, "domain": None}
    rounds = list(enumerate(outcome.rounds, start=1))
    return {
        "metric": "bits_per_byte",
        "unit_of_measure": "bits per byte",
        **settings,
        "candidates": len(merges),
        **tokens,
        "ranking": [
            target | {"rank": rank} | entry(candidate) for rank, candidate in enumerate(outcome.winners, start=1)
        ],
        "rounds": [
            {"round": number, "documents": one.documents, "compared": one.candidates, "dropped": len(one.dropped)}
            for number, one in rounds
        ],
        "dropped": [{"round": number} | entry(candidate) for number, one in rounds for candidate in one.dropped],
    }


def print_race(result: dict[str, Any], output_format: str) -> None:
    """Print the content of `race.json` on stdout as a `table`, `json` or `csv`."""
    winners = result["ranking"]
    if output_format == "json":
        print(records_text(result))
        return
    if output_format == "csv":
        print_csv(winners)
        return
    lines = [
        [str(entry["rank"]), Mixture.of(entry["mixture"]).shortened(), f"{entry['score']:.4f}"] for entry in winners
    ]
    print(text_table(["rank", "mixture", "bits per byte"], lines, left=(0, 1)))
    rounds = [[str(one["documents"]), str(one["compared"]), str(one["dropped"])] for one in result["rounds"]]
    print("\n" + text_table(["documents", "mixtures compared", "dropped"], rounds, left=()))
    sentence = (
        f"The {len(winners)} best of {result['candidates']} mixtures on the mean of domains, with a confidence of "
        f"{100 * result['confidence']:g} %. Scored {result['tokens_scored']:,} tokens, "
        f"{result['tokens_scored'] / result['tokens_of_full_sweep']:.1%} of the full sweep's "
        f"{result['tokens_of_full_sweep']:,}."
    )
    print("\n" + paragraph(sentence))
