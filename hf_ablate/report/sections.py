"""Which figures the page shows, section by section."""

from ..ranking.measured import CHOSEN
from .agreement_figure import agreement_intervals
from .components_figure import components
from .cost_figure import cost
from .curves import evaluation_curves, training_curves
from .drawing import Drawing
from .effects_figure import drop_heat_map
from .micro_macro_figure import micro_macro
from .next_steps import NextSteps
from .proxies_figure import proxies
from .ranked_study import RankedStudy
from .ranking_figure import ranking_heat_map
from .scatters import scatter
from .window_map import window_map


def drawings_of(study: RankedStudy, steps: NextSteps) -> dict[str, dict[str, Drawing | None]]:
    """Draw the figures.

    Args:
        study ([`RankedStudy`]): what the page reports.
        steps ([`NextSteps`]): what it says beyond the ranking.

    Returns:
        `dict[str, dict[str, Drawing | None]]`: section, as the page's template calls it → name of each figure, and of
        its files → the figure, in the order in which they are shown; `None` where there is nothing to show.
    """
    return {
        "ranking": {"ranking": ranking_heat_map(study), "windows": window_map(study)},
        "effects": {"effects": steps.effects and drop_heat_map(steps.effects)},
        "agreement": {"agreement": agreement_intervals(study)},
        "scatters": {
            f"scatter_{CHOSEN}": scatter(study, CHOSEN) if study.judged == CHOSEN else None,
            "proxies": proxies(study),
            "micro_macro": micro_macro(study),
        },
        "cost": {"cost": cost(study)},
        "making": {
            "components": components(study),
            "training": training_curves(study.curves),
            "evaluation": evaluation_curves(study),
        },
    }
