"""What people would say of effects and comparisons."""

import numpy as np
import pytest

from hf_ablate.ablation.changes import Change
from hf_ablate.ablation.compare import Comparison
from hf_ablate.ablation.effects import Effect
from hf_ablate.ablation.estimates import estimate
from hf_ablate.ablation.sentences import comparison_sentence, effect_sentence
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.prediction.targets import domain_weights


NAMES = ("scipy", "sympy", "torch", "pandas", "web")
DOMAINS = [f"in/{name}" for name in NAMES]
SD = 0.0024  # ± 0.004


def sentence(
    kind: str, target: str | None, on_target: float, on_domains: dict[str, float], other: str | None = None
) -> str:
    """Of a change of `sympy` with these effects, all known as well as each other; none on the other domains."""
    change = Change(kind, "sympy", other, Mixture.uniform(["torch"]))
    values = [(domain_weights(target, DOMAINS), on_target)]
    for domain in DOMAINS:
        if domain_weights(target, DOMAINS).name != domain:
            values.append((domain_weights(domain, DOMAINS), on_domains.get(domain.removeprefix("in/"), 0.0)))
    effects = [Effect(change, judged, estimate(value, SD, 0.001, 0.9), 0.001) for judged, value in values]
    return effect_sentence(effects, "bits per byte")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            sentence("drop", "scipy", 0.011, {}),
            "dropping sympy costs 0.011 ± 0.004 bits per byte on scipy, and no clear difference elsewhere",
        ),
        (
            sentence("drop", "scipy", 0.011, {"torch": -0.02}),
            "dropping sympy costs 0.011 ± 0.004 bits per byte on scipy; elsewhere better on torch (0.020 ± 0.004); "
            "no clear difference on the other 3",
        ),
        (
            sentence("upweight", None, -0.011, dict(zip(NAMES, (-0.01, -0.04, -0.03, -0.02, 1), strict=True))),
            "upweighting sympy by 10% saves 0.011 ± 0.004 bits per byte on the mean of domains: worse on web (1.000 ± "
            "0.004); better on sympy (0.040 ± 0.004), torch (0.030 ± 0.004), pandas (0.020 ± 0.004) and 1 more",
        ),
        (
            sentence("swap", None, 0.003, {}, other="torch"),
            "swapping sympy for torch makes no clear difference on the mean of domains or elsewhere",
        ),
        (
            sentence("add", None, 0.003, {"web": 0.01}),
            "adding sympy makes no clear difference on the mean of domains: worse on web (0.010 ± 0.004); "
            "no clear difference on the other 4",
        ),
    ],
)  # fmt: skip
def test_effects_are_said_as_people_would(found, expected):
    assert found == expected


def test_an_effect_on_the_target_alone_says_nothing_of_other_domains():
    target = domain_weights(None, DOMAINS)
    effect = Effect(Change("swap", "a", "b", Mixture.uniform(["b"])), target, estimate(0.2, SD, 0, 0.9), 0.0)
    assert effect_sentence([effect], "nats") == "swapping a for b costs 0.200 ± 0.004 nats on the mean of domains"


def compared(value: float, sd: float, probability: float, **facts) -> str:
    facts = {"basis": "predicted", "noise_floor": 0.0, "documents": None, "more_references": 0} | facts
    judged = estimate(value, sd, facts["noise_floor"], 0.9)
    found = Comparison(estimate=judged, probability=probability, **facts)
    return comparison_sentence(found, ("A", "B"), "mean", "bits per byte")


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (
            compared(0.02, SD, 0.001),
            "As predicted, B is better than A by 0.020 ± 0.004 bits per byte on the mean of domains (probability over "
            "0.99).",
        ),
        (
            compared(-0.005, SD, 0.98, basis="references", documents=1200),
            "As measured on reference models, paired over 1,200 documents, A is better than B by 0.005 ± 0.004 bits "
            "per byte on the mean of domains (probability 0.98).",
        ),
        (
            compared(-0.003, SD, 0.89, more_references=1),
            "As predicted, there is no clear difference between A and B: the first is better by 0.003 ± "
            "0.004 bits per byte on the mean of domains (probability 0.89). 1 more reference model of each would "
            "settle it, if the difference stays what it is.",
        ),
        (
            compared(0.001, SD, 0.34, more_references=None, noise_floor=0.01),
            "As predicted, there is no clear difference between A and B: the second is better by 0.001 ± "
            "0.004 bits per byte on the mean of domains (probability 0.66). One training of each shows that only by "
            "chance: the noise floor is 0.0100. Not even 1,000 more reference models of each would settle it.",
        ),
    ],
)
def test_comparisons_are_said_as_people_would(found, expected):
    assert found == expected


def test_weighted_targets_keep_their_names():
    target = domain_weights({"scipy": 1, "web": 3}, DOMAINS)
    change = Change("drop", "sympy", None, Mixture.uniform(["torch"]))
    effects = [
        Effect(change, judged, estimate(0.01, SD, 0, 0.9), 0.0) for judged in (target, domain_weights("web", DOMAINS))
    ]
    assert np.isclose(target.weights.sum(), 1)
    assert effect_sentence(effects, "nats").startswith(
        "dropping sympy costs 0.010 ± 0.004 nats on 0.25 in/scipy + 0.75 in/web: worse on web (0.010"
    )
