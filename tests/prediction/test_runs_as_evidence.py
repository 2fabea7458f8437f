"""Imported runs in a study that has scores of its own."""

import shutil

import numpy as np
import pytest
import synthetic_study

from hf_ablate.cli import main
from hf_ablate.prediction.read_evidence import read_evidence


DOMAINS = [domain for _, domain in synthetic_study.DOMAINS]
TARGETS = [f"{source}/{domain}" for source, domain in synthetic_study.DOMAINS]


@pytest.fixture(scope="module")
def scored(tmp_path_factory):
    return synthetic_study.make_study(tmp_path_factory.mktemp("scored") / "run")


@pytest.fixture
def study(scored, tmp_path):
    shutil.copytree(scored, tmp_path / "run")
    return tmp_path / "run"


def import_runs(study, names, *words):
    """Two runs: losses 1.00, 1.01, … and 2.00, 2.01, … on the domains of these names."""
    folder = study.parent
    (folder / "w.csv").write_text("id,pandas,scipy\nx,1,1\ny,1,3\n")
    rows = [
        ",".join(["xy"[number], *(f"{number + 1 + place / 100}" for place in range(len(names)))]) for number in (0, 1)
    ]
    (folder / "l.csv").write_text("\n".join([",".join(["id", *names]), *rows]) + "\n")
    given = ["--mixtures", str(folder / "w.csv"), "--losses", str(folder / "l.csv"), "--loss_columns", "*"]
    assert main(["import", *given, *words, str(study)]) == 0


@pytest.mark.parametrize("names", [DOMAINS, TARGETS], ids=["domains", "targets"])
def test_runs_without_a_scale_join_the_references(study, names):
    before = read_evidence(study)
    import_runs(study, names, "--unit_of_measure", "bits per byte")
    evidence = read_evidence(study)
    assert len(evidence.references) == len(before.references) + 2 and not evidence.other_scales
    order = [names.index(target if names is TARGETS else target.partition("/")[2]) for target in evidence.domains]
    np.testing.assert_allclose(evidence.references.losses[-2], [1 + place / 100 for place in order])
    assert evidence.proxies.keys() == before.proxies.keys()


def test_runs_at_a_larger_scale_are_the_references_and_the_studys_own_another_scale(study):
    before = read_evidence(study)
    import_runs(study, DOMAINS, "--scale", "1b")
    evidence = read_evidence(study)
    assert (evidence.scale, evidence.unit_of_measure, len(evidence.references)) == ("1b", "nats per token", 2)
    np.testing.assert_array_equal(evidence.other_scales[""].losses, before.references.losses)
    own = read_evidence(study, scale="base")
    assert (own.scale, own.unit_of_measure) == ("", "bits per byte")
    np.testing.assert_array_equal(own.references.losses, before.references.losses)
    assert list(own.other_scales) == ["1b"]


@pytest.mark.parametrize(
    ("names", "words", "message"),
    [
        (DOMAINS, (), "the imported runs without a scale are left out: their losses are in nats per token"),
        (DOMAINS[1:], ("--scale", "1b"), f"the imported runs are left out: they have no losses on {TARGETS[0]}"),
        ([*DOMAINS, "latin"], ("--scale", "1b"), "the imported losses on 'latin' are left out"),
    ],
)
def test_what_does_not_match_the_study_is_left_out_with_a_word(study, caplog, names, words, message):
    import_runs(study, names, *words)
    read_evidence(study)
    assert message in caplog.text


def test_units_that_the_corpus_lacks_are_refused(study, capsys):
    (study.parent / "w.csv").write_text("id,panda,scipy\nx,1,1\ny,1,3\n")
    (study.parent / "l.csv").write_text("id,c\nx,1\ny,2\n")
    words = ["--mixtures", str(study.parent / "w.csv"), "--losses", str(study.parent / "l.csv")]
    assert main(["import", *words, str(study)]) == 2
    assert "unknown unit 'panda'; did you mean 'pandas'?" in capsys.readouterr().err
    assert not (study / "observations").exists()
