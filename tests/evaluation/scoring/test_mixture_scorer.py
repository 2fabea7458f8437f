"""Any mixture's score, now and in memory: the rows of `hf-ablate evaluate`, without its files."""

import shutil

import numpy as np
import pytest
import torch
from tiny_pool import UNITS, count_tokens, tiny_model

from hf_ablate.cli import main
from hf_ablate.errors import InputError
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.evaluation.scoring import compiling
from hf_ablate.evaluation.scoring.fast_cpu import exact_fast_products
from hf_ablate.evaluation.scoring.mixture_scorer import MixtureScorer
from hf_ablate.merging import resident
from hf_ablate.merging.resident import ResidentPool
from hf_ablate.mixtures.mixture import Mixture


MIXTURE = Mixture.of({"alpha": 0.6, "beta": 0.3, "gamma": 0.1})


def evaluate(*words) -> int:
    return main(["evaluate", *map(str, words)])


@pytest.fixture(scope="module")
def scored(study, tmp_path_factory):
    """The study, scored."""
    run_dir = shutil.copytree(study, tmp_path_factory.mktemp("scored") / "study")
    assert evaluate("--run_dir", run_dir) == 0
    return run_dir


def rows_of(folder, kind: str) -> list:
    return [row for row in read_current_rows(folder) if row.kind == kind]


@pytest.mark.parametrize(("proxy", "kind"), [("merge", "merged"), ("ensemble", "ensemble")])
def test_rows_are_those_that_evaluate_writes(scored, tmp_path, proxy, kind):
    weights = '{"alpha": 0.6, "beta": 0.3, "gamma": 0.1}'
    assert evaluate("--run_dir", scored, "--weights", weights, "--proxy", proxy, "--output_dir", tmp_path) == 0
    with MixtureScorer.open(scored) as scorer:
        assert scorer.score(MIXTURE, proxy) == rows_of(tmp_path, kind)


def test_rows_are_the_same_where_merges_are_made_ahead_and_compiled(scored, study, tmp_path, monkeypatch):
    """As on a GPU whose memory the pool does not fit into; there the compiler is inductor."""
    monkeypatch.setattr(resident, "place_of", lambda device, pool_bytes, model_bytes: "pinned")
    monkeypatch.setattr(compiling, "_BACKEND", "eager")
    prepared, prepare = [], ResidentPool.prepare
    monkeypatch.setattr(ResidentPool, "prepare", lambda pool, one: (prepared.append(one), prepare(pool, one))[1])
    run_dir = shutil.copytree(study, tmp_path / "study")
    assert evaluate("--run_dir", run_dir, "--compile", True) == 0
    expected = rows_of(scored / "scores", "merged")
    merged = {row.model for row in expected if len(row.mixture) > 1}
    assert len(prepared) == len(set(prepared)) == len(merged) - 1  # all but the first
    for row, other in zip(rows_of(run_dir / "scores", "merged"), expected, strict=True):
        assert row.key == other.key
        assert row.sum_logprob == pytest.approx(other.sum_logprob, rel=1e-6)


def test_compiling_is_refused_where_it_lacks_something(study, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(compiling.shutil, "which", lambda name: None)
    assert evaluate("--run_dir", study, "--output_dir", tmp_path / "scores", "--compile", True) == 2
    assert "compile needs a C++ compiler (CXX), which is not installed" in capsys.readouterr().err
    assert not (tmp_path / "scores").exists()


def test_many_merges_are_compiled_on_a_gpu_alone(monkeypatch):
    monkeypatch.setattr(compiling.importlib.util, "find_spec", lambda name: name == "triton")
    assert compiling.compile_backend(None, "cuda", merges=32) == "inductor"
    assert [compiling.compile_backend(None, *other) for other in (("cuda", 31), ("cpu", 1000))] == [None, None]
    assert compiling.compile_backend(False, "cuda", merges=1000) is None
    monkeypatch.setattr(compiling.importlib.util, "find_spec", lambda name: None)
    assert compiling.compile_backend(None, "cuda", merges=32) is None


def test_both_proxies_and_the_studys_own_mixtures_have_the_studys_rows(scored):
    for mixture in (Mixture.uniform(["alpha"]), Mixture.uniform(list(UNITS))):
        expected = [row for row in read_current_rows(scored / "scores") if row.model.endswith(mixture.id)]
        with MixtureScorer.open(scored) as scorer:
            found = scorer.score(mixture, "both")
        assert found == [row for row in expected if row.kind != "reference"]


def test_the_studys_own_measurement_is_the_default(scored, tmp_path):
    run_dir = shutil.copytree(scored, tmp_path / "study")
    words = ["--run_dir", run_dir, "--limit", 2, "--max_length", 16, "--pool_format", "bfloat16"]
    assert evaluate(*words) == 0
    mixture = Mixture.uniform(list(UNITS))
    with MixtureScorer.open(run_dir) as scorer:
        expected = [row for row in rows_of(run_dir / "scores", "merged") if row.model.endswith(mixture.id)]
        assert scorer.score(mixture) == expected
    with MixtureScorer.open(run_dir, pool_format="saved", limit=None, max_length=None) as scorer:
        expected = [row for row in rows_of(scored / "scores", "merged") if row.model.endswith(mixture.id)]
        assert scorer.score(mixture) == expected


def test_an_ensemble_needs_no_forward_pass_and_no_pool_where_the_study_is_scored(scored, monkeypatch):
    seen = count_tokens(monkeypatch)
    monkeypatch.setattr(ResidentPool, "__init__", lambda *arguments, **options: pytest.fail("the pool was loaded"))
    with MixtureScorer.open(scored) as scorer:
        assert len(scorer.score(MIXTURE, "ensemble")) == 4
        assert len(scorer.score(MIXTURE, "ensemble", domains=["in_domain/beta"])) == 1
    assert seen == []


def test_components_are_scored_once_for_all_ensembles(study, tmp_path, monkeypatch):
    run_dir = shutil.copytree(study, tmp_path / "study")
    seen = count_tokens(monkeypatch)
    with MixtureScorer.open(run_dir, sources=["in_domain"]) as scorer:
        scorer.score(Mixture.uniform(["alpha", "beta"]), "ensemble")
        assert len(seen) == 2
        scorer.score(MIXTURE, "ensemble")
        assert len(seen) == 3
        scorer.score(Mixture.uniform(["alpha"]), "merge")  # what its component computes
        assert len(seen) == 3


def test_a_merge_is_the_average_of_the_components(study):
    with MixtureScorer.open(study) as scorer:
        scorer.score(Mixture.uniform(["beta"]))
        merged = dict(scorer.merged_model(MIXTURE).named_parameters())
    parts = {unit: dict(tiny_model(number).named_parameters()) for number, unit in enumerate(UNITS, start=1)}
    for name, parameter in merged.items():
        expected = sum(weight * parts[unit][name].detach().double() for unit, weight in MIXTURE.items)
        assert np.allclose(parameter.numpy(), expected.numpy(), atol=1e-6)


def test_domains_restrict_what_is_scored_not_the_scores(scored, monkeypatch):
    with MixtureScorer.open(scored) as scorer:
        whole = {row.domain: row for row in scorer.score(MIXTURE, "both") if row.kind == "merged"}
        ensemble = {row.domain: row for row in scorer.score(MIXTURE, "ensemble")}
        seen = count_tokens(monkeypatch)
        rows = scorer.score(MIXTURE, "both", domains=["beta", "other"])
    assert [(row.kind, row.domain) for row in rows] == [
        ("merged", "beta"), ("merged", "other"), ("ensemble", "beta"), ("ensemble", "other"),
    ]  # fmt: skip
    for row in rows[:2]:
        assert row.sum_logprob == pytest.approx(whole[row.domain].sum_logprob, rel=1e-6)
        assert (row.num_docs, row.num_tokens, row.key) == (
            whole[row.domain].num_docs, whole[row.domain].num_tokens, whole[row.domain].key,
        )  # fmt: skip
    assert rows[2:] == [ensemble["beta"], ensemble["other"]]
    assert sum(seen) == rows[0].num_tokens + rows[1].num_tokens


def test_other_sources_are_not_read(study, tmp_path):
    run_dir = shutil.copytree(study, tmp_path / "study")
    (run_dir / "corpus" / "eval" / "out_of_domain" / "val" / "part.jsonl.gz").write_bytes(b"broken")
    with MixtureScorer.open(run_dir, sources=["in_domain"]) as scorer:
        assert [row.domain for row in scorer.score(MIXTURE)] == list(UNITS)
    with pytest.raises(InputError, match="cannot be read"):
        MixtureScorer.open(run_dir)


def test_only_components_that_are_trained_are_in_the_pool(study, tmp_path):
    run_dir = shutil.copytree(study, tmp_path / "study")
    (run_dir / "models" / "components" / "beta" / "manifest.json").unlink()
    with MixtureScorer.open(run_dir) as scorer:
        assert len(scorer.score(Mixture.uniform(["alpha", "gamma"]))) == 4
        with pytest.raises(InputError, match="unknown unit 'beta'"):
            scorer.score(MIXTURE)


def test_torchs_settings_are_restored_after_each_score_or_at_the_end(study):
    torch.set_float32_matmul_precision("highest")
    with MixtureScorer.open(study) as scorer:
        expected = scorer.score(MIXTURE)
        during = torch.get_float32_matmul_precision()
    assert torch.get_float32_matmul_precision() == "highest"
    scorer = MixtureScorer.open(study)
    loaded = scorer.merged_model(MIXTURE)
    assert scorer.score(MIXTURE) == expected
    assert torch.get_float32_matmul_precision() == "highest"
    assert scorer.merged_model(Mixture.uniform(["alpha"])) is loaded  # the pool is kept
    with exact_fast_products():
        assert during == torch.get_float32_matmul_precision()
    scorer.close()


def test_a_closed_scorer_can_be_used_again(study):
    scorer = MixtureScorer.open(study)
    first = scorer.score(MIXTURE)
    scorer.close()
    assert scorer.score(MIXTURE) == first
    scorer.close()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ({"proxy": "merged"}, "unknown proxy 'merged'; did you mean 'merge'"),
        ({"domains": ["betta"]}, "unknown domain 'betta'; did you mean 'beta'"),
        ({"mixture": Mixture.uniform(["delta"])}, "unknown unit 'delta'"),
    ],
)
def test_unknown_names_are_reported_before_anything_is_scored(study, monkeypatch, words, message):
    seen = count_tokens(monkeypatch)
    with MixtureScorer.open(study) as scorer, pytest.raises(InputError, match=message):
        scorer.score(**{"mixture": MIXTURE} | words)
    with pytest.raises(InputError, match="unknown source 'in_domian'; did you mean 'in_domain'"):
        MixtureScorer.open(study, sources=["in_domian"])
    with pytest.raises(InputError, match="sources is empty"):
        MixtureScorer.open(study, sources=[])
    assert seen == []


def test_a_source_without_domains_is_chosen_by_its_name(study, tmp_path):
    path = tmp_path / "plain.jsonl"
    path.write_text('{"text": "some text"}\n{"text": "more"}\n')
    with MixtureScorer.open(study, data=[str(path)]) as scorer:
        (row,) = scorer.score(MIXTURE, domains=["plain"])
        assert (row.source, row.domain, row.num_docs) == ("plain", None, 2)
