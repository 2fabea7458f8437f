"""`hf-ablate enumerate`: the candidate mixtures of a study, written to `mixtures/mixtures.jsonl`."""

import json
import logging
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ..corpus.names import is_pattern
from ..manifest import (
    digest,
    file_state,
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
from .arguments import EnumerateArguments
from .from_arguments import enumerate_mixtures, needs_corpus
from .mixture import Mixture
from .proposed import proposed_references
from .references import choose_references, imported_references, named_references, trained_references
from .units import CorpusUnits


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class CandidateMixture:
    """A mixture under study, whether and with how many seeds a reference model is trained on it, and its methods."""

    mixture: Mixture
    reference: bool
    reference_seeds: int = 1
    methods: tuple[str, ...] = ()

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
        seeds = {"reference_seeds": self.reference_seeds} if self.reference_seeds > 1 else {}
        return row | seeds | ({"methods": list(self.methods)} if self.methods else {})


def plan_candidates(
    arguments: EnumerateArguments, corpus: CorpusUnits, adopted: Sequence[Mixture] = ()
) -> list[CandidateMixture]:
    """The candidates that the arguments describe, over the units of a corpus; nothing is written.

    Reference models in the run folder count: they stay references while their mixtures are candidates. Those that were
    imported are candidates in any case, and get no repeats; those that rounds have asked for are, too.

    Args:
        arguments ([`EnumerateArguments`]): what to list.
        corpus ([`CorpusUnits`]): the units.
        adopted (`Sequence[Mixture]`): those of reference models that will be in the run folder by then.
    """
    imported = imported_references(arguments.run_dir, corpus.names) | {mixture.id: mixture for mixture in adopted}
    proposed = proposed_references(arguments.run_dir, corpus.names)
    methods_of = enumerate_mixtures(arguments, corpus)
    enumerated = {mixture.id for mixture in methods_of}
    methods_of |= {mixture: [] for name, mixture in (imported | proposed).items() if name not in enumerated}
    mixtures = list(methods_of)
    named = named_references(arguments.references, methods_of, corpus)
    there = trained_references(arguments.run_dir, mixtures) | proposed.keys() | imported.keys()
    references = choose_references(mixtures, arguments.num_references, arguments.random_seed, named | there)
    return [
        CandidateMixture(
            mixture,
            mixture.id in references,
            1 if mixture.id in imported else arguments.reference_seeds,
            tuple(given_by),
        )
        for mixture, given_by in methods_of.items()
    ]


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


def add_references(run_dir: Path, mixtures: Iterable[Mixture]) -> None:
    """Make mixtures candidates with a reference model, beside the study's other candidates."""
    folder = RunFolder(run_dir)
    made = find_manifest(folder.mixtures) or {"arguments": {}}
    before = {each.mixture.id: each for each in read_mixtures(run_dir)} if has_manifest(folder.mixtures) else {}
    added = {
        mixture.id: CandidateMixture(mixture, True, methods=before[mixture.id].methods if mixture.id in before else ())
        for mixture in mixtures
    }
    by_id = before | added
    if by_id == before:
        return
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
        print(paragraph(f"Each reference is trained with {seeds} seeds: {models} reference models."))


def read_mixtures(run_dir: Path) -> list[CandidateMixture]:
    """The candidate mixtures of a study.

    Raises:
        `InputError`: if `hf-ablate enumerate` has not been run.
    """
    folder = RunFolder(run_dir)
    read_manifest(folder.mixtures)
    return list(_read(folder.mixtures_file, file_state(folder.mixtures_file)))


@lru_cache(maxsize=2)  # thousands of mixtures, which every stage asks for twice
def _read(path: Path, state: tuple[int, ...]) -> tuple[CandidateMixture, ...]:
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    return tuple(
        CandidateMixture(
            Mixture.of(row["weights"]), row["reference"], row.get("reference_seeds", 1), tuple(row.get("methods", ()))
        )
        for row in rows
    )
