"""`hf-ablate import --model`: a user's model becomes a reference model or component, and is never made again."""

import json
import shutil

import pytest
import tiny_pool

from hf_ablate.cli import main
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.corpus.tokenizers import tokenizer_digest
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.manifest import read_manifest
from hf_ablate.mixtures.enumerate import read_mixtures
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.run_folder import RunFolder
from hf_ablate.saved_model import weights_digest
from hf_ablate.training.identity import PoolInputs, is_made
from hf_ablate.training.pool import PlannedModel
from hf_ablate.training.seed import SeedOrigin


MIXTURE = Mixture.of({"alpha": 1, "beta": 3})


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    """A study whose manifests name the tokenizer that is there, and models that were trained elsewhere."""
    folder = tmp_path_factory.mktemp("pool")
    run_dir = tiny_pool.make_study(folder / "run")
    digest, seed = tokenizer_digest(tiny_pool.byte_tokenizer()), read_manifest(RunFolder(run_dir).seed)["digest"]
    for manifest in run_dir.rglob("manifest.json"):
        text = manifest.read_text().replace('"bytes"', f'"{digest}"')
        manifest.write_text(text.replace('"seed_digest": "seed"', f'"seed_digest": "{seed}"'))
    models = {"mine": tiny_pool.tiny_model(7), "other": tiny_pool.tiny_model(8)}
    models |= {"wide": tiny_pool.tiny_model(9, intermediate_size=64), "bos": tiny_pool.tiny_model(7)}
    for name, model in models.items():
        model.save_pretrained(folder / name)
        tokenizer = tiny_pool.bos_tokenizer() if name == "bos" else tiny_pool.byte_tokenizer()
        tokenizer.save_pretrained(folder / name)
    (folder / "mine" / "checkpoint-10").mkdir()
    (folder / "mine" / "optimizer.pt").write_bytes(b"large")
    return folder


@pytest.fixture
def study(pool, tmp_path):
    shutil.copytree(pool, tmp_path / "pool")
    return tmp_path / "pool"


def import_model(study, name, mixture, *words):
    return main(["import", "--model", str(study / name), "--mixture", json.dumps(mixture), *words, str(study / "run")])


def test_a_reference_model_is_a_candidate_that_evaluate_scores(study):
    run = RunFolder(study / "run")
    enumerated = read_mixtures(run.path)
    assert import_model(study, "mine", {"alpha": 2, "beta": 6}) == 0
    folder = run.reference(MIXTURE.id)
    assert weights_digest(folder) == weights_digest(study / "mine") == read_manifest(folder)["digest"]
    assert not (folder / "optimizer.pt").exists() and not (folder / "checkpoint-10").exists()
    assert read_manifest(folder)["parameters"] == sum(
        weight.numel() for weight in tiny_pool.tiny_model(7).parameters()
    )
    candidates = read_mixtures(run.path)
    assert candidates[:-1] == enumerated
    assert (candidates[-1].mixture, candidates[-1].reference) == (MIXTURE, True)

    assert main(["evaluate", "--run_dir", str(run.path), "--max_length", "32", "--output_format", "json"]) == 0
    assert main(["evaluate", "--model", str(study / "mine"), "--data", str(run.eval), "--max_length", "32",
                 "--output_dir", str(study / "alone"), "--output_format", "json"]) == 0  # fmt: skip
    scored = {row.domain: row for row in read_current_rows(run.scores) if row.model == f"reference:{MIXTURE.id}"}
    alone = {row.domain: row for row in read_current_rows(study / "alone")}
    assert {name: row.sum_logprob for name, row in scored.items()} == {
        name: row.sum_logprob for name, row in alone.items()
    }
    assert all(row.mixture == MIXTURE.weights for row in scored.values())


def times(folder):
    files = [path for path in folder.rglob("*") if path.is_file() and not path.name.startswith(".lock")]
    return {path: path.stat().st_mtime_ns for path in files}


def test_enumerating_keeps_an_imported_reference_and_importing_again_changes_nothing(study, caplog):
    run = RunFolder(study / "run")
    assert import_model(study, "mine", MIXTURE.weights, "--tokens", "1000") == 0
    assert main(["enumerate", "--run_dir", str(run.path), "--methods", "pairs", "--num_references", "2",
                 "--reference_seeds", "3", "--output_format", "json"]) == 0  # fmt: skip
    candidates = {candidate.mixture.id: candidate for candidate in read_mixtures(run.path)}
    assert len(candidates) == 4 and candidates[MIXTURE.id].reference_models == [f"reference:{MIXTURE.id}"]
    assert max(len(candidate.reference_models) for candidate in candidates.values()) == 3
    before = times(run.path)
    assert import_model(study, "mine", MIXTURE.weights) == 0
    assert times(run.path) == before and "unchanged, nothing to do" in caplog.text


def test_training_makes_no_imported_model_again_unless_the_tokens_change(study):
    run = RunFolder(study / "run")
    assert import_model(study, "mine", MIXTURE.weights) == 0
    planned = PlannedModel(f"reference:{MIXTURE.id}", "reference", MIXTURE, {"alpha": 1, "beta": 3})
    settings = {"reference": {"seed": 1, "data_seed": None}}
    inputs = PoolInputs(run, CorpusDescription.read(run.path), SeedOrigin(), settings)
    assert is_made(planned, inputs)
    manifest = read_manifest(run.corpus)
    manifest["tokenizer"]["digest"] = "another"
    (run.corpus / "manifest.json").write_text(json.dumps(manifest))
    assert not is_made(planned, PoolInputs(run, CorpusDescription.read(run.path), inputs.seed, settings))


def test_a_component_is_merged_with_the_others(study):
    run = RunFolder(study / "run")
    shutil.rmtree(run.component("alpha"))
    assert import_model(study, "mine", {"alpha": 1}, "--kind", "component") == 0
    assert main(["merge", "--run_dir", str(run.path), "--weights", '{"alpha": 1, "beta": 1}']) == 0


def test_a_dry_run_copies_nothing(study, capsys):
    assert import_model(study, "mine", MIXTURE.weights, "--dry_run") == 0
    assert not RunFolder(study / "run").reference(MIXTURE.id).exists()


@pytest.mark.parametrize(
    ("name", "mixture", "words", "message"),
    [
        ("bos", MIXTURE.weights, (), "has another tokenizer than the corpus"),
        ("wide", {"alpha": 1}, ("--kind", "component"), "configuration differ in 'intermediate_size'"),
        ("mine", {"alpha": 1}, ("--kind", "component"), "holds another model; delete the folder first"),
        ("mine", {"alpha": 1}, (), "a model of one unit, alpha, is its component: give --kind component"),
        ("mine", MIXTURE.weights, ("--kind", "component"), "a component is trained on one unit; the mixture has 2"),
        ("mine", {"alpha": 1, "bta": 1}, (), "unknown unit 'bta'; did you mean 'beta'?"),
        ("mine", {"alpha": 1, "beta": -1}, (), "the weight of unit 'beta' is -1"),
        ("nowhere", MIXTURE.weights, (), "nowhere is not a saved model"),
    ],
)  # fmt: skip
def test_models_that_do_not_fit_are_refused_before_anything_is_copied(pool, capsys, name, mixture, words, message):
    before = times(pool)
    assert import_model(pool, name, mixture, *words) == 2
    assert message in capsys.readouterr().err
    assert times(pool) == before


def test_a_study_without_a_corpus_is_told(pool, tmp_path, capsys):
    words = ["--model", str(pool / "mine"), "--mixture", '{"a": 1, "b": 1}', str(tmp_path / "new")]
    assert main(["import", *words]) == 2
    assert "is not finished" in capsys.readouterr().err
