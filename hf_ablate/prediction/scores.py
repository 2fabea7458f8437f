"""The scores of a study as arrays: models × domains, from sums in score rows."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ..errors import InputError
from ..evaluation.row_blocks import COUNTS, RowBlock
from ..evaluation.row_files import read_current_blocks
from ..evaluation.scoring.right_answers import BITS_PER_BYTE
from ..evaluation.scoring.task_results import TASKS
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import MERGE, PROXIES, find_proxy
from ..mixtures.ranked import MEAN
from ..run_folder import RunFolder, model_id, split_model_id, split_reference_id
from .task_scores import TaskScores, has_all, read_task_scores


logger = logging.getLogger(__name__)
_KINDS = tuple(proxy.kind for proxy in PROXIES)
UNITS_OF_MEASURE = {
    "bits_per_byte": "bits per byte",
    "ppl_token": "perplexity per token",
    "ppl_byte": "perplexity per byte",
    "ppl_char": "perplexity per character",
    "ppl_word": "perplexity per word",
}


@dataclass(frozen=True)
class Scores:
    """One metric on one split, lower is better; NaN where there is no score.

    Args:
        mixtures (`list[Mixture]`): the candidates.
        domains (`list[tuple[str, str | None]]`): (source, domain) of each column; those of tasks, (`tasks`, task),
            come last.
        by_kind (`dict[str, np.ndarray]`): `merged`, `ensemble`, `reference`, and merges of models that were trained on
            groups → [mixtures, domains]; only kinds with
            scores. Of a mixture that was trained with several seeds, `reference` is the mean.
        components (`dict[str, np.ndarray]`): name of a component, a unit's as a rule → [domains].
        seed (`np.ndarray`, *optional*): [domains].
        references (`list[tuple[int, np.ndarray]]`): every reference model, repeats too: the position of its mixture,
            and its scores, [domains].
        probes (`dict[str, Mixture]`): name of a component → what it was trained on.
        sizes_of_text (`np.ndarray`): [domains], bytes; of those that are text.
        others (`dict[str, list[tuple[Mixture, np.ndarray]]]`): kind of proxy → mixtures that are not candidates, as
            regrouped ones may be, and the proxy's scores, [domains].
        tasks (`dict[str, str]`): task → its unit of measure, in the order of the columns.
    """

    mixtures: list[Mixture]
    domains: list[tuple[str, str | None]]
    by_kind: dict[str, np.ndarray]
    components: dict[str, np.ndarray]
    seed: np.ndarray | None
    references: list[tuple[int, np.ndarray]]
    probes: dict[str, Mixture]
    sizes_of_text: np.ndarray
    others: dict[str, list[tuple[Mixture, np.ndarray]]] = field(default_factory=dict)
    tasks: dict[str, str] = field(default_factory=dict)

    @property
    def sizes(self) -> np.ndarray:
        """The number of units of each mixture."""
        return np.array([len(mixture.units) for mixture in self.mixtures])

    @property
    def are_probes(self) -> np.ndarray:
        """Whether each mixture is of one unit or what a component was trained on: [mixtures], bool.

        With the same tokens its reference model is that component, of which proxies are made: it cannot judge them.
        """
        trained_on = {probe.id for probe in self.probes.values()}
        return np.array([len(mixture.units) == 1 or mixture.id in trained_on for mixture in self.mixtures])


def read_scores(run_dir: Path, metric: str, split: str, task_metric: str = BITS_PER_BYTE) -> Scores:
    """The scores of a study's candidate mixtures, components and seed.

    Args:
        run_dir (`Path`): the study's run folder.
        metric (`str`): one of [`METRICS`].
        split (`str`): of the evaluation text.
        task_metric (`str`): one of [`TASK_METRICS`], of downstream tasks.

    Raises:
        `InputError`: if there are no scores for the split, or none of any proxy.
    """
    mixtures = [candidate.mixture for candidate in read_mixtures(run_dir)]
    tasks = read_task_scores(run_dir, task_metric)
    return collect_scores(read_current_blocks(RunFolder(run_dir).scores), mixtures, metric, split, tasks)


def collect_scores(
    blocks: Iterable[RowBlock], mixtures: list[Mixture], metric: str, split: str, tasks: Sequence[TaskScores] = ()
) -> Scores:
    """Arrange score rows by model and domain.

    Args:
        blocks (`Iterable[RowBlock]`): of any models and splits.
        mixtures (`list[Mixture]`): the candidates.
        metric (`str`): one of [`METRICS`].
        split (`str`): of the evaluation text.
        tasks (`Sequence[TaskScores]`): of the same models; one that a component or reference model lacks is left out.

    Raises:
        `InputError`: if there are no scores for the split, none of any proxy, or a source is called `mean` or `tasks`.
    """
    blocks = list(blocks)
    chosen = [block for block in blocks if block.split == split]
    if not chosen:
        splits = sorted({block.split for block in blocks})
        raise InputError(f"there are no scores on split {split!r}; splits with scores: {', '.join(splits) or 'none'}")
    named = {(block.source, block.domains) for block in chosen}
    domains = sorted(
        {(source, domain) for source, some in named for domain in some}, key=lambda pair: (pair[0], pair[1] or "")
    )
    for name, meaning in ((MEAN, "the mean of all domains"), (TASKS, "the mean of downstream tasks")):
        if any(source == name for source, _ in domains):
            raise InputError(f"a source is called {name!r}, which names {meaning}; rename the source")
    column_of = {pair: column for column, pair in enumerate(domains)}
    columns = {(source, some): [column_of[source, domain] for domain in some] for source, some in named}
    models: dict[str, np.ndarray] = {}
    for block in chosen:
        values = models.setdefault(block.model, np.full(len(domains), np.nan))
        values[columns[block.source, block.domains]] = block.values(metric)
    models = {model: np.where(np.isfinite(values), values, np.nan) for model, values in models.items()}
    models, domains = _without_empty_domains(models, domains, metric)
    last = {(block.source, block.domains): block for block in chosen}  # most have the same domains
    sizes = {
        (block.source, domain): size
        for block in last.values()
        for domain, size in zip(block.domains, block.counts[COUNTS.index("num_bytes")].tolist(), strict=True)
    }
    probes = {
        split_model_id(block.model)[1]: Mixture.of(block.mixture) for block in chosen if block.kind == "component"
    }
    known = {mixture.id for mixture in mixtures}
    regrouped = {
        block.model: Mixture.of(block.mixture)
        for block in chosen
        if block.kind in _KINDS and split_model_id(block.model)[1] not in known
    }
    sizes_of_text = np.array([sizes[pair] for pair in domains])
    tasks = [scores for scores in tasks if has_all(scores, _with_all_text(models, mixtures))]
    models, domains = _with_tasks(models, tasks), [*domains, *((TASKS, scores.task) for scores in tasks)]
    scores = _arrange(models, domains, mixtures, probes, regrouped, sizes_of_text)
    scores = replace(scores, tasks={each.task: each.unit_of_measure for each in tasks})
    texts = len(domains) - len(tasks)
    proxies = [scores.by_kind[kind][:, :texts] for kind in _KINDS if kind in scores.by_kind]
    if not any(np.isfinite(values).all(axis=1).any() for values in proxies):
        where = f"on every domain of split {split!r}" if proxies else f"on split {split!r}"
        raise InputError(
            f"no proxy of the {len(mixtures)} candidate mixtures has scores {where}; run `hf-ablate evaluate` with "
            "the proxies"
        )
    _warn_of_missing(scores)
    return scores


def _with_all_text(models: dict[str, np.ndarray], mixtures: list[Mixture]) -> list[str]:
    """The models that a task needs scores of: components and reference models, as far as they judge anything."""
    known = {mixture.id for mixture in mixtures}
    return [
        model
        for model, values in models.items()
        if np.isfinite(values).all()
        and (
            split_model_id(model)[0] == "component"
            or (split_model_id(model)[0] == "reference" and split_reference_id(model)[0] in known)
        )
    ]


def _with_tasks(models: dict[str, np.ndarray], tasks: Sequence[TaskScores]) -> dict[str, np.ndarray]:
    """Model → its scores on text, then on the tasks."""
    return {
        model: np.append(values, [scores.losses.get(model, np.nan) for scores in tasks])
        for model, values in models.items()
    }


def _without_empty_domains(
    models: dict[str, np.ndarray], domains: list[tuple[str, str | None]], metric: str
) -> tuple[dict[str, np.ndarray], list[tuple[str, str | None]]]:
    """Leave out the domains for which no model has a score: one empty domain would make every average undefined."""
    kept = np.isfinite(list(models.values())).any(axis=0)
    for (source, domain), keep in zip(domains, kept, strict=True):
        if not keep:
            logger.warning("%s is left out: no model has a finite %s on it", domain or source, metric)
    if not kept.any():
        raise InputError(f"no score is a finite number for {metric}; look at the rows in scores/")
    return (
        {model: values[kept] for model, values in models.items()},
        [pair for pair, keep in zip(domains, kept, strict=True) if keep],
    )


def _arrange(
    models: dict[str, np.ndarray],
    domains: list[tuple[str, str | None]],
    mixtures: list[Mixture],
    probes: dict[str, Mixture],
    others: dict[str, Mixture],
    sizes: np.ndarray,
) -> Scores:
    missing = np.full(len(domains), np.nan)
    components = {
        split_model_id(model)[1]: values for model, values in models.items() if split_model_id(model)[0] == "component"
    }
    by_kind = {}
    for kind in filter(find_proxy, dict.fromkeys([*_KINDS, *(split_model_id(model)[0] for model in models)])):
        values = [models.get(model_id(kind, mixture.id), missing) for mixture in mixtures]
        if np.isfinite(values).any():
            by_kind[kind] = np.array(values)
    references = _references(models, mixtures)
    if np.isfinite([values for _, values in references]).any():
        by_kind["reference"] = _means(references, len(mixtures), missing)
    trained_on = {probe: components[name] for name, probe in probes.items()}
    if all(mixture in trained_on for mixture in mixtures):  # nothing to merge, as in a study of one unit
        by_kind.setdefault(MERGE.kind, np.full((len(mixtures), len(domains)), np.nan))
    for kind in _KINDS:
        for row, mixture in enumerate(mixtures) if kind in by_kind else ():
            # Averaging one model gives that model, so a sweep need not score it twice.
            if mixture in trained_on and np.isnan(by_kind[kind][row]).all():
                by_kind[kind][row] = trained_on[mixture]
    beside: dict[str, list[tuple[Mixture, np.ndarray]]] = {}
    for model, mixture in others.items():
        beside.setdefault(split_model_id(model)[0], []).append((mixture, models[model]))
    return Scores(mixtures, domains, by_kind, components, models.get("seed"), references, probes, sizes, beside)


def _references(models: dict[str, np.ndarray], mixtures: list[Mixture]) -> list[tuple[int, np.ndarray]]:
    rows = {mixture.id: row for row, mixture in enumerate(mixtures)}
    trained = [
        (*split_reference_id(model), values)
        for model, values in models.items()
        if split_model_id(model)[0] == "reference"
    ]
    known = [(rows[mixture], repeat, values) for mixture, repeat, values in trained if mixture in rows]
    return [(row, values) for row, _, values in sorted(known, key=lambda entry: entry[:2])]


def _means(references: list[tuple[int, np.ndarray]], mixtures: int, missing: np.ndarray) -> np.ndarray:
    """The mean over the reference models of each mixture, [mixtures, domains]."""
    by_row: dict[int, list[np.ndarray]] = {}
    for row, values in references:
        by_row.setdefault(row, []).append(values)
    return np.array([np.mean(by_row.get(row, [missing]), axis=0) for row in range(mixtures)])


def _warn_of_missing(scores: Scores) -> None:
    texts = len(scores.domains) - len(scores.tasks)
    for kind, values in scores.by_kind.items():
        gaps = np.isnan(values[:, :texts])
        gaps = gaps & ~gaps.all(axis=1, keepdims=True)  # what was never scored was not meant to be
        incomplete = [mixture.name for mixture, row in zip(scores.mixtures, gaps, strict=True) if row.any()]
        if incomplete:
            remedy = "left out where they lack them" if kind == "reference" else "predicted from those of the others"
            logger.warning(
                "%d of %d mixtures lack scores of kind %s (%s): %s%s",
                len(incomplete), len(scores.mixtures), kind, remedy, "; ".join(incomplete[:5]),
                "; …" if len(incomplete) > 5 else "",
            )  # fmt: skip
    is_scored = {kind: np.isfinite(values[:, :texts]).all(axis=1) for kind, values in scores.by_kind.items()}
    for column, task in enumerate(scores.tasks, start=texts):
        for kind in filter(_takes_tasks, is_scored):
            missing = is_scored[kind] & np.isnan(scores.by_kind[kind][:, column])
            if missing.any():
                logger.warning(
                    "task %s: %d of %d scored mixtures have no result of kind %s, predicted from those of the others",
                    task, missing.sum(), is_scored[kind].sum(), kind,
                )  # fmt: skip


def _takes_tasks(kind: str) -> bool:
    proxy = find_proxy(kind)
    return proxy is not None and proxy.is_model
