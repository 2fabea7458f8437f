"""Figures of what training logged: the loss of every model, and the held-out scores of the components."""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from ..mixtures.ranked import MEAN
from ..ranking.tables import short_name
from ..run_folder import split_model_id
from .drawing import Drawing
from .ranked_study import RankedStudy
from .style import ACCENT, GREY, LINES, SECOND, WIDTH, label_text, panels
from .training_log import Points


MOST_PANELS = 8
_OWN_DOMAIN = "own domain"
_KINDS = {"seed": "seed model", "component": "components", "reference": "reference models"}


def training_curves(losses: Mapping[str, Points], held_out: Mapping[str, Points] | None = None) -> Drawing | None:
    """Training loss over tokens, and beneath it that of held-out text: the seed, the components, the reference models.

    Args:
        losses (`Mapping[str, list[tuple[int, float]]]`): id of a model → (tokens seen, loss). Seeds of several studies
            may be told apart as `seed:<name>`.
        held_out (`Mapping[str, list[tuple[int, float]]]`, *optional*): id of a model → (tokens seen, bits per byte on
            the mean of domains), of those whose training evaluated.
    """
    measures = [
        (measure, label, found)
        for measure, label, curves in (
            ("loss", "training loss (nats per token)", losses),
            ("bits_per_byte", "held-out text (bits per byte)", held_out or {}),
        )
        if (found := {model: points for model, points in curves.items() if len(points) > 1})
    ]
    kinds = {split_model_id(model)[0]: None for _, _, curves in measures for model in curves}
    if not kinds:
        return None
    titles = {kind: title for kind, title in _KINDS.items() if kind in kinds}
    figure, axes = panels(len(titles), len(measures), WIDTH, 2.6)
    grid = iter(axes)
    for _, label, curves in measures:
        for place, (kind, title) in enumerate(titles.items()):
            panel, own = next(grid), {model: curves[model] for model in curves if split_model_id(model)[0] == kind}
            panel.set_visible(bool(own))
            _draw_curves(panel, kind, own)
            panel.set_title(f"{title}  ({len(own)})" if len(own) > 1 else title)
            if place == 0:
                panel.set_ylabel(label)
    rows = [
        {"kind": split_model_id(model)[0], "model": model, "measure": measure, "tokens": tokens, "value": value}
        for measure, _, curves in measures
        for model, points in curves.items()
        for tokens, value in points
    ]
    evaluated = " Beneath it, held-out text, on the mean of domains." if len(measures) > 1 else ""
    return Drawing(figure, rows, f"Training loss of every model over the tokens that it has seen.{evaluated}")


def _draw_curves(panel: Axes, kind: str, curves: Mapping[str, Points]) -> None:
    many = len(curves) > len(LINES)
    for position, (model, points) in enumerate(curves.items()):
        tokens, values = zip(*points, strict=True)
        colour = GREY if model == "seed" else LINES[position % len(LINES)]
        label = label_text(split_model_id(model)[1]) if kind != "reference" else None
        panel.plot(
            np.array(tokens) / 1e6, values, color=SECOND if many else colour, linewidth=1.1,
            alpha=0.45 if many else 0.9, label=label,
        )  # fmt: skip
    panel.set_xlabel("million tokens")
    panel.locator_params(axis="x", nbins=5)
    panel.grid(True)
    if kind != "reference" and 1 < len(curves) <= len(LINES):
        panel.legend(loc="upper right", handlelength=1.2)


def evaluation_curves(study: RankedStudy) -> Drawing | None:
    """Bits per byte of held-out text over training tokens: a line per component, a panel per domain.

    In the panel of the domain that a component was trained on, its line is the thick one. Where there are more domains
    than panels, panels show sources instead, and one panel every component on its own domain.
    """
    components = {
        split_model_id(model)[1]: study.evaluations[model]
        for model in study.of_kind("component")
        if len(study.evaluations[model].get(MEAN, [])) > 1
    }
    if not components:
        return None
    shown = _evaluation_panels(components)
    few = len(components) <= len(LINES)
    colours = dict(zip(components, LINES, strict=False))
    columns = min(3 if len(shown) in (3, 5, 6) else 4, len(shown))
    figure, axes = panels(columns, -(-len(shown) // columns), WIDTH, 2.3)
    for panel, (name, curves) in zip(axes, shown.items(), strict=False):
        front = short_name(name)
        pale = 0.55 if front in curves or not few else 0.9
        for unit, points in curves.items():
            tokens, bits = zip(*points, strict=True)
            own = unit == front or name == _OWN_DOMAIN
            panel.plot(
                np.array(tokens) / 1e6, bits, color=colours[unit] if few else ACCENT if own else GREY,
                **({"linewidth": 2.1, "zorder": 3} if unit == front else {"linewidth": 1.1, "alpha": pale}),
            )  # fmt: skip
        panel.set_title(label_text(short_name(name)))
        panel.grid(True)
        panel.locator_params(nbins=5)
        panel.set_xlabel("million tokens")
        if panel.get_subplotspec().is_first_col():
            panel.set_ylabel("bits per byte")
    for panel in axes[len(shown) :]:
        panel.set_visible(False)
    labels = colours if few else {"component trained on the domain": ACCENT, "other components": GREY}
    handles = [
        Line2D([], [], color=colour, linewidth=2, label=label_text(label, 36)) for label, colour in labels.items()
    ]
    figure.legend(handles=handles, loc="outside upper right", ncols=min(len(handles), 6), handlelength=1.2)
    rows = [
        {"target": target, "component": unit, "tokens": tokens, "bits_per_byte": bits}
        for target, curves in shown.items()
        for unit, points in curves.items()
        for tokens, bits in points
    ]
    return Drawing(figure, rows, "Held-out text during training: bits per byte of every component (lower is better). "
                   "The thick line is the component trained on the domain itself.")  # fmt: skip


def _evaluation_panels(components: dict[str, dict[str, Points]]) -> dict[str, dict[str, Points]]:
    """Title of each panel → unit → curve."""
    names = list(dict.fromkeys(name for curves in components.values() for name in curves if name != MEAN))
    with_domains = {name.partition("/")[0] for name in names if "/" in name}
    domains = [name for name in names if name not in with_domains]
    sources = list(dict.fromkeys(name.partition("/")[0] for name in names))
    if len(domains) < MOST_PANELS:
        return {name: _on(components, name) for name in [MEAN, *domains]}
    own = {unit: curves[name] for unit, curves in components.items() for name in domains if short_name(name) == unit}
    shown = {MEAN: _on(components, MEAN), _OWN_DOMAIN: own} | {name: _on(components, name) for name in sources}
    return dict([(name, curves) for name, curves in shown.items() if curves][:MOST_PANELS])


def _on(components: dict[str, dict[str, Points]], name: str) -> dict[str, Points]:
    return {unit: curves[name] for unit, curves in components.items() if name in curves}
