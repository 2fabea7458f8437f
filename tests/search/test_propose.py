"""`hf-ablate propose --for best` and `--for unit`, as users run them."""

import json
from dataclasses import replace

import numpy as np
import pytest
import tiny_pool
from documented_json import check_keys
from known_predictor import capped, power_law
from linear_predictor import linear_study
from synthetic_study import UNITS, make_study, subsets

import hf_ablate as ha
from hf_ablate.cli import main
from hf_ablate.mixtures.enumerate import read_mixtures
from hf_ablate.mixtures.methods import dirichlet
from hf_ablate.prediction.fitted import fit_evidence
from hf_ablate.prediction.read_evidence import read_evidence
from hf_ablate.prediction.targets import domain_weights
from hf_ablate.search.arguments import ProposeArguments
from hf_ablate.search.constraints import Constraints
from hf_ablate.search.judge import Judge
from hf_ablate.search.units import propose_units, with_more


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A scored study of all subsets and some mixtures with other weights, with so few references that it fits fast."""
    mixtures = [*subsets(UNITS), *dirichlet(UNITS, 20, 1.0, 0)]
    return make_study(tmp_path_factory.mktemp("study"), mixtures, references=3, proxies=("merged", "ensemble"))


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """A study with components that can be scored."""
    folder = tiny_pool.make_study(tmp_path_factory.mktemp("pool"))
    assert main(["evaluate", "--run_dir", str(folder), "--proxy", "ensemble"]) == 0
    return folder


@pytest.fixture(autouse=True, scope="module")
def fitted_once():
    """Predictors are fitted once for all tests; they are none of this file's business."""
    fits = {}

    def fit_once(evidence, predictor=None):
        key = (evidence.units, predictor)
        fits[key] = fits.get(key) or fit_evidence(evidence, predictor)
        return fits[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("hf_ablate.search.propose.fit_evidence", fit_once)
        yield


def proposed(capsys, *words: object) -> dict:
    """What the command prints as JSON, whose keys are those that docs/json.md explains."""
    capsys.readouterr()
    assert main(["propose", *map(str, words), "--starts", "4", "--output_format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    check_keys(content)
    return content


def test_the_best_mixture_is_no_worse_than_any_that_was_scored(study, capsys):
    content = proposed(capsys, study, "--target", '{"pandas": 3, "out_of_domain": 1}')
    assert content["target"] == "0.75 in_domain/pandas + 0.25 out_of_domain"
    assert [row["target"] for row in content["expected"]][1:] == [
        "in_domain/pandas", "out_of_domain/cpython", "out_of_domain/matplotlib", "out_of_domain/torch_cpp",
    ]  # fmt: skip
    score, *domains = (row["score"] for row in content["expected"])
    assert score == pytest.approx(0.75 * domains[0] + 0.25 / 3 * sum(domains[1:]))
    scored = [row for row in content["comparisons"] if row["role"] == "scored"]
    assert len(scored) >= 50
    assert all(row["difference"] <= 1e-9 for row in scored)
    for row in content["comparisons"]:
        assert row["difference"] == pytest.approx(score - row["score"], abs=1e-9)
        least = max(row["high"] - row["difference"], content["noise_floor"])
        assert row["told_apart"] == (abs(row["difference"]) > least)


def test_it_meets_the_constraints_and_says_which_hold_it_back(study, capsys):
    words = ("--min", '{"s*": 0.5}', "--max", '{"pandas": 0.2}', "--max_units", 3)
    (mixture,) = proposed(capsys, study, *words)["proposed"]
    weights = mixture["mixture"]
    assert weights.get("scipy", 0) + weights.get("sympy", 0) >= 0.5 - 1e-9
    assert weights.get("pandas", 0) <= 0.2 + 1e-9
    assert mixture["number_of_units"] == len(weights) <= 3
    content = proposed(capsys, study, "--min", '{"pandas": 0.9}', "--max", '{"scipy": 0.5}')
    assert content["constraints"] == [{"constraint": "min of 'pandas': pandas at least 0.9"}]


def test_enumerate_takes_the_mixture_that_was_written(study, tmp_path, capsys):
    output = tmp_path / "best.yaml"
    (mixture,) = proposed(capsys, study, "--output", output)["proposed"]
    pool = make_study(tmp_path / "other", references=2)
    assert main(["enumerate", "--config", str(output), "--run_dir", str(pool)]) == 0
    assert [candidate.mixture.id for candidate in read_mixtures(pool)] == [mixture["mixture_id"]]


def test_the_same_command_prints_the_same(study, capsys):
    assert proposed(capsys, study) == proposed(capsys, study)


def test_by_averaged_probabilities_it_is_found_exactly(pool, capsys):
    content = proposed(capsys, pool, "--predictor", "ensemble", "--target", "in_domain")
    assert 0 <= content["gap"] < 1e-6
    best = content["proposed"][0]["mixture"]
    other = ha.Mixture.of({unit: weight + 0.02 * (unit == "alpha") for unit, weight in best.items()})
    losses = ha.Study.open(pool).score([ha.Mixture.of(best), other], "ensemble", list(tiny_pool.UNITS)).mean(axis=1)
    assert losses.iloc[0] <= losses.iloc[1]


def test_the_calibration_of_averaged_probabilities_is_a_straight_line_for_every_domain(tmp_path):
    evidence = read_evidence(make_study(tmp_path, references=5, proxies=("ensemble",)))
    fitted = fit_evidence(evidence, "ensemble")
    asked = Judge(fitted, domain_weights(None, evidence.domains), ProposeArguments().search)
    own = fitted.table.at(("ensemble",), asked.known)
    rest = fitted.choice.stack.predict(own).mean - asked.calibration * own.values[:, :, 0]
    assert np.ptp(rest, axis=0) == pytest.approx(np.zeros(len(evidence.domains)), abs=1e-6)
    assert np.abs(asked.calibration - 1).max() > 1e-3


def test_a_table_says_what_to_train_on_and_how_far_to_trust_it(study, pool, capsys):
    assert main(["propose", str(study), "--starts", "4"]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert shown.startswith("The best mixture for the mean of domains, by the predictor '")
    for text in (
        "against uniform",
        "in_domain/pandas",
        "The best other mixture that was scored,",
        "It differs from",
        "ended within",
    ):
        assert text in shown
    assert main(["propose", str(pool), "--predictor", "ensemble", "--confidence_bound", "0.9", "--starts", "4"]) == 0
    assert "its loss is the lowest that is not exceeded with 90% probability" in " ".join(
        capsys.readouterr().out.split()
    )


def test_python_gives_what_the_command_prints(study, capsys):
    printed = proposed(capsys, study, "--max_units", 3, "--max", '{"pandas": 0.3}')
    frame = ha.Study.open(study).propose(max_units=3, most={"pandas": 0.3}, starts=4)
    (row,) = frame.to_dict("records")
    assert frame.index.tolist() == [printed["proposed"][0]["mixture_id"]]
    assert {unit: row[unit] for unit in UNITS if row[unit]} == printed["proposed"][0]["mixture"]
    assert [row["score"], row["sd"]] == [printed["expected"][0]["score"], printed["expected"][0]["sd"]]
    near = ha.Study.open(study).propose(
        target={"pandas": 1}, prior=ha.Mixture.uniform(UNITS), max_distance=0.1, starts=2
    )
    assert near["pandas"].item() == pytest.approx(0.3)
    limits = ha.Study.open(study).propose("unit", most={"sympy": 0.05}, starts=2)
    assert limits.loc["sympy", ["weight", "limited"]].tolist() == pytest.approx([0.05, True])
    with pytest.raises(ha.InputError, match="unknown option 'max_unit'; did you mean 'max_units'"):
        ha.Study.open(study).propose(max_unit=3)


GAINS = np.array([[1.0, 0.8, 0.6, 0.4]])


def judge(**options) -> Judge:
    """Of made-up units whose losses are known: 2 - sum of gain x sqrt(weight), on each of three domains."""
    predictor = power_law(0.5, np.repeat(GAINS, 3, axis=0))
    study = replace(linear_study(references=12), predictor=predictor, name="power_law")
    return Judge(
        study, domain_weights(None, study.evidence.domains), ProposeArguments(purpose="unit", **options).search
    )


def reachable(cap: float) -> float:
    """The lowest loss in closed form where the first unit's weight is at its cap."""
    return 2 - GAINS[0, 0] * np.sqrt(cap) - np.sqrt((1 - cap) * (GAINS[0, 1:] ** 2).sum())


def test_what_more_of_a_unit_gains_is_what_loosening_its_limit_does():
    asked = judge()
    units = asked.study.evidence.units
    constraints = capped(Constraints(units), **{units[0]: 0.2, units[3]: 0.9})
    content = propose_units(asked, constraints)
    first, *others = content["limits"]
    assert (first["unit"], first["limited"], first["limit"]) == (units[0], True, 0.2)
    assert first["gain"] == pytest.approx(reachable(0.2) - reachable(0.22), abs=1e-7)
    assert content["proposed"][0]["score"] == pytest.approx(reachable(0.2), abs=1e-7)
    assert [row["limited"] for row in others] == [False] * 3
    assert [row["gain"] for row in others] == [0, 0, 0]
    assert first["slope"] < 0 < min(row["slope"] for row in others)
    check_keys(content)


def test_more_of_a_unit_loosens_its_own_limits_alone():
    constraints = with_more(capped(Constraints(("a", "b")), a=0.5, b=0.95), 0)
    assert constraints.high.tolist() == pytest.approx([0.55, 0.95])
    assert with_more(constraints, 1).high.tolist() == pytest.approx([0.55, 1])


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("--for unit", "no unit is limited, so the best mixture may have any amount of each"),
        ("--for units", "invalid choice: 'units'"),
        ("--target pandaz", "unknown target 'pandaz'"),
        ("--max_units 0", "max_units is 0; expected at least 1"),
        ("--predictor ensembl", "unknown predictor 'ensembl'; did you mean 'ensemble'"),
        ("--for unit --output best.yaml", "output is for mixtures"),
    ],
)
def test_mistakes_are_told_in_one_line(study, capsys, words, message):
    assert main(["propose", str(study), *words.split()]) == 2
    assert message in capsys.readouterr().err
