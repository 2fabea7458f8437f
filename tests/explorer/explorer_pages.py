"""Pages of the explorer for made-up studies, opened in a browser that keeps every error."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page

from hf_ablate.explorer.payload import explorer_payload
from hf_ablate.explorer.write import write_explorer
from hf_ablate.exports.export_input import ExportInput
from hf_ablate.exports.formats import FORMATS
from hf_ablate.exports.unit_text import UnitText
from hf_ablate.mixtures.units import CorpusUnits
from hf_ablate.prediction.evidence import Evidence
from hf_ablate.prediction.fitted import FittedStudy, fit_evidence
from hf_ablate.prediction.observations import Observations
from hf_ablate.ranking.arguments import RankSettings
from hf_ablate.ranking.ranked import make_ranking
from hf_ablate.ranking.targets import targets_of


SETTINGS = RankSettings("bits_per_byte", None, bootstrap_samples=10, confidence=0.9, random_seed=0)
HEADER = {"unit_of_measure": "bits per byte", "split": "val"}


def study_of(evidence: Evidence, corpus: CorpusUnits) -> tuple[FittedStudy, dict[str, Any]]:
    """A fitted study of all mixtures of some evidence, and what its page knows of it."""
    named = {kind: _named(evidence, proxy) for kind, proxy in evidence.proxies.items()}
    fitted = fit_evidence(replace(evidence, references=_named(evidence, evidence.references), proxies=named))
    mixtures = [evidence.mixture_of(row) for row in evidence.known_mixtures]
    ranking = replace(make_ranking(fitted, mixtures, targets_of(evidence), SETTINGS, HEADER), corpus=corpus)
    given = ExportInput("x", tuple(UnitText(unit) for unit in evidence.units))
    formats = {name: make(given).as_json(evidence.units) for name, make in FORMATS.items() if name != "mergekit"}
    return fitted, explorer_payload(fitted, ranking, "A made-up study", formats)


def _named(evidence: Evidence, runs: Observations) -> Observations:
    return replace(runs, ids=tuple(evidence.mixture_of(row).id for row in runs.weights))


class Explorer:
    """An open page of the explorer.

    Args:
        browser (`Browser`): that opens it.
        file (`Path`): of the page.
        payload (`dict`, *optional*): to write into the file; default: the page is there.
        fragment (`str`): of the address.
        context (`Any`): of the window, such as `viewport`.
    """

    def __init__(
        self,
        browser: Browser,
        file: Path,
        payload: dict[str, Any] | None = None,
        fragment: str = "",
        **context: Any,
    ) -> None:
        if payload is not None:
            write_explorer(payload, file)
        self.errors: list[str] = []
        self.page: Page = browser.new_page(**context)
        self.page.set_default_timeout(5000)
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.goto(file.as_uri() + fragment)
        self.page.wait_for_function("window.explorer")

    @property
    def weights(self) -> np.ndarray:
        """Of the mixture that is shown."""
        return np.array(self.page.evaluate("Array.from(explorer.state.get().weights)"))

    def drawn(self) -> Page:
        """The page when what was changed is drawn, which takes a frame."""
        self.page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
        return self.page

    def press(self, label: str, key: str, times: int = 1) -> None:
        """Press a key on what a screen reader calls by this name."""
        place = self.page.get_by_label(label, exact=True)
        for _ in range(times):
            place.press(key)
