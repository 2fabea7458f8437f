"""`hf-ablate enumerate`, which in a dry run of a scored study also says what the planned references can tell apart."""

import logging

from ..corpus.description import CorpusDescription
from ..errors import InputError
from ..manifest import has_manifest
from ..mixtures import enumerate as enumeration
from ..mixtures.arguments import EnumerateArguments
from ..mixtures.units import CorpusUnits
from ..prediction.fitted import fit_evidence
from ..prediction.read_evidence import read_evidence
from ..run_folder import RunFolder
from ..text_table import paragraph
from .power import Power, power_of


logger = logging.getLogger(__name__)


def run(arguments: EnumerateArguments) -> None:
    """List the candidate mixtures; in a dry run, say what could be told apart with their references."""
    enumeration.run(arguments)
    folder = RunFolder(arguments.run_dir)
    if arguments.dry_run and arguments.output_format == "table" and has_manifest(folder.scores):
        try:
            print(paragraph(planned_power(arguments).text))
        except InputError as error:
            logger.info("what the references can tell apart is not known: %s", error)


def planned_power(arguments: EnumerateArguments) -> Power:
    """What a study could tell apart, on the mean of domains, with the references that are planned.

    Args:
        arguments ([`EnumerateArguments`]): of the plan.

    Raises:
        `InputError`: for a study whose corpus is not there, or whose scores give no predictor.
    """
    corpus = CorpusUnits.of(CorpusDescription.read(arguments.run_dir))
    evidence = read_evidence(arguments.run_dir)
    known = [
        candidate
        for candidate in enumeration.plan_candidates(arguments, corpus)
        if set(candidate.mixture.units) <= set(evidence.units)
    ]
    mixtures = [candidate.mixture for candidate in known]
    planned = [candidate.mixture for candidate in known if candidate.reference]
    return power_of(fit_evidence(evidence), mixtures, evidence.target(), planned)
