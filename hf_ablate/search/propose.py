"""`hf-ablate propose`: what to train on, what to train next, what more of which would help."""

import logging
from dataclasses import asdict
from typing import Any

from ..manifest import has_manifest, write_text
from ..mixtures.mixture import Mixture
from ..prediction.fitted import fit_evidence
from ..prediction.read_evidence import read_evidence
from ..records import records_text
from ..run_folder import RunFolder
from ..text_table import paragraph
from .arguments import ProposeArguments
from .best import propose_best
from .judge import Judge
from .next_references import propose_next_references
from .read_constraints import read_constraints
from .reference_text import references_text
from .repetition import Repetition, repetition_warnings, repetitions
from .tables import best_text, units_text
from .units import check_limits, propose_units


logger = logging.getLogger(__name__)


def run(arguments: ProposeArguments) -> None:
    """Print what is proposed, as tables or JSON."""
    if arguments.dry_run:
        print(f"propose: fit a predictor to the scores of {arguments.run_dir} and search for the {arguments.purpose}")
        return
    content = propose(arguments)
    text = {"best": best_text, "reference": references_text, "unit": units_text}[arguments.purpose]
    if arguments.output_format == "json":
        print(records_text(content))
        return
    print(text(content))
    if warnings := repetition_warnings(Repetition(**row) for row in content.get("repetition", ())):
        remedy = (
            f"`partition --match_epochs_of {arguments.total_tokens}` makes a study repeat units as the final run does."
        )
        print("\n".join(map(paragraph, [*warnings, remedy])))


def propose(arguments: ProposeArguments) -> dict[str, Any]:
    """What is proposed, as values and tables of flat records; mistakes are found before the predictor is fitted.

    Raises:
        `InputError`: for unknown names, contradictory constraints, and a study without scores.
    """
    evidence = read_evidence(arguments.run_dir, scale=arguments.scale)
    target = evidence.target(arguments.target)
    if mixed := evidence.mixed_units(target.weights):
        logger.warning(mixed)
    constraints = read_constraints(arguments, evidence.units)
    if arguments.purpose == "unit":
        check_limits(constraints)
    judge = Judge(fit_evidence(evidence, arguments.predictor), target, arguments.search)
    if arguments.purpose == "unit":
        return propose_units(judge, constraints)
    is_best = arguments.purpose == "best"
    if is_best:
        content = propose_best(judge, constraints)
        content["repetition"] = [asdict(each) for each in _repetitions(arguments, content["proposed"][0]["mixture"])]
    else:
        content = propose_next_references(judge, constraints, arguments.count, arguments.samples)
    if arguments.output is not None:
        mixtures = [row["mixture"] for row in content["proposed"]]
        write_text(arguments.output, recipe_text(mixtures, 0 if is_best else len(mixtures)))
    return content


def _repetitions(arguments: ProposeArguments, mixture: dict[str, float]) -> list[Repetition]:
    """Of the units of a mixture, where it is known how many tokens the final run has, and how many there are."""
    if arguments.total_tokens is None or not has_manifest(RunFolder(arguments.run_dir).corpus):
        return []
    return repetitions(arguments.run_dir, Mixture.of(mixture), arguments.total_tokens)


def recipe_text(mixtures: list[dict[str, float]], references: int = 0) -> str:
    """A recipe of `hf-ablate enumerate` that lists mixtures.

    Args:
        mixtures (`list[dict[str, float]]`): unit → weight.
        references (`int`): how many of them get a reference model.

    Example:

    ```python
    >>> print(recipe_text([{"pandas": 0.75, "yes": 0.25}]))
    # Proposed by `hf-ablate propose`; `hf-ablate enumerate --config FILE --run_dir RUN_DIR` lists it.
    methods: [given]
    mixtures:
    - {pandas: 0.75, 'yes': 0.25}

    ```
    """
    import yaml

    lines = [
        yaml.safe_dump(mixture, default_flow_style=True, width=float("inf"), allow_unicode=True).strip()
        for mixture in mixtures
    ]
    return (
        "# Proposed by `hf-ablate propose`; `hf-ablate enumerate --config FILE --run_dir RUN_DIR` lists "
        f"{'it' if len(lines) == 1 else 'them'}.\n"
        "methods: [given]\n"
        + (f"num_references: {references}\n" if references else "")
        + "mixtures:\n"
        + "".join(f"- {line}\n" for line in lines)
    )
