"""`hf-ablate propose`: what to train on, what to train next, what more of which would help."""

from typing import Any

from ..manifest import write_text
from ..prediction.fitted import fit_evidence
from ..prediction.read_evidence import read_evidence
from ..prediction.targets import domain_weights
from ..records import records_text
from .arguments import ProposeArguments
from .best import propose_best
from .judge import Judge
from .read_constraints import read_constraints
from .tables import best_text, units_text
from .units import check_limits, propose_units


def run(arguments: ProposeArguments) -> None:
    """Print what is proposed, as tables or JSON."""
    if arguments.dry_run:
        print(f"propose: fit a predictor to the scores of {arguments.run_dir} and search for the {arguments.purpose}")
        return
    content = propose(arguments)
    text = {"best": best_text, "unit": units_text}[arguments.purpose]
    print(records_text(content) if arguments.output_format == "json" else text(content))


def propose(arguments: ProposeArguments) -> dict[str, Any]:
    """What is proposed, as values and tables of flat records; mistakes are found before the predictor is fitted.

    Raises:
        `InputError`: for unknown names, contradictory constraints, and a study without scores.
    """
    evidence = read_evidence(arguments.run_dir, scale=arguments.scale)
    target = domain_weights(arguments.target, evidence.domains)
    constraints = read_constraints(arguments, evidence.units)
    if arguments.purpose == "unit":
        check_limits(constraints)
    judge = Judge(fit_evidence(evidence, arguments.predictor), target, arguments)
    if arguments.purpose == "unit":
        return propose_units(judge, constraints)
    content = propose_best(judge, constraints)
    if arguments.output is not None:
        write_text(arguments.output, recipe_text(content["proposed"][0]["mixture"]))
    return content


def recipe_text(mixture: dict[str, float]) -> str:
    """A recipe of `hf-ablate enumerate` that lists a mixture.

    Args:
        mixture (`dict[str, float]`): unit → weight.

    Example:

    ```python
    >>> print(recipe_text({"pandas": 0.75, "yes": 0.25}))
    # A mixture that `hf-ablate propose` found; `hf-ablate enumerate --config FILE --run_dir RUN_DIR` lists it.
    methods: [given]
    mixtures:
    - {pandas: 0.75, 'yes': 0.25}

    ```
    """
    import yaml

    weights = yaml.safe_dump(mixture, default_flow_style=True, width=float("inf"), allow_unicode=True).strip()
    return (
        "# A mixture that `hf-ablate propose` found; `hf-ablate enumerate --config FILE --run_dir RUN_DIR` lists it.\n"
        f"methods: [given]\nmixtures:\n- {weights}\n"
    )
