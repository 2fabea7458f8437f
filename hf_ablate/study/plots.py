"""The report's figures, for notebooks."""

import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError
from ..manifest import read_manifest
from ..run_folder import TRAINED_KINDS, RunFolder


if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from ..report.drawing import Drawing
    from ..report.findings import Findings
    from ..report.ranked_study import RankedStudy


class StudyPlots:
    """The figures of a study's report, drawn from the run folder; the predictor is fitted again when first needed.

    Args:
        run_dir (`Path`): of a ranked study; for the training loss, of any.

    Example:

    ```python
    figure = Study.open("runs/quickstart").plot.agreement()
    figure.savefig("agreement.pdf")
    ```
    """

    def __init__(self, run_dir: Path) -> None:
        self._run_dir = run_dir

    def ranking(self, most: int = 32) -> "Figure":
        """The best `most` mixtures: the units in them, and how far each is from the best on every domain."""
        from ..report.ranking_figure import ranking_heat_map

        return self._draw(lambda study: ranking_heat_map(study, most))

    def agreement(self) -> "Figure":
        """Correlation and decision accuracy of every predictor, with intervals.

        Raises:
            `InputError`: if no reference model is scored.
        """
        from ..report.agreement_figure import agreement_intervals

        return self._draw(agreement_intervals, "no reference model of two units or more is scored")

    def scatter(self, proxy: str | None = None) -> "Figure":
        """Predicted scores against those of the reference models, a panel per domain.

        Args:
            proxy (`str`, *optional*): `merge` or `ensemble`; default: the predictor that answers, without each model.

        Raises:
            `InputError`: if no reference model is scored, and for a proxy that the mixtures were not ranked by.
        """
        from ..report.scatters import scatter

        return self._draw(
            lambda study: scatter(study, study.judged if proxy is None else study.ranking.predictor(proxy)),
            "no reference model of two units or more is scored",
        )

    def proxies(self) -> "Figure":
        """Every proxy against the reference models, a panel per domain, with the components of each mixture behind.

        Raises:
            `InputError`: if no proxy of a mixture with a reference model is scored.
        """
        from ..report.proxies_figure import proxies

        return self._draw(proxies, "no proxy of a mixture with a reference model is scored")

    def micro_macro(self) -> "Figure":
        """Micro- and macro-merges against the reference models, and which is nearer by the imbalance of groups.

        Raises:
            `InputError`: if no mixture with a reference model has two merges that differ.
        """
        from ..report.micro_macro_figure import micro_macro

        return self._draw(micro_macro, "no macro-merge differs from its micro-merge; see `evaluate --merge_by`")

    def windows(self) -> "Figure":
        """Neighbouring units in equal parts, such as years, on the text of each of these units.

        Raises:
            `InputError`: if the units have no order, or no two windows over them are scored.
        """
        from ..report.window_map import window_map

        return self._draw(window_map, "no windows over units with an order are scored; see `enumerate`")

    def components(self) -> "Figure":
        """Every component on every domain.

        Raises:
            `InputError`: for fewer than two components.
        """
        from ..report.components_figure import components

        return self._draw(components, "fewer than two components are scored")

    def effects(self) -> "Figure":
        """What having each unit in the mixture does to each domain: the best or, after `hf-ablate effects`, its own.

        Raises:
            `InputError`: for a study of one unit.
        """
        from ..report.effects_figure import unit_map

        return self._find(
            lambda found: found.steps.effects and unit_map(found.steps.effects), "there is one unit, or no other set"
        )

    def updates(self) -> "Figure":
        """How the updates of the components point, and how long they are; reads all weights, once.

        Raises:
            `InputError`: for fewer than two components, and where their weights were never there.
        """
        from ..report.updates_figure import updates

        return self._find(
            lambda found: updates(found.health), "the weights of two components and the seed are missing"
        )

    def barriers(self) -> "Figure":
        """What merges of two components lose against the straight line between the two, for the pairs that matter.

        Raises:
            `InputError`: if no merges are scored.
        """
        from ..report.barriers_figure import barriers

        return self._find(lambda found: barriers(found.health), "no merges are scored")

    def regret(self) -> "Figure":
        """What reference models cost, against the regret that they leave; fits the predictor several times.

        Raises:
            `InputError`: where reference models are too few, and no others are expected to help.
        """
        from ..report.ranked_study import read_ranked_study
        from ..report.regret_figure import regret

        study = read_ranked_study(self._run_dir)
        return self._find(
            lambda found: regret(study, found.regrets, found.steps.proposal), "there are too few reference models"
        )

    def cost(self) -> "Figure":
        """Tokens trained on, against training a model for every mixture.

        Raises:
            `InputError`: if no component model is recorded.
        """
        from ..report.cost_figure import cost

        return self._draw(cost, "no component model is recorded")

    def training(self) -> "Figure":
        """Training loss over tokens, and of held-out text, of all models there are; the study need not be ranked.

        Raises:
            `InputError`: if training logged nothing.
        """
        from ..mixtures.ranked import MEAN
        from ..report.curves import training_curves
        from ..report.training_log import read_log

        folders = RunFolder(self._run_dir).saved_models(*TRAINED_KINDS)
        logs = {read_manifest(folder)["model"]: read_log(folder) for folder in folders}
        losses = {model: loss for model, (loss, _) in logs.items()}
        held_out = {model: scores[MEAN] for model, (_, scores) in logs.items() if MEAN in scores}
        return self._styled(lambda: training_curves(losses, held_out), "training logged no losses")

    def evaluation(self) -> "Figure":
        """Scores of held-out text over tokens, of every component.

        Raises:
            `InputError`: if training evaluated nothing.
        """
        from ..report.curves import evaluation_curves

        return self._draw(evaluation_curves, "training evaluated nothing; see `train --eval_steps`")

    def _find(self, drawing_of: Callable[["Findings"], "Drawing | None"], otherwise: str) -> "Figure":
        return self._styled(lambda: drawing_of(self._findings), otherwise)

    @cached_property
    def _findings(self) -> "Findings":
        from ..mixtures.ranked import read_ranking
        from ..ranking.refit import fit_ranked
        from ..report.arguments import ReportSettings
        from ..report.findings import Findings

        ranking = read_ranking(self._run_dir)
        return Findings(self._run_dir, ranking, fit_ranked(self._run_dir), ReportSettings(slow="all"))

    def _draw(self, drawing_of: Callable[["RankedStudy"], "Drawing | None"], otherwise: str = "") -> "Figure":
        from ..report.ranked_study import read_ranked_study

        return self._styled(lambda: drawing_of(read_ranked_study(self._run_dir)), otherwise)

    def _styled(self, draw: Callable[[], "Drawing | None"], otherwise: str) -> "Figure":
        from ..report.style import style

        if "IPython" in sys.modules:
            _show_figures_in_notebooks()
        with style():
            drawing = draw()
        if drawing is None:
            raise InputError(f"there is nothing to draw in {self._run_dir}: {otherwise}")
        return drawing.figure


def _show_figures_in_notebooks() -> None:
    """Import matplotlib's backend, which is what makes a notebook show a figure that a cell returns."""
    import matplotlib
    from matplotlib.backends import backend_registry

    backend_registry.load_backend_module(matplotlib.get_backend())
