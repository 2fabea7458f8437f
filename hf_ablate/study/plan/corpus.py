"""What a run will do to the corpus and to the candidate mixtures."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...corpus.arguments import PartitionArguments
from ...corpus.description import CorpusDescription
from ...corpus.dry_run import describe_input
from ...corpus.names import is_pattern
from ...corpus.partition import is_partitioned
from ...manifest import find_manifest, has_manifest
from ...mixtures.arguments import EnumerateArguments
from ...mixtures.enumerate import CandidateMixture, are_written, mixtures_digest, plan_candidates, read_mixtures
from ...mixtures.from_arguments import needs_corpus
from ...mixtures.mixture import Mixture
from ...mixtures.units import CorpusUnits
from ...run_folder import RunFolder
from ...saved_tokenizer import vocab_size_of
from .change import Change, StagePlan


@dataclass(frozen=True)
class CorpusPlan:
    """The corpus that later stages will find.

    Args:
        change ([`Change`]): whether it will be made anew.
        corpus (`CorpusDescription | None`): as it is, or as far as its recipe decides it; `None` if there is neither.
        stage (`StagePlan | None`): of `partition`; `None` if the study has no recipe for it.
    """

    change: Change
    corpus: CorpusDescription | None
    stage: StagePlan | None


def plan_corpus(arguments: PartitionArguments | None, run_dir: Path) -> CorpusPlan:
    """The corpus of a study.

    Args:
        arguments (`PartitionArguments`, *optional*): of its recipe; `None` if there is none.
        run_dir (`Path`): the run folder.

    Raises:
        `InputError`: for input that is not there, and mistakes that its names alone show.
    """
    made = CorpusDescription.find(RunFolder(run_dir).corpus)
    if arguments is None:
        return CorpusPlan(Change.NO, made, None)
    if made and is_partitioned(arguments):
        return CorpusPlan(Change.NO, made, StagePlan("partition", Change.NO))
    lines, facts = describe_input(arguments)
    plan = StagePlan("partition", Change.YES, lines[0], details="\n".join(lines[1:]), facts=facts)
    return CorpusPlan(Change.YES, CorpusDescription.planned(arguments), plan)


@dataclass(frozen=True)
class MixturesPlan:
    """The candidate mixtures that later stages will find.

    Args:
        change ([`Change`]): whether they will be others.
        candidates (`list[CandidateMixture] | None`): the mixtures; `None` where only the corpus will decide them.
        stage (`StagePlan | None`): of `enumerate`; `None` if the study has no recipe for it.
    """

    change: Change
    candidates: list[CandidateMixture] | None
    stage: StagePlan | None


def plan_mixtures(
    arguments: EnumerateArguments | None, corpus: CorpusPlan, run_dir: Path, adopted: Sequence[Mixture] = ()
) -> MixturesPlan:
    """The candidate mixtures of a study.

    Args:
        arguments (`EnumerateArguments`, *optional*): of the recipe; `None` if there is none.
        corpus ([`CorpusPlan`]): what the stage before leaves.
        run_dir (`Path`): the run folder.
        adopted (`Sequence[Mixture]`): those of reference models that will have been adopted.

    Raises:
        `InputError`: for units that the corpus does not have.
    """
    if arguments is None:
        written = has_manifest(RunFolder(run_dir).mixtures)
        return MixturesPlan(Change.NO, read_mixtures(run_dir) if written else [], None)
    units = _units(arguments, corpus)
    if units is None:
        what = "the units and their groups decide the mixtures"
        return MixturesPlan(Change.MAYBE, None, StagePlan("enumerate", Change.MAYBE, what, "partition"))
    candidates = plan_candidates(arguments, units, adopted)
    sizes = Counter(len(candidate.mixture.units) for candidate in candidates)
    references = sum(candidate.reference for candidate in candidates)
    facts = {"mixtures": len(candidates), "references": references}
    facts["by_number_of_units"] = {str(size): sizes[size] for size in sorted(sizes)}
    stage_change = Change.NO if are_written(arguments, candidates) else Change.YES
    what = f"{len(candidates)} mixtures, {references} of them with a reference model"
    written = find_manifest(RunFolder(run_dir).mixtures)
    is_same = written is not None and written["digest"] == mixtures_digest(candidates)
    stage = StagePlan("enumerate", stage_change, what, facts=facts)
    return MixturesPlan(Change.NO if is_same else Change.YES, candidates, stage)


def _units(arguments: EnumerateArguments, plan: CorpusPlan) -> CorpusUnits | None:
    """The units to mix; `None` where only the corpus decides them or their groups."""
    corpus = plan.corpus
    if corpus is not None and (plan.change is Change.NO or plan.stage is None):  # adopted, its units are known
        return CorpusUnits.of(corpus)
    if corpus is not None and corpus.units_are_final:
        return None if needs_corpus(arguments, corpus.groups_are_known) else CorpusUnits.of(corpus)
    if needs_corpus(arguments):
        return None
    named = [] if any(map(is_pattern, arguments.units)) else arguments.units
    return CorpusUnits(named) if named else None


def with_vocabulary(corpus: CorpusDescription, arguments: PartitionArguments | None) -> CorpusDescription:
    """The corpus with the size of its vocabulary: a planned one takes it from the tokenizer that its recipe names."""
    if corpus.vocab_size is not None or arguments is None:
        return corpus
    from ...corpus.tokenizers import load_tokenizer

    return replace(corpus, vocab_size=vocab_size_of(load_tokenizer(arguments.tokenizer)))
