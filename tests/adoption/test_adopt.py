"""`hf-ablate adopt`: released models become a study's pool, on which everything works."""

import json
import shutil

import pytest
import tiny_pool
import torch
from huggingface_hub import HfApi
from huggingface_hub.utils import close_session
from loopback_hub import TOKEN, LoopbackHub, talk_to
from released_models import MERGED, SEED, SEQ, UNITS, write_released

from hf_ablate.cli import main
from hf_ablate.corpus.description import CorpusDescription
from hf_ablate.evaluation.models.external import external_models
from hf_ablate.evaluation.row_files import read_current_rows
from hf_ablate.manifest import read_manifest
from hf_ablate.mixtures.enumerate import read_mixtures
from hf_ablate.mixtures.mixture import Mixture
from hf_ablate.mixtures.units import CorpusUnits
from hf_ablate.run_folder import RunFolder
from hf_ablate.saved_model import load_causal_lm


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    """The released models in `models`, evaluation text of two years in `text`; only to be read."""
    folder = tmp_path_factory.mktemp("elsewhere")
    write_released(folder / "models")
    for number, unit in enumerate(UNITS[:2]):
        rows = [{"text": f"cells and proteins of {unit} " * 4, "id": str(number), "subdomain": unit}]
        tiny_pool.write_jsonl(folder / "text" / "s2orc" / "val" / f"{unit}.jsonl.gz", rows)
    return folder


def adopt(run_dir, *words):
    return main(["adopt", str(run_dir), *words])


def triple(models):
    return [
        "--component", f"Biology_{{years}}={models}/s2orc-biology{{years}}-ind-130m",
        "--reference", f"field=Biology={models}/{SEQ}", "--seed", f"{models}/{SEED}",
    ]  # fmt: skip


@pytest.fixture(scope="module")
def adopted(elsewhere, tmp_path_factory):
    """A run folder with the triple; only to be read."""
    run_dir = tmp_path_factory.mktemp("adopted") / "run"
    units = ["--units", *UNITS, "--unit_pattern", "{field}_{years}", "--corpus", str(elsewhere / "text")]
    words = [*triple(elsewhere / "models"), *units, "--tokens", "1000", "--reference_budget", "union"]
    assert adopt(run_dir, *words) == 0
    return run_dir


def test_the_models_are_those_that_were_released(elsewhere, adopted):
    run = RunFolder(adopted)
    mixture = Mixture.uniform(list(UNITS))
    places = {run.seed: SEED, run.reference(mixture.id): SEQ}
    places |= {run.component(unit): f"s2orc-biology{unit[8:]}-ind-130m" for unit in UNITS}
    ids = torch.arange(20)[None]
    for folder, name in places.items():
        logits = [load_causal_lm(place)[0](ids).logits for place in (folder, elsewhere / "models" / name)]
        assert torch.equal(*logits), name
        assert (folder / "model.safetensors").is_file() and not (folder / "pytorch_model.bin").exists()
        assert read_manifest(folder)["arguments"]["source"] == name
    seed, reference = read_manifest(run.seed), read_manifest(run.reference(mixture.id))
    assert read_manifest(run.component(UNITS[0]))["seed_digest"] == seed["digest"]
    assert (reference["mixture"], reference["tokens"]) == (mixture.weights, 3000)
    assert [candidate.reference for candidate in read_mixtures(adopted)] == [True]
    assert CorpusUnits.read(adopted).named("field=Biology") == list(UNITS)


def test_a_study_of_adopted_models_is_planned(elsewhere, adopted, tmp_path, capsys):
    recipes, run_dir = tmp_path / "recipes", tmp_path / "run"
    recipes.mkdir()
    models, text = str(elsewhere / "models"), str(elsewhere / "text")
    stages = {
        "adopt": {
            "component": [f"Biology_{{years}}={models}/s2orc-biology{{years}}-ind-130m"], "units": list(UNITS),
            "reference": [f"Biology_*={models}/{SEQ}"], "seed": f"{models}/{SEED}", "corpus": text,
            "unit_pattern": "{field}_{years}",
        },
        "enumerate": {"methods": ["windows"], "window_sizes": [2]}, "evaluate": {}, "rank": {}, "report": {},
    }  # fmt: skip
    for stage, values in stages.items():
        (recipes / f"{stage}.yaml").write_text(json.dumps({"run_dir": str(run_dir), **values}))

    def plan() -> dict:
        assert main(["run", str(recipes), "--dry_run", "--output_format", "json"]) == 0
        return {stage["stage"]: stage for stage in json.loads(capsys.readouterr().out)["stages"]}

    planned = plan()
    assert not run_dir.exists()
    assert len(planned["adopt"]["models"]) == 5
    assert (planned["enumerate"]["mixtures"], planned["enumerate"]["references"]) == (3, 1)
    shutil.copytree(adopted, run_dir)
    planned = plan()
    assert (planned["adopt"]["state"], planned["enumerate"]["state"]) == ("unchanged", "to do")
    assert len(planned["evaluate"]["models"]) == 5 + 6  # saved, and two proxies of each mixture


def test_the_published_merge_scores_as_ours_does(elsewhere, adopted, tmp_path):
    released = elsewhere / "models" / MERGED  # read as it is
    words = ["--model", str(released), "--data", str(adopted), "--output_dir", str(tmp_path / "alone")]
    assert main(["evaluate", *words]) == 0
    weights = json.dumps(dict.fromkeys(UNITS, 1))
    assert main(["evaluate", "--run_dir", str(adopted), "--weights", weights, "--output_dir", str(tmp_path / "ours"),
                 "--proxy", "merge"]) == 0  # fmt: skip
    of_released, of_ours = (
        [row.sum_logprob for row in read_current_rows(tmp_path / name) if row.kind != "component"]
        for name in ("alone", "ours")
    )
    assert of_released == pytest.approx(of_ours, rel=1e-6)


def test_adopting_again_changes_nothing_and_more_models_join(elsewhere, adopted, tmp_path, capsys):
    run_dir = tmp_path / "run"
    models = elsewhere / "models"
    component = ["--component", f"{UNITS[0]}={models}/s2orc-biology{UNITS[0][8:]}-ind-130m"]
    assert adopt(run_dir, *component) == 0  # its unit is the corpus
    assert list(CorpusDescription.read(run_dir).units) == [UNITS[0]]
    manifest = RunFolder(run_dir).component(UNITS[0]) / "manifest.json"
    before = manifest.read_bytes()
    capsys.readouterr()
    assert adopt(run_dir, *component, "--output_format", "json") == 0
    assert [row["state"] for row in json.loads(capsys.readouterr().out)] == ["unchanged"]
    assert manifest.read_bytes() == before
    more = ["--seed", str(models / SEED), "--units", *UNITS, "--unit_pattern", "{field}_{years}"]
    assert adopt(run_dir, *component, *more) == 0
    seed, *components = RunFolder(run_dir).saved_models("seed", "component")
    assert CorpusUnits.read(run_dir).groups["field=Biology"] == list(UNITS)
    assert {read_manifest(folder)["seed_digest"] for folder in components} == {read_manifest(seed)["digest"]}
    assert len(components) == 1


@pytest.fixture
def hub(elsewhere, tmp_path, monkeypatch):
    """The released models on a Hub, which runs on the loopback."""
    with LoopbackHub({TOKEN: "claran"}) as loopback:
        talk_to(loopback, monkeypatch.setattr, tmp_path)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        api = HfApi(endpoint=loopback.endpoint, token=TOKEN)
        for folder in sorted((elsewhere / "models").iterdir()):
            api.create_repo(f"claran/{folder.name}")
            api.upload_folder(repo_id=f"claran/{folder.name}", folder_path=folder)
        yield loopback
        close_session()


def test_hub_ids_are_adopted_as_folders_are_and_recorded_with_their_commits(hub, adopted, tmp_path, capsys):
    run, units = RunFolder(tmp_path / "run"), ["--units", *UNITS, "--unit_pattern", "{field}_{years}"]
    assert adopt(run.path, "--seed", "claran/sead", *triple("claran")[:2], *units) == 2
    assert "claran/sead is neither a folder" in capsys.readouterr().err
    assert not list((tmp_path / "hub-cache").glob("*/snapshots/*/pytorch_model.bin")), "nothing was fetched in vain"
    assert adopt(run.path, *triple("claran"), *units) == 0
    (merged,) = external_models([f"claran/{MERGED}"])  # what `evaluate --model` scores, as it was released
    assert load_causal_lm(merged.folder)[0].config.model_type == "hf_olmo"
    for folder in run.saved_models("seed", "component", "reference"):
        made, local = read_manifest(folder), read_manifest(adopted / folder.relative_to(run.path))
        assert made["digest"] == local["digest"]
        assert made["arguments"]["source"] == f"claran/{local['arguments']['source']}"
        assert made["arguments"]["revision"] == hub.repos["model", made["arguments"]["source"]].branches["main"]


def test_a_corpus_that_is_there_names_the_units(elsewhere, adopted, tmp_path, capsys):
    run = RunFolder(tmp_path / "run")
    shutil.copytree(RunFolder(adopted).corpus, run.corpus)
    assert adopt(run.path, *triple(elsewhere / "models"), "--dry_run", "--output_format", "json") == 0
    rows = json.loads(capsys.readouterr().out)
    assert [row["model"] for row in rows][:4] == ["seed", *(f"component:{unit}" for unit in UNITS)]
    assert not run.models.exists()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ([], "nothing to adopt; name models: --component UNIT=MODEL"),
        (["--component", "models/x"], "`component` has 'models/x'; expected UNIT=MODEL"),
        (["--component", "{unit}={models}/x"], "has no corpus that says which units there are; name them: --units"),
        (["--component", "Art_{years}={models}/x", "--units", *UNITS], "no unit is of the form 'Art_{years}'"),
        (["--component", "Biology_{years}={models}/{yeers}", "--units", *UNITS],
         "has the placeholder {yeers}; known are {unit}, {years}"),
        (["--component", "Biology_{years}={models}/a", f"{UNITS[0]}={{models}}/b", "--units", *UNITS],
         f"two components are named for unit '{UNITS[0]}'; keep one"),
        (["--component", "Biology_2022={models}/a", "--units", *UNITS],
         "unknown unit 'Biology_2022'; did you mean 'Biology_2022-2022'?"),
        (["--units", *UNITS, "--unit_pattern", "{field}/{years}", "--seed", "{models}/a"],
         "unit 'Biology_1970-1993' is not of the form '{field}/{years}'"),
        (["--reference", f"{UNITS[0]}={{models}}/a", "--units", *UNITS], "give it as --component"),
        (["--reference", "Biology_*={models}/a", " + ".join(UNITS) + "={models}/b", "--units", *UNITS],
         "two reference models are named for the mixture"),
        (["--reference", '{"Biology_1970-1993": 1,}={models}/a', "--units", *UNITS], "is not a mixture in JSON"),
        (["--seed", "{models}/nowhere", "--units", *UNITS], "nowhere is neither a folder (looked for"),
        (["--seed", f"{{models}}/{SEED}", "--units", *UNITS, "--corpus", "{models}"], "holds no evaluation text"),
        (["--seed", f"{{models}}/{SEED}", "--units", *UNITS, "--corpus", "gone"], "`corpus` gone does not exist"),
    ],
)  # fmt: skip
def test_mistakes_are_told_before_anything_is_written(elsewhere, tmp_path, capsys, words, message):
    models = str(elsewhere / "models")
    assert adopt(tmp_path / "run", *(word.replace("{models}", models) for word in words)) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "run" / "corpus").exists() and not (tmp_path / "run" / "models").exists()


@pytest.mark.parametrize("fault", ["infinite", "tokenizer", "shape", "other"])
def test_models_that_do_not_fit_are_refused_and_nothing_is_written(elsewhere, adopted, tmp_path, capsys, fault):
    run_dir = shutil.copytree(adopted, tmp_path / "run")
    model = shutil.copytree(elsewhere / "models" / f"s2orc-biology{UNITS[0][8:]}-ind-130m", tmp_path / "model")
    tensors = torch.load(model / "pytorch_model.bin", weights_only=True)
    name = "model.transformer.ln_f.weight"
    if fault == "infinite":
        tensors[name][3] = float("inf")
    elif fault == "other":
        tensors[name] += 1
    elif fault == "shape":
        config = json.loads((model / "config.json").read_text()) | {"n_layers": 1}
        (model / "config.json").write_text(json.dumps(config))
    else:
        tiny_pool.bos_tokenizer().save_pretrained(model)
    torch.save(tensors, model / "pytorch_model.bin")
    folder = RunFolder(run_dir).component(UNITS[0])
    if fault != "other":
        shutil.rmtree(folder)
    assert adopt(run_dir, "--component", f"{UNITS[0]}={model}") == 2
    expected = {
        "infinite": f"tensor {name} holds NaN or infinity",
        "tokenizer": "has another tokenizer than the corpus",
        "shape": "configuration differ in 'n_layers'",
        "other": "holds another model; delete the folder first",
    }
    assert expected[fault] in capsys.readouterr().err
    assert folder.exists() is (fault == "other")
