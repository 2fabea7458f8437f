"""The explorer's views of the ranked mixtures, in a real Chromium."""

import numpy as np
import pytest


@pytest.fixture(scope="module")
def front_script(load_scripts):
    return load_scripts("../vendor/d3.min.js", "front_view.js")


@pytest.mark.parametrize("levels", [5, 1000])  # of few levels, many mixtures are equal
def test_the_front_holds_what_no_other_beats(front_script, levels):
    scores = np.random.default_rng(levels).integers(levels, size=(2, 60)).astype(float)
    front = front_script.evaluate("([first, second]) => paretoFront(first, second)", scores.tolist())
    assert sorted(front) == no_other_beats(scores)
    assert np.all(np.diff(scores[:, front]) * [[1], [-1]] >= 0)


def no_other_beats(scores: np.ndarray) -> list[int]:
    """Positions of the mixtures, [targets, mixtures], that none is better than on one target and as good on all."""
    as_good = np.all(scores[:, :, None] <= scores[:, None, :], axis=0)
    better = np.any(scores[:, :, None] < scores[:, None, :], axis=0)
    return np.flatnonzero(~np.any(as_good & better, axis=0)).tolist()
