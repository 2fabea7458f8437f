"""Racing the mixtures of a study: the best of them by weight averaging, without scoring all of them on all text."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from ...errors import InputError
from ...manifest import digest
from ...mixtures.mixture import Mixture, mixture_keys
from ...mixtures.ranked import MEAN
from ...progress import Progress
from ...records import print_csv, records_text
from ...text_table import paragraph, text_table
from ..models.scored_model import ScoredModel
from ..rows import append_json_lines, repair_last_line
from ..text.sources import Source
from ..text.tokens import TokenisedSource
from ..text.windows import Windows, rolling_windows
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
        folder (`Path`): where scores of single windows are kept.

    Returns:
        `dict[str, Any]`: the content of `race.json`.

    Raises:
        `InputError`: if all documents are empty, and for a score that is not finite.
    """
    family = make_family(merges, measurement)
    tokenised = tokenise_sources(family, sources)
    check_vocabulary(family, tokenised)
    if not any(source.stream.num_tokens.any() for source in tokenised):
        raise InputError("all documents are empty; no mixture is better than another on them")
    with (
        MixtureScorer.of_family(family, tokenised, folder) as scorer,
        Progress(None, "race", "token") as progress,
    ):
        scores = _WindowScores(folder / "sums.jsonl", merges, scorer, progress)
        domains, num_bytes = _domains_and_bytes(tokenised, scores.windows)
        outcome = race(scores, len(merges), domains, num_bytes, options)
    tokens = {"tokens_scored": scores.tokens_scored, "tokens_of_full_sweep": int(scores.tokens.sum()) * len(merges)}
    return _result(merges, outcome, {"split": measurement.split, "confidence": options.confidence}, tokens)


def _domains_and_bytes(sources: list[TokenisedSource], windows: list[Windows]) -> tuple[np.ndarray, np.ndarray]:
    """The number of each window's domain, and its part of the domain's bytes, by tokens: [windows of all sources]."""
    of_documents = [(source.source.name, domain) for source in sources for domain in source.domains]
    numbers = {domain: number for number, domain in enumerate(dict.fromkeys(of_documents))}
    number_of = np.array([numbers[domain] for domain in of_documents])
    first = np.cumsum([0] + [len(source.names) for source in sources])
    domains = np.concatenate(
        [
            number_of[first[number] + some.documents(source.stream)]
            for number, (source, some) in enumerate(zip(sources, windows, strict=True))
        ]
    )
    bytes_of_domains = np.bincount(number_of, np.concatenate([source.bytes for source in sources]))
    predicted = np.concatenate([some.predicted for some in windows])
    return domains, predicted * (bytes_of_domains / np.bincount(domains, predicted, len(numbers)).clip(1))[domains]


class _WindowScores:
    """Sums of log-probability of single windows under merges, each computed once and kept in a file.

    Windows are numbered through all sources.
    """

    def __init__(self, path: Path, merges: list[ScoredModel], scorer: MixtureScorer, progress: Progress) -> None:
        self.path, self.merges, self.scorer, self.progress = path, merges, scorer, progress
        sources, measurement = scorer.sources, scorer.measurement
        self.windows = [rolling_windows(source.stream, measurement.max_length) for source in sources]
        self.measurement = digest(["windows", measurement.identity, [source.source.digest for source in sources]])
        self.starts = np.cumsum([0] + [len(windows.predicted) for windows in self.windows])
        self.tokens = np.concatenate([windows.predicted for windows in self.windows])
        self.tokens_scored = 0
        self.known = self._read()

    def _read(self) -> dict[str, dict[int, float]]:
        """Model digest → window → sum."""
        repair_last_line(self.path)
        sums: dict[str, dict[int, float]] = {}
        for line in self.path.read_text(encoding="utf-8").splitlines() if self.path.is_file() else ():
            row = json.loads(line)
            if row["measurement"] == self.measurement:
                pairs = zip(row["windows"], row["sum_logprob"], strict=True)
                sums.setdefault(row["model_digest"], {}).update(pairs)
        return sums

    def __call__(self, candidate: int, windows: np.ndarray) -> np.ndarray:
        model = self.merges[candidate]
        known = self.known.setdefault(model.digest, {})
        missing = np.array(sorted(number for number in windows.tolist() if number not in known), dtype=int)
        if len(missing):
            sums = self._score(model, missing)
            known |= dict(zip(missing.tolist(), sums.tolist(), strict=True))
            row = {"model": model.id, "model_digest": model.digest, "measurement": self.measurement}
            append_json_lines(self.path, [row | {"windows": missing.tolist(), "sum_logprob": sums.tolist()}])
        self.tokens_scored += int(self.tokens[windows].sum())
        return np.array([known[number] for number in windows.tolist()])

    def _score(self, model: ScoredModel, windows: np.ndarray) -> np.ndarray:
        self.progress.start(model.name)
        parts = []
        for number, source in enumerate(self.scorer.sources):
            first, end = self.starts[number], self.starts[number + 1]
            in_source = self.windows[number].select(windows[(windows >= first) & (windows < end)] - first)
            parts.append(self.scorer.window_sums(model, source, in_source, self.progress.advance))
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
            {"round": number, "windows": one.pieces, "compared": one.candidates, "dropped": len(one.dropped)}
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
    rounds = [[str(one["windows"]), str(one["compared"]), str(one["dropped"])] for one in result["rounds"]]
    print("\n" + text_table(["windows", "mixtures compared", "dropped"], rounds, left=()))
    sentence = (
        f"The {len(winners)} best of {result['candidates']} mixtures on the mean of domains, with a confidence of "
        f"{100 * result['confidence']:g} %. Scored {result['tokens_scored']:,} tokens, "
        f"{result['tokens_scored'] / result['tokens_of_full_sweep']:.1%} of the full sweep's "
        f"{result['tokens_of_full_sweep']:,}."
    )
    print("\n" + paragraph(sentence))
