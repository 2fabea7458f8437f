"""`hf-ablate predict`: any mixtures of a table, under the names that their columns have, at any scale."""

import csv
import io
import json

import numpy as np
import pytest
import synthetic_study
from documented_json import check_keys

from hf_ablate.cli import main
from hf_ablate.prediction.fitted import fit_evidence
from hf_ablate.prediction.predict import predict
from hf_ablate.prediction.read_evidence import read_evidence


UNITS, DOMAINS = ("code", "prose", "talk"), ("code", "prose", "sums")


def write_runs(folder, scale, count, seed, offset):
    """Tables of runs whose losses fall with the weights of units that help."""
    generator = np.random.default_rng(seed)
    weights = generator.dirichlet(np.ones(len(UNITS)), count)
    help_of = np.array([[1.0, 0.2, 0.5], [0.3, 1.0, 0.2], [0.2, 0.5, 0.4]])
    losses = offset - np.sqrt(weights) @ help_of + generator.normal(0, 0.02, (count, len(DOMAINS)))
    paths = folder / f"{scale}.csv", folder / f"{scale}_losses.csv"
    for path, names, rows in zip(
        paths,
        ([f"train_{name}" for name in UNITS], [f"{name}_loss" for name in DOMAINS]),
        (weights, losses),
        strict=True,
    ):
        with open(path, "w", newline="") as file:
            csv.writer(file).writerows(
                [["run", *names], *([number, *row] for number, row in enumerate(rows.tolist()))]
            )
    return paths, weights, losses


@pytest.fixture(scope="module")
def fitted():
    """What is fitted already: a study is the same for every test."""
    return {}


@pytest.fixture(autouse=True)
def each_study_is_fitted_once(fitted, monkeypatch):
    def fit(evidence, predictor):
        key = evidence.domains, evidence.scale, predictor
        fitted[key] = fitted.get(key) or fit_evidence(evidence, predictor)
        return fitted[key]

    monkeypatch.setattr("hf_ablate.prediction.predict.fit_evidence", fit)


@pytest.fixture(scope="module")
def imported(tmp_path_factory):
    """A run folder with 16 runs at 1m and 10 at 1b, and tables of them."""
    folder = tmp_path_factory.mktemp("imported")
    for scale, count, offset in (("1m", 16, 5.0), ("1b", 10, 3.0)):
        (mixtures, losses), _, _ = write_runs(folder, scale, count, count, offset)
        words = ["--mixtures", str(mixtures), "--losses", str(losses), "--scale", scale, str(folder / "run")]
        assert main(["import", *words]) == 0
    write_runs(folder, "new", 5, 0, 3.0)
    return folder


def predicted(capsys, folder, *words):
    capsys.readouterr()
    assert main(["predict", str(folder / "run"), *words, "--output_format", "csv"]) == 0
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def test_every_row_has_its_id_and_every_domain_with_its_deviation(imported, capsys):
    rows = predicted(capsys, imported, "--mixtures", str(imported / "new.csv"))
    assert [row["run"] for row in rows] == list("01234")
    names = ["mean", *DOMAINS]
    assert list(rows[0]) == ["run", *(column for name in names for column in (name, f"{name}_sd"))]
    numbers = np.array([[float(row[name]) for name in rows[0] if name != "run"] for row in rows])
    assert np.isfinite(numbers).all() and (numbers[:, 1::2] > 0).all()
    np.testing.assert_allclose(numbers[:, 0], numbers[:, 2::2].mean(axis=1), rtol=1e-6)


def test_the_numbers_are_those_of_the_fitted_study(imported, fitted, capsys):
    rows = predicted(capsys, imported, "--mixtures", str(imported / "new.csv"))
    study = fitted[DOMAINS, "1b", None]
    weights = np.array([[float(row[f"train_{unit}"]) for unit in UNITS] for row in csv_rows(imported / "new.csv")])
    expected = study.predictor.predict(weights[:, [UNITS.index(unit) for unit in study.evidence.units]])
    for column, domain in enumerate(study.evidence.domains):
        np.testing.assert_allclose([float(row[domain]) for row in rows], expected.mean[:, column], rtol=1e-9)
        np.testing.assert_allclose([float(row[f"{domain}_sd"]) for row in rows], expected.sd[:, column], rtol=1e-9)


def csv_rows(path):
    with open(path) as file:
        return list(csv.DictReader(file))


def test_mixtures_in_parts_have_the_same_mean_of_domains(imported, fitted, capsys, monkeypatch):
    predicted(capsys, imported, "--mixtures", str(imported / "new.csv"))
    study = fitted[DOMAINS, "1b", None]
    mixtures = [study.evidence.mixture_of(row) for row in study.evidence.references.weights]
    whole = predict(study, mixtures)[1]
    monkeypatch.setattr("hf_ablate.prediction.predict._AT_ONCE", 3)
    parts = predict(study, mixtures)[1]
    np.testing.assert_allclose(parts.mean, whole.mean)
    np.testing.assert_allclose(parts.sd, whole.sd)


def test_losses_are_on_the_scale_that_is_asked_about(imported, capsys):
    large = predicted(capsys, imported, "--mixtures", str(imported / "new.csv"))
    small = predicted(capsys, imported, "--mixtures", str(imported / "new.csv"), "--scale", "1M")
    assert 1 < np.mean([float(a["mean"]) - float(b["mean"]) for a, b in zip(small, large, strict=True)]) < 3


def test_a_scale_without_runs_gets_an_order_and_says_so(imported, capsys, caplog):
    rows = predicted(capsys, imported, "--mixtures", str(imported / "new.csv"), "--scale", "7b")
    assert len(rows) == 5
    assert "no run at scale 7b is known" in caplog.text and "only their order means something for 7b" in caplog.text
    assert list(read_evidence(imported / "run", scale="7b").other_scales) == ["1m", "1b"]  # the nearest last
    assert list(read_evidence(imported / "run", scale="1k").other_scales) == ["1b", "1m"]


def test_forms_and_names_of_columns_do_not_matter(imported, capsys):
    wide = predicted(capsys, imported, "--mixtures", str(imported / "new.csv"))
    rows = csv_rows(imported / "new.csv")
    with open(imported / "names.jsonl", "w") as file:
        for row in rows:
            weights = {unit: 7 * float(row[f"train_{unit}"]) for unit in UNITS}
            file.write(json.dumps({"run": row["run"], "weights": weights}) + "\n")
    (imported / "long.tsv").write_text(
        "run\tunit\tweight\n"
        + "".join(f"{row['run']}\t{unit}\t{row[f'train_{unit}']}\n" for row in rows for unit in UNITS)
    )
    for name in ("names.jsonl", "long.tsv"):
        other = predicted(capsys, imported, "--mixtures", str(imported / name))
        for row, expected in zip(other, wide, strict=True):
            assert [float(value) for value in row.values()] == pytest.approx(
                [float(each) for each in expected.values()]
            )


def test_missing_columns_are_weights_of_0_and_rows_without_ids_are_numbered(imported, capsys, caplog):
    (imported / "few.csv").write_text("code,prose\n1,1\n0,2\n")
    rows = predicted(capsys, imported, "--mixtures", str(imported / "few.csv"))
    assert [row["id"] for row in rows] == ["1", "2"]
    assert "few.csv has no weights of talk: they count as 0" in caplog.text


def test_json_is_documented_and_the_table_says_what_it_shows(imported, capsys):
    words = ["predict", str(imported / "run"), "--mixtures", str(imported / "new.csv")]
    capsys.readouterr()
    assert main([*words, "--output_format", "json"]) == 0
    content = json.loads(capsys.readouterr().out)
    assert check_keys(content) == {"id", "mixture_id", "target", "score", "sd"}
    assert {row["target"] for row in content["predictions"]} == {"mean", *DOMAINS}
    assert (content["scale"], content["unit_of_measure"]) == ("1b", "nats per token")
    assert main(words) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "±" in shown and "nats per token at scale 1b, lower is better" in shown and "Predictor: " in shown


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("run,code,pross\n1,1,1\n", (), "unknown unit 'pross'; did you mean 'prose'?"),
        ("run,code\n1,-1\n", (), "the weight of 'code' is -1"),
        ("run,code\n1,0\n", (), "has rows without weights: 1"),
        ("run,code\n1,1\n1,1\n", (), "has several rows of 1"),
        ("run,code\n1,1\n", ("--id_column", "rum"), "unknown column of bad.csv 'rum'; did you mean 'run'?"),
        ("run,code\n1,1\n", ("--predictor", "magic"), "unknown predictor 'magic'"),
        ("", (), "is empty"),
    ],
)
def test_mistakes_are_told_in_one_line(imported, capsys, text, words, message):
    (imported / "bad.csv").write_text(text)
    assert main(["predict", str(imported / "run"), "--mixtures", str(imported / "bad.csv"), *words]) == 2
    assert message in capsys.readouterr().err


def test_a_folder_without_evidence_is_told(tmp_path, capsys):
    (tmp_path / "m.csv").write_text("id,a\n1,1\n")
    assert main(["predict", str(tmp_path), "--mixtures", str(tmp_path / "m.csv")]) == 2
    assert "holds neither scores nor imported runs" in capsys.readouterr().err


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    return synthetic_study.make_study(tmp_path_factory.mktemp("scored") / "run")


def test_a_study_with_scores_predicts_its_own_domains(scored, capsys):
    (scored.parent / "m.csv").write_text("name,pandas,sympy\nhalf,1,1\nmost,9,1\n")
    rows = predicted(capsys, scored.parent, "--mixtures", str(scored.parent / "m.csv"))
    assert [row["name"] for row in rows] == ["half", "most"]
    targets = {f"{source}/{domain}" for source, domain in synthetic_study.DOMAINS}
    assert set(rows[0]) == {"name"} | {f"{name}{end}" for name in {"mean", *targets} for end in ("", "_sd")}
    assert float(rows[1]["in_domain/pandas"]) < float(rows[0]["in_domain/pandas"])
