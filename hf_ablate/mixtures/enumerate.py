"""`hf-ablate enumerate`: the candidate mixtures of a study, written to `mixtures/mixtures.jsonl`."""

import json
import logging
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

from ..corpus.names import is_pattern
from ..errors import InputError
from ..manifest import (
    digest,
    find_manifest,
    fingerprint,
    has_manifest,
    is_finished,
    read_manifest,
    remove_manifest,
    write_manifest,
    write_text,
)
from ..run_folder import RunFolder, reference_id
from ..text_table import paragraph, text_table
from . import methods
from .arguments import EnumerateArguments
from .mixture import Mixture
from .proposed import proposed_references
from .references import choose_references, imported_references, trained_references
from .units import CorpusUnits


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CandidateMixture:
    """A mixture under study, whether a reference model is trained on it, and with how many seeds."""

    mixture: Mixture
    reference: bool
    reference_seeds: int = 1

    @property
    def reference_models(self) -> list[str]:
        """The ids of its reference model and of the repeats."""
        return [reference_id(self.mixture.id, repeat) for repeat in range(self.reference_seeds * self.reference)]

    def as_row(self) -> dict:
        row = {
            "id": self.mixture.id,
            "name": self.mixture.name,
            "weights": self.mixture.weights,
            "reference": self.reference,
        }
        return row | ({"reference_seeds": self.reference_seeds} if self.reference_seeds > 1 else {})


def plan_candidates(arguments: EnumerateArguments, corpus: CorpusUnits) -> list[CandidateMixture]:
    """The candidates that the arguments describe, over the units of a corpus; nothing is written.

    Reference models in the run folder count: they stay references while their mixtures are candidates. Those that were
    imported are candidates in any case, and get no repeats; those that rounds have asked for are, too.
    """
    imported = imported_references(arguments.run_dir, corpus.names)
    proposed = proposed_references(arguments.run_dir, corpus.names)
    kept = imported | proposed
    by_id = {mixture.id: mixture for mixture in [*enumerate_mixtures(arguments, corpus), *kept.values()]}
    mixtures = list(by_id.values())
    there = trained_references(arguments.run_dir, mixtures) | proposed.keys()
    references = choose_references(mixtures, arguments.num_references, arguments.random_seed, there)
    return [
        CandidateMixture(mixture, name in references, 1 if name in imported else arguments.reference_seeds)
        for name, mixture in by_id.items()
    ]


def enumerate_mixtures(arguments: EnumerateArguments, corpus: CorpusUnits) -> list[Mixture]:
    """The mixtures of all methods of the arguments, each once, in the order of the methods.

    Raises:
        `InputError`: for units that the corpus does not have, and settings that give no mixture or far too many.
    """
    to_mix = _units_to_mix(corpus, arguments.units, arguments.exclude_units)
    methods.check_count(_count(arguments, len(to_mix.names)))
    mixtures: dict[str, Mixture] = {}
    for method in arguments.methods:
        before = len(mixtures)
        for mixture in _mixtures_of(method, arguments, to_mix):
            mixtures.setdefault(mixture.id, mixture)
        if len(mixtures) == before and method == arguments.methods[0]:
            names = to_mix.names
            raise InputError(f"method {method!r} gives no mixture of the {len(names)} units {', '.join(names)}")
    return list(mixtures.values())


def _mixtures_of(method: str, arguments: EnumerateArguments, to_mix: CorpusUnits) -> Iterator[Mixture]:
    units = to_mix.names
    generators = {
        "subsets": lambda: methods.subsets(units, arguments.min_units, arguments.max_units),
        "pairs": lambda: methods.subsets(units, 2, 2),
        "leave_one_out": lambda: methods.leave_one_out(units),
        "add_one": lambda: methods.add_one(units, to_mix.all_named(arguments.base_units)),
        "windows": lambda: chain.from_iterable(methods.windows(units, size) for size in arguments.window_sizes),
        "groups": lambda: methods.of_groups(to_mix, arguments.group_by),
        "simplex_grid": lambda: methods.simplex_grid(units, arguments.grid_steps),
        "dirichlet": lambda: methods.dirichlet(
            units, arguments.samples, arguments.concentration, arguments.random_seed
        ),
        "given": lambda: (methods.given(to_mix, weights) for weights in arguments.mixtures),
        "multipliers": lambda: _multiplied(to_mix, arguments.multipliers, arguments.multipliers_of),
    }
    return generators[method]()


def _multiplied(units: CorpusUnits, multipliers: list[dict], multipliers_of: str) -> Iterator[Mixture]:
    by_tokens = multipliers_of == "available_tokens"
    weights = units.tokens_of_all() if by_tokens else dict.fromkeys(units.names, 1)
    return (methods.multiplied(units, weights, factors) for factors in multipliers)


def _units_to_mix(corpus: CorpusUnits, units: list[str], exclude_units: list[str]) -> CorpusUnits:
    chosen = corpus.all_named(units or corpus.names)
    excluded = corpus.all_named(exclude_units)
    left = [unit for unit in chosen if unit not in excluded]
    if not left:
        raise InputError(f"exclude_units leaves none of the units {', '.join(chosen)}")
    return corpus.only(left)


def _count(arguments: EnumerateArguments, units: int) -> int:
    """How many mixtures the methods give that can give very many."""
    count = 0
    if "subsets" in arguments.methods:
        count += methods.count_subsets(units, arguments.min_units, arguments.max_units)
    if "simplex_grid" in arguments.methods:
        count += methods.count_grid(units, arguments.grid_steps)
    return count


def needs_corpus(arguments: EnumerateArguments) -> bool:
    """Whether the mixtures depend on more of the corpus than its units' names: on groups, or numbers of tokens."""
    mappings = [*arguments.mixtures, *arguments.multipliers]
    named = [*arguments.units, *arguments.exclude_units, *arguments.base_units, *chain.from_iterable(mappings)]
    return (
        "groups" in arguments.methods
        or arguments.multipliers_of == "available_tokens"
        or any("=" in name for name in named)
    )


def run(arguments: EnumerateArguments) -> None:
    """Write the candidate mixtures of a study; does nothing when they are there already."""
    folder = RunFolder(arguments.run_dir)
    if arguments.dry_run and not (has_manifest(folder.corpus) or has_manifest(folder.observations)):
        if not arguments.units or any(map(is_pattern, arguments.units)) or needs_corpus(arguments):
            print("enumerate: planned when the corpus is partitioned, which decides the units and their groups")
            return
        corpus = CorpusUnits(arguments.units)
    else:
        corpus = CorpusUnits.read(arguments.run_dir)
    candidates = plan_candidates(arguments, corpus)
    if not arguments.dry_run:
        _write(arguments, corpus.names, candidates)
    print_summary(candidates, arguments.output_format)


def are_written(arguments: EnumerateArguments, candidates: list[CandidateMixture]) -> bool:
    """Whether the run folder holds exactly these candidates."""
    expected = fingerprint("enumerate", *_identity(arguments, candidates))
    return is_finished(RunFolder(arguments.run_dir).mixtures, expected)


def mixtures_digest(candidates: list[CandidateMixture]) -> str:
    """What identifies candidate mixtures, as their manifest records it."""
    return digest([candidate.as_row() for candidate in candidates])


def _identity(arguments: EnumerateArguments, candidates: list[CandidateMixture]) -> tuple[dict, dict[str, str]]:
    settings = {"num_references": arguments.num_references, "methods": arguments.methods}
    return settings, {"mixtures": mixtures_digest(candidates)}


def _write(arguments: EnumerateArguments, units: list[str], candidates: list[CandidateMixture]) -> None:
    if are_written(arguments, candidates):
        logger.info("mixtures: unchanged, nothing to do")
        return
    settings, inputs = _identity(arguments, candidates)
    _write_rows(
        RunFolder(arguments.run_dir), candidates, settings, inputs, units=units, random_seed=arguments.random_seed
    )


def _write_rows(
    run_folder: RunFolder, candidates: list[CandidateMixture], settings: dict, inputs: dict[str, str], **facts
) -> None:
    folder, rows = run_folder.mixtures, [candidate.as_row() for candidate in candidates]
    remove_manifest(folder)
    write_text(run_folder.mixtures_file, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))
    write_manifest(
        folder, "enumerate", settings, inputs, digest=inputs["mixtures"], count=len(rows),
        references=sum(candidate.reference for candidate in candidates), **facts,
    )  # fmt: skip


def add_reference(run_dir: Path, mixture: Mixture) -> None:
    """Make a mixture a candidate with a reference model, beside the study's other candidates."""
    folder = RunFolder(run_dir)
    made = find_manifest(folder.mixtures) or {"arguments": {}}
    by_id = {each.mixture.id: each for each in read_mixtures(run_dir)} if has_manifest(folder.mixtures) else {}
    candidate = CandidateMixture(mixture, reference=True)
    if by_id.get(mixture.id) == candidate:
        return
    by_id[mixture.id] = candidate
    candidates, units = list(by_id.values()), CorpusUnits.read(run_dir).names
    inputs = {"mixtures": mixtures_digest(candidates)}
    facts = {name: made[name] for name in ("random_seed",) if name in made}
    _write_rows(folder, candidates, made["arguments"], inputs, units=units, **facts)


def print_summary(candidates: list[CandidateMixture], output_format: str) -> None:
    """Print how many mixtures and references there are of each number of units; as JSON, all mixtures."""
    if output_format == "json":
        print(json.dumps([candidate.as_row() for candidate in candidates], ensure_ascii=False))
        return
    sizes = Counter(len(candidate.mixture.units) for candidate in candidates)
    references = Counter(len(candidate.mixture.units) for candidate in candidates if candidate.reference)
    rows = []
    for size in sorted(sizes):
        rows.append([str(size), str(sizes[size]), str(references[size])])
    rows.append(["all", str(sizes.total()), str(references.total())])
    print(text_table(["units", "mixtures", "references"], rows, left=()))
    print(
        paragraph(
            "units: how many units a mixture has. references: how many of them get a reference model, one that is "
            "really trained on the mixture, to check the ranking."
        )
    )
    if (seeds := max(candidate.reference_seeds for candidate in candidates)) > 1:
        models = sum(len(candidate.reference_models) for candidate in candidates)
        print(f"Each reference is trained with {seeds} seeds: {models} reference models.")


def read_mixtures(run_dir: Path) -> list[CandidateMixture]:
    """The candidate mixtures of a study.

    Raises:
        `InputError`: if `hf-ablate enumerate` has not been run.
    """
    folder = RunFolder(run_dir)
    read_manifest(folder.mixtures)
    lines = folder.mixtures_file.read_text(encoding="utf-8").splitlines()
    rows = [json.loads(line) for line in lines]
    return [
        CandidateMixture(Mixture.of(row["weights"]), row["reference"], row.get("reference_seeds", 1)) for row in rows
    ]
