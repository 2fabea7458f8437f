"""Which figures the page shows, section by section."""

from ..ranking.measured import CHOSEN
from .agreement_figure import agreement_intervals
from .barriers_figure import barriers
from .components_figure import components
from .cost_figure import cost
from .curves import evaluation_curves, training_curves
from .drawing import Drawing
from .effects_figure import unit_map, whole_unit_map
from .findings import Findings
from .micro_macro_figure import micro_macro
from .proxies_figure import proxies
from .ranked_study import RankedStudy
from .ranking_figure import ranking_heat_map
from .regret_figure import regret
from .scatters import scatter
from .updates_figure import updates
from .window_map import window_map


def drawings_of(study: RankedStudy, findings: Findings) -> dict[str, dict[str, Drawing | None]]:
    """Draw the figures.

    Args:
        study ([`RankedStudy`]): what the page reports.
        findings ([`Findings`]): what it says beyond the ranking.

    Returns:
        `dict[str, dict[str, Drawing | None]]`: section, as the page's template calls it → name of each figure, and of
        its files → the figure, in the order in which they are shown; `None` where there is nothing to show.
    """
    effects = findings.steps.effects
    return {
        "ranking": {"ranking": ranking_heat_map(study), "windows": window_map(study)},
        "effects": {"effects": effects and unit_map(effects), "effects_all": effects and whole_unit_map(effects)},
        "agreement": {"agreement": agreement_intervals(study)},
        "scatters": {
            f"scatter_{CHOSEN}": scatter(study, CHOSEN) if study.judged == CHOSEN else None,
            "proxies": proxies(study),
            "micro_macro": micro_macro(study),
        },
        "health": {"updates": updates(findings.health), "barriers": barriers(findings.health)},
        "cost": {"cost": cost(study), "regret": regret(study, findings.regrets, findings.steps.proposal)},
        "making": {
            "components": components(study),
            "training": training_curves(study.curves, study.held_out),
            "evaluation": evaluation_curves(study),
        },
    }
