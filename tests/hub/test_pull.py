"""What `hf-ablate pull` makes of a pool on the Hub, and what it refuses."""

import json
import os
import shutil
from pathlib import Path

import pytest
import tiny_study
from to_and_fro import files_below, pull, push

from hf_ablate.cli import main
from hf_ablate.manifest import digest_files


def test_a_pulled_study_is_the_pushed_one_and_ranks_the_same(pushed, finished, tmp_path, capsys):
    assert pull("ada/tiny-pool", tmp_path / "pulled") == 0
    found, local = files_below(tmp_path / "pulled"), files_below(finished)
    missing = {path for path in set(local) - set(found) if not path.startswith("scores/tokens")}
    assert missing <= {"corpus/README.md"} and set(found) <= set(local)
    assert {"report/explorer.html", "updates/updates.json"} <= set(found)
    for path, content in found.items():
        if path.endswith("mergekit_config.yml"):  # holds paths of this machine
            content = content.replace(os.fsencode(tmp_path / "pulled"), os.fsencode(finished))
        assert content == local[path], path
    ranking = (tmp_path / "pulled/ranking/ranking.json").read_bytes()
    shutil.rmtree(tmp_path / "pulled/ranking")
    assert main(["rank", "--run_dir", str(tmp_path / "pulled"), "--bootstrap_samples", "100"]) == 0
    assert (tmp_path / "pulled/ranking/ranking.json").read_bytes() == ranking


def test_pulling_again_fetches_nothing_and_pushing_it_uploads_nothing(pushed, tmp_path, capsys):
    assert pull("ada/tiny", tmp_path / "pulled") == 0  # the pool is found by its prefix too
    pushed.requests.clear()
    capsys.readouterr()
    assert pull("ada/tiny", tmp_path / "pulled", "--output_format", "json") == 0
    assert {row["state"] for row in json.loads(capsys.readouterr().out)} == {"unchanged"}
    assert not [path for method, path, _ in pushed.requests if method == "GET" and "safetensors" in path]
    assert push(tmp_path / "pulled") == 0
    assert pushed.uploads() == []


def test_a_public_pool_needs_no_token(pushed, tmp_path, monkeypatch):
    for repo in pushed.repos.values():
        repo.private = False
    monkeypatch.delenv("HF_TOKEN")
    assert pull("ada/tiny-pool", tmp_path / "pulled", "--what", "seed") == 0


def test_a_collection(pushed, tmp_path):
    (slug,) = pushed.collections
    assert pull(f"{pushed.endpoint}/collections/{slug}", tmp_path / "pulled", "--what", "components") == 0
    assert {path.name for path in (tmp_path / "pulled/models/components").iterdir()} == set(tiny_study.UNITS)
    assert not (tmp_path / "pulled/models/seed").exists()


def test_a_collection_of_models_without_a_pool(pushed, tmp_path):
    (collection,) = pushed.collections.values()
    collection["items"] = [item for item in collection["items"] if "component" in item["id"]]
    assert pull(collection["slug"], tmp_path / "pulled") == 0
    assert {path.name for path in (tmp_path / "pulled/models/components").iterdir()} == set(tiny_study.UNITS)


def test_a_pinned_revision_stays_what_it_was(pushed, study, finished, tmp_path):
    pinned = pushed.repos["dataset", "ada/tiny-pool"].branches["main"]
    remake(study / "models/components/english", "model.safetensors", lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    assert push(study, "--what", "components", "--overwrite") == 0
    for revision, expected in (("", study), (f"@{pinned}", finished)):
        run_dir = tmp_path / f"pulled{len(revision)}"
        assert pull(f"ada/tiny-pool{revision}", run_dir, "--what", "components") == 0
        weights = "models/components/english/model.safetensors"
        assert (run_dir / weights).read_bytes() == (expected / weights).read_bytes()


def remake(folder, name, change):
    """Change a file of a model and say so in its manifest, as making it anew would."""
    (folder / name).write_bytes(change((folder / name).read_bytes()))
    facts = json.loads((folder / "manifest.json").read_text())
    facts["digest"] = digest_files([folder / "config.json", folder / "model.safetensors"])
    (folder / "manifest.json").write_text(json.dumps(facts))


def test_one_component_by_name(pushed, finished, tmp_path):
    assert pull("ada/tiny-pool", tmp_path / "pulled", "--what", "seed") == 0
    assert pull("ada/tiny-component-english", tmp_path / "pulled") == 0
    expected = files_below(finished / "models/components/english")
    assert files_below(tmp_path / "pulled/models/components/english") == expected


@pytest.mark.parametrize("what", ["seed", "tokenizer"])
def test_a_component_that_does_not_belong_is_refused_naming_both(pushed, study, tmp_path, capsys, what):
    path = study / "models/components/english/manifest.json"
    facts = json.loads(path.read_text())
    mine = facts[f"{what}_digest"]
    path.write_text(json.dumps({**facts, f"{what}_digest": "of-another"}))
    assert main(["push", str(study), "--repo_prefix", "lab/other", "--what", "components"]) == 2  # not as a pool
    assert push(study, "--what", "components", "--overwrite") == 2
    repo = pushed.repos["model", "ada/tiny-component-english"]
    repo.commit("main", {**repo.files, "manifest.json": path.read_bytes()})
    assert pull("ada/tiny-pool", tmp_path / "pulled", "--what", "seed") == 0
    capsys.readouterr()
    assert pull("ada/tiny-component-english", tmp_path / "pulled") == 2
    told = capsys.readouterr().err
    assert f"component:english (ada/tiny-component-english) has the {what} of-another" in told
    assert f"has the {what} {mine}" in told
    assert not (tmp_path / "pulled/models/components").exists()


def test_what_is_there_is_never_replaced_unasked(pushed, study, finished, capsys):
    remake(study / "models/components/english", "model.safetensors", lambda data: data[:-1] + bytes([data[-1] ^ 1]))
    mine = files_below(study)
    assert pull("ada/tiny-pool", study) == 2
    assert "already holds something else in models/components/english" in capsys.readouterr().err
    assert files_below(study) == mine
    assert pull("ada/tiny-pool", study, "--overwrite") == 0
    assert files_below(study / "models") == files_below(finished / "models")


def test_an_unfinished_model_is_not_replaced_unasked(pushed, tmp_path, capsys):
    (tmp_path / "run/models/seed/checkpoint-1").mkdir(parents=True)
    assert pull("ada/tiny-pool", tmp_path / "run", "--what", "seed") == 2
    assert "something else in models/seed" in capsys.readouterr().err


def test_a_dry_run_pulls_nothing(pushed, tmp_path, capsys):
    assert pull("ada/tiny-pool", tmp_path / "pulled", "--dry_run") == 0
    assert "to pull" in capsys.readouterr().out
    assert not (tmp_path / "pulled").exists()


def test_code_and_pickles_are_not_pulled(pushed, tmp_path):
    repo = pushed.repos["model", "ada/tiny-component-english"]
    repo.commit(
        "main", {**repo.files, "modeling_x.py": b"import os", "pytorch_model.bin": b"pickle", "a/b.json": b"{}"}
    )
    assert pull("ada/tiny-component-english", tmp_path / "pulled") == 0
    names = set(files_below(tmp_path / "pulled/models/components/english"))
    assert "model.safetensors" in names and not {"modeling_x.py", "pytorch_model.bin", "a/b.json"} & names


def test_the_code_of_the_released_seeds_comes_along_if_it_is_ours(hub, study, tmp_path):
    from transformers import AutoModelForCausalLM

    fixture = Path(__file__).parent.parent / "fixtures/seed_architecture_tiny/hf_olmo_safetensors"
    folder = study / "models/seed"
    facts = (folder / "manifest.json").read_text()
    shutil.rmtree(folder)
    AutoModelForCausalLM.from_pretrained(fixture).save_pretrained(folder)
    (folder / "manifest.json").write_text(facts)
    remake(folder, "config.json", lambda data: data)
    assert push(study, "--what", "seed") == 0
    assert "import hf_ablate" in hub.model("ada/tiny-seed")["README.md"].decode()
    assert pull("ada/tiny-pool", tmp_path / "pulled") == 0
    assert (tmp_path / "pulled/models/seed/modeling_hf_olmo.py").is_file()
    hub.requests.clear()
    assert push(tmp_path / "pulled", "--what", "seed") == 0
    assert hub.uploads() == []
    repo = hub.repos["model", "ada/tiny-seed"]
    repo.commit("main", {**repo.files, "modeling_hf_olmo.py": b"import os"})
    assert pull("ada/tiny-seed", tmp_path / "again") == 0
    assert not (tmp_path / "again/models/seed/modeling_hf_olmo.py").exists()
    AutoModelForCausalLM.from_pretrained(tmp_path / "again/models/seed")


@pytest.mark.parametrize("name", ["component:../../../escape", "component:/tmp/escape", "component:"])
def test_names_that_lead_out_of_the_run_folder_are_refused(pushed, tmp_path, capsys, name):
    repo = pushed.repos["dataset", "ada/tiny-pool"]
    rows = [json.loads(line) for line in repo.files["members.jsonl"].splitlines()]
    rows[1]["member"] = name
    repo.commit("main", {**repo.files, "members.jsonl": "\n".join(map(json.dumps, rows)).encode()})
    assert pull("ada/tiny-pool", tmp_path / "pulled") == 2
    assert f"{name!r} is not" in capsys.readouterr().err
    assert not [path for path in tmp_path.rglob("*") if path.name == "escape"]


@pytest.mark.parametrize("text", ["{", "[]", '{"member": "seed"}', '"seed"'])
def test_a_list_of_members_that_is_none(pushed, tmp_path, capsys, text):
    repo = pushed.repos["dataset", "ada/tiny-pool"]
    repo.commit("main", {**repo.files, "members.jsonl": text.encode()})
    assert pull("ada/tiny-pool", tmp_path / "pulled") == 2
    assert "is not a list of members of a pool" in capsys.readouterr().err


def test_what_an_interrupted_pull_of_another_revision_left_is_removed(pushed, finished, tmp_path):
    left = tmp_path / "pulled/models/components/.english.pull"
    left.mkdir(parents=True)
    (left / "model-00001-of-00002.safetensors").write_text("half of another")
    (left / "config.json").write_text("{}")
    assert pull("ada/tiny-component-english", tmp_path / "pulled") == 0
    expected = files_below(finished / "models/components/english")
    assert files_below(tmp_path / "pulled/models/components/english") == expected


def test_files_that_lead_out_of_the_folder_are_refused(pushed, tmp_path, capsys):
    repo = pushed.repos["dataset", "ada/tiny-corpus"]
    repo.commit("main", {**repo.files, "units/../../escape.arrow": b"x"})
    listed = pushed.repos["dataset", "ada/tiny-pool"]
    rows = [json.loads(line) for line in listed.files["members.jsonl"].splitlines()]
    rows = [{**row, "revision": "main"} if row["member"] == "corpus" else row for row in rows]
    listed.commit("main", {**listed.files, "members.jsonl": "\n".join(map(json.dumps, rows)).encode()})
    assert pull("ada/tiny-pool", tmp_path / "pulled", "--what", "corpus") == 2
    assert "leads out of the folder" in capsys.readouterr().err


def test_weights_other_than_the_manifest_says_never_arrive(pushed, tmp_path, capsys):
    repo = pushed.repos["model", "ada/tiny-component-english"]
    data = repo.files["model.safetensors"]
    repo.commit("main", {**repo.files, "model.safetensors": data[:-1] + bytes([data[-1] ^ 1])})
    assert pull("ada/tiny-component-english", tmp_path / "pulled") == 2
    assert "they were changed after they were made" in capsys.readouterr().err
    assert not (tmp_path / "pulled/models/components/english").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("ada/nothing", "neither a pool nor a model"),
        ("nothing", "is not an id on the Hub"),
        ("ada/tiny-pool@nowhere", "neither a pool nor a model"),
        ("ada/tiny-scores", "is not a pool: it has no members.jsonl"),
        ("ada/none-0123456789abcdef01234567", "the collection ada/none-0123456789abcdef01234567"),
    ],
)
def test_sources_that_are_none(pushed, tmp_path, capsys, source, message):
    assert pull(source, tmp_path / "pulled") == 2
    assert message in capsys.readouterr().err


def test_a_recipe_names_a_seed_and_models_by_their_ids_on_the_hub(pushed, finished, tmp_path):
    run_dir = tmp_path / "run"
    assert pull("ada/tiny-pool", run_dir, "--what", "corpus") == 0
    words = ["--run_dir", str(run_dir), "--seed_model", "ada/tiny-seed", "--use_cpu", "true", "--model", "seed"]
    assert main(["train", *words]) == 0
    seed = json.loads((run_dir / "models/seed/manifest.json").read_text())
    original = json.loads((finished / "models/seed/manifest.json").read_text())
    assert seed["digest"] == original["digest"] and seed["arguments"]["seed_model"] == "ada/tiny-seed"
    assert pull("ada/tiny-component-english", run_dir) == 0  # which was made from this seed
    words = ["--data", str(run_dir / "corpus/eval"), "--split", "val", "--output_dir", str(tmp_path / "out")]
    assert main(["evaluate", "--model", "ada/tiny-component-english", *words]) == 0
    rows = [json.loads(line) for line in (tmp_path / "out/rows.jsonl").read_text().splitlines()]
    assert {row["model"] for row in rows} == {"ada/tiny-component-english"}


def test_a_new_unit_is_trained_and_pushed_without_touching_the_others(pushed, finished, tmp_path, capsys):
    run_dir = tmp_path / "run"
    assert pull("ada/tiny-pool", run_dir, "--what", "seed", "components", "corpus") == 0
    before = files_below(run_dir / "models")
    shutil.copytree(finished.parent / "documents", tmp_path / "documents")
    shutil.copytree(run_dir / "corpus/tokenizer", tmp_path / "tokenizer")  # the pool's own, for the new unit too
    recipes = tiny_study.write_recipes(tmp_path)
    words = ["--units", *tiny_study.UNITS, "latin", "--eval_partitions", "hex"]
    tokenizer = ["--tokenizer", str(tmp_path / "tokenizer")]
    assert main(["partition", "--config", str(recipes / "partition.yaml"), *words, *tokenizer]) == 0
    assert main(["train", "--config", str(recipes / "train.yaml")]) == 0
    after = files_below(run_dir / "models")
    assert {path: after[path] for path in before} == before
    assert {path.split("/")[1] for path in set(after) - set(before)} == {"latin"}
    pushed.requests.clear()
    assert push(run_dir, "--what", "components") == 0
    commits = [path.split("/")[4] for _, path, _ in pushed.uploads() if "/commit/" in path]
    assert commits == ["tiny-component-latin", "tiny-pool"]
    assert pull("ada/tiny-pool", tmp_path / "again", "--what", "components") == 0
    assert {path.name for path in (tmp_path / "again/models/components").iterdir()} == {*tiny_study.UNITS, "latin"}
