"""What a final training of a given length takes of each unit: its tokens, and how often its text is seen."""

from collections.abc import Mapping

from ..errors import InputError
from ..mixtures.choose import units_of_study
from ..mixtures.mixture import Mixture
from ..search.read_constraints import available_tokens, study_units
from ..search.repetition import GOOD_EPOCHS, final_epochs
from .arguments import ExportArguments
from .export_input import Budget
from .shares import apportion


_ROUNDING = 1e-6  # relative: a mixture that `propose` has put at the limit may be above it by a rounding error


def read_budgets(arguments: ExportArguments, mixture: Mixture) -> dict[str, Budget]:
    """The tokens and epochs of a mixture's units in the final training; none where that is not asked about.

    Args:
        arguments ([`ExportArguments`]): with the tokens of the training.
        mixture ([`Mixture`]): that it is trained on.

    Raises:
        `InputError`: for units that are repeated more often than `max_epochs`, or of which that is not known.
    """
    total = arguments.total_tokens
    if total is None:
        return {}
    run_dir = arguments.run_dir
    corpus = study_units(run_dir, tuple(units_of_study(run_dir).names), arguments.available_tokens)
    epochs = final_epochs(corpus.tokens, mixture, total)
    if arguments.max_epochs is not None:
        available_tokens(corpus.only(mixture.units))  # which says what is missing
        most = arguments.max_epochs * (1 + _ROUNDING)
        too_often = [f"{unit} {times:.3g}" for unit, times in epochs.items() if times > most]
        if too_often:
            raise InputError(
                f"max_epochs is {arguments.max_epochs:g}, and {total:,} tokens repeat more often: "
                f"{', '.join(too_often)} epochs. Plan for fewer tokens, or take the mixture that "
                f"`hf-ablate propose --max_epochs {arguments.max_epochs:g} --total_tokens {total}` finds"
            )
    tokens = apportion([weight for _, weight in mixture.items], total)
    return {unit: Budget(count, epochs.get(unit)) for unit, count in zip(mixture.units, tokens, strict=True)}


def repetition_notes(budgets: Mapping[str, Budget]) -> list[str]:
    """A note on every unit that is repeated more than four times, and one on those of which that is not known.

    Args:
        budgets (`Mapping[str, Budget]`): unit → what it is to the final training.

    Example:

    ```python
    >>> repetition_notes({"code": Budget(600, 6.0), "news": Budget(300, 0.5), "web": Budget(100, None)})
    ['code is seen 6.0 times: beyond 4 epochs, repeated text is worth less and less (arXiv 2305.16264).',
     'How often the text of web is seen is not known; give --available_tokens.']

    ```
    """
    often = [
        f"{unit} is seen {budget.epochs:.1f} times: beyond {GOOD_EPOCHS:g} epochs, repeated text is worth less and "
        "less (arXiv 2305.16264)."
        for unit, budget in budgets.items()
        if budget.epochs is not None and budget.epochs > GOOD_EPOCHS
    ]
    unknown = [unit for unit, budget in budgets.items() if budget.epochs is None]
    if unknown:
        often.append(f"How often the text of {', '.join(unknown)} is seen is not known; give --available_tokens.")
    return often
