"""What `hf-ablate push` puts on the Hub, and what it never does."""

import gzip
import json
from pathlib import Path

import pytest
from loopback_hub import TOKEN
from to_and_fro import files_below, push

import hf_ablate as ha
from hf_ablate.cli import main
from hf_ablate.manifest import digest_files


MEMBERS = {
    "seed", "component:counting", "component:english", "component:python", "corpus", "eval", "scores", "report",
    "explorer",
}  # fmt: skip


def members(hub):
    lines = hub.dataset("ada/tiny-pool")["members.jsonl"].decode().splitlines()
    return {row["member"]: row for row in map(json.loads, lines)}


def test_everything_is_pushed_privately_and_listed(pushed, finished):
    listed = members(pushed)
    references = {f"reference:{path.name}" for path in (finished / "models/references").iterdir()}
    merged = {f"merged:{path.name}" for path in (finished / "models/merged").iterdir()}
    assert set(listed) == MEMBERS | references | merged
    assert all(repo.private for repo in pushed.repos.values())
    for row in listed.values():
        assert pushed.repos[row["repo_type"], row["repo_id"]].branches["main"] == row["revision"]
    (collection,) = pushed.collections.values()
    assert collection["private"] and collection["title"] == "tiny"
    assert {item["id"] for item in collection["items"]} == {repo_id for _, repo_id in pushed.repos}


def test_a_model_arrives_byte_for_byte_in_one_commit(pushed, finished):
    repo = pushed.repos["model", "ada/tiny-component-english"]
    local = files_below(finished / "models/components/english")
    assert {path: data for path, data in repo.files.items() if path not in ("README.md", ".gitattributes")} == local
    assert len(repo.commits) == 2  # the Hub's own, and ours


def test_a_second_push_uploads_nothing_and_prints_the_urls(pushed, study, capsys):
    assert push(study, "--output_format", "json") == 0
    assert pushed.uploads() == []
    printed = json.loads(capsys.readouterr().out)
    assert {row["state"] for row in printed["repositories"]} == {"unchanged"}
    urls = {row["member"]: row["url"] for row in printed["repositories"]}
    assert urls["component:english"] == f"{pushed.endpoint}/ada/tiny-component-english"
    assert urls["scores"] == f"{pushed.endpoint}/datasets/ada/tiny-scores"
    assert printed["collection"].startswith(f"{pushed.endpoint}/collections/ada/tiny-")


def test_python_pushes_as_the_command_does(pushed, hub, study):
    opened = ha.Study.open(study)
    assert set(opened.push("ada/tiny")["state"]) == {"unchanged"}
    assert pushed.uploads() == []
    planned = opened.push("ada/other", ["scores"], dry_run=True)
    assert dict(planned["state"]) == {"scores": "new"}
    assert not [repo_id for _, repo_id in hub.repos if repo_id.startswith("ada/other")]
    for mistake, message in ((["scors"], "did you mean 'scores'"), (["all"], "did you mean 'public'")):
        with pytest.raises(ha.InputError, match=message):
            opened.push("ada/tiny", mistake, **({} if mistake == ["scors"] else {"publc": True}))


def change(run_dir):
    """Change a component as training it again does: other weights, other digest."""
    folder = run_dir / "models/components/english"
    weights = bytearray((folder / "model.safetensors").read_bytes())
    weights[-1] ^= 1
    (folder / "model.safetensors").write_bytes(weights)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["digest"] = digest_files([folder / "config.json", folder / "model.safetensors"])
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return bytes(weights)


def test_other_content_is_never_overwritten_unasked(pushed, study, capsys):
    change(study)
    before = pushed.model("ada/tiny-component-english")
    assert push(study, "--what", "seed", "components") == 2
    assert "ada/tiny-component-english: main already holds something else" in capsys.readouterr().err
    assert pushed.uploads() == [] and pushed.model("ada/tiny-component-english") == before


def test_overwrite_replaces_what_differs_and_nothing_else(pushed, study):
    repo = pushed.repos["model", "ada/tiny-component-english"]
    repo.commit("main", {**repo.files, "model-00001-of-00002.safetensors": b"stale", "notes.txt": b"mine"})
    old_tags = dict(repo.tags)
    weights = change(study)
    assert push(study, "--what", "components", "--overwrite") == 0
    assert repo.files["model.safetensors"] == weights
    assert not {"model-00001-of-00002.safetensors", "notes.txt"} & set(repo.files)
    assert old_tags.items() < repo.tags.items()  # merges of the old weights go on working
    commits = [path for _, path, _ in pushed.uploads() if "/commit/" in path]
    assert sorted(path.split("/")[4] for path in commits) == ["tiny-component-english", "tiny-pool"]


def test_another_card_is_kept_unless_told_otherwise(pushed, study, caplog):
    repo = pushed.repos["model", "ada/tiny-component-english"]
    ours = repo.files["README.md"]
    repo.commit("main", {**repo.files, "README.md": b"---\ntags: [mine]\n---\nEdited on the Hub.\n"})
    assert push(study, "--what", "components") == 0
    assert "only the card differs; it is kept" in caplog.text
    assert b"Edited on the Hub." in repo.files["README.md"]
    assert push(study, "--what", "components", "--public") == 0
    assert b"Edited on the Hub." in repo.files["README.md"] and not repo.private
    assert push(study, "--what", "components", "--public", "--overwrite") == 0
    assert repo.files["README.md"] == ours


def test_weights_that_their_manifest_does_not_describe_are_refused(hub, study, capsys):
    path = study / "models/components/english/model.safetensors"
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    assert push(study, "--what", "components") == 2
    assert "changed after they were made" in capsys.readouterr().err
    assert not hub.repos


def test_only_what_was_asked_for_is_pushed(hub, study):
    assert push(study, "--what", "seed", "scores") == 0
    assert set(members(hub)) == {"seed", "scores"}
    assert push(study, "--what", "components") == 0
    assert set(members(hub)) == {"seed", "scores", "component:counting", "component:english", "component:python"}


def test_all_modules_of_a_model_with_its_own_code_are_pushed(hub, study):
    (study / "models/seed/attention.py").write_text("# imported by modeling_mine.py\n")
    assert push(study, "--what", "seed") == 0
    assert "attention.py" in hub.repos["model", "ada/tiny-seed"].files


def test_private_files_never_leave_the_machine(hub, study):
    folder = study / "models/components/english"
    private = [
        "optimizer.pt",
        "training_args.bin",
        "pytorch_model.bin",
        "unfinished.json",
        ".env",
        "model.safetensors~",
    ]
    for name in [*private, "checkpoint-3/model.safetensors", "checkpoint-3/optimizer.pt", "runs/events.out"]:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("private")
    (study / "corpus/.work").mkdir()
    (study / "corpus/.work/part.arrow").write_text("private")
    assert push(study) == 0
    for repo in hub.repos.values():
        assert b"private" not in repo.files.values(), repo.id


def test_no_path_and_no_token_is_in_what_is_pushed_printed_or_written(hub, study, tmp_path, capfd):
    assert push(study) == 0
    assert push(study, "--overwrite", "--debug") == 0
    printed = "".join(capfd.readouterr())
    contents = {f"{repo.id}/{path}": data for repo in hub.repos.values() for path, data in repo.files.items()}
    contents |= {path: gzip.decompress(data) for path, data in contents.items() if path.endswith(".gz")}
    contents |= {"printed": printed.encode(), **files_below(tmp_path)}
    for path, data in contents.items():
        assert TOKEN.encode() not in data, path
    for repo in hub.repos.values():
        for path, data in repo.files.items():
            assert str(tmp_path).encode() not in data, f"{repo.id}/{path}"
            assert str(Path.home()).encode() + b"/" not in data, f"{repo.id}/{path}"


@pytest.mark.parametrize("secret", ["path", "token"])
def test_text_with_a_private_path_or_the_token_is_refused(hub, study, capsys, secret):
    path = study / "models/components/english/config.json"
    told = str(study.resolve()) if secret == "path" else TOKEN
    path.write_text(json.dumps({**json.loads(path.read_text()), "_name_or_path": told}))
    manifest = study / "models/components/english/manifest.json"
    facts = json.loads(manifest.read_text())
    facts["digest"] = digest_files([path, path.parent / "model.safetensors"])
    manifest.write_text(json.dumps(facts))
    assert push(study) == 2
    told = capsys.readouterr().err
    assert "config.json of component:english holds" in told and TOKEN not in told
    assert not hub.repos


def test_public_only_when_asked(hub, study, capsys):
    assert push(study, "--what", "seed") == 0
    assert push(study, "--what", "seed", "--public") == 0
    assert not any(repo.private for repo in hub.repos.values())
    assert push(study, "--what", "seed") == 0  # nothing new becomes public
    assert push(study, "--what", "components") == 2
    assert "ada/tiny-pool already exists and is public, so anyone could read what is pushed" in capsys.readouterr().err
    change(study)
    hub.repos["model", "ada/tiny-component-english"] = hub.repos["model", "ada/tiny-seed"]
    assert push(study, "--what", "components") == 2
    assert "ada/tiny-component-english already exists and is public" in capsys.readouterr().err


def test_another_branch(pushed, study):
    weights = change(study)
    assert push(study, "--what", "components", "--revision", "second") == 0
    repo = pushed.repos["model", "ada/tiny-component-english"]
    assert repo.commits[repo.branches["second"]]["model.safetensors"] == weights
    assert repo.files["model.safetensors"] != weights


def test_a_dry_run_changes_nothing(pushed, study, capsys):
    change(study)
    assert push(study, "--dry_run", "--output_format", "json") == 0
    states = {row["member"]: row["state"] for row in json.loads(capsys.readouterr().out)["repositories"]}
    assert states["component:english"] == "changed" and states["component:python"] == "unchanged"
    assert pushed.uploads() == []


def test_an_organization(hub, study):
    assert main(["push", str(study), "--repo_prefix", "lab/tiny", "--what", "seed"]) == 0
    assert {repo_id for _, repo_id in hub.repos} == {"lab/tiny-seed", "lab/tiny-pool"}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--repo_prefix", "tiny"], "expected ORG/NAME"),
        (["--repo_prefix", "ada/../x"], "expected ORG/NAME"),
        (["--repo_prefix", "bob/tiny"], "you are ada on the Hub and may write to ada, lab, not to bob"),
        (["--public", "--private"], "not both"),
        (["--what", "everything"], "invalid choice"),
    ],
)
def test_mistakes_are_told_before_anything_is_pushed(hub, study, capsys, words, message):
    assert push(study, *words) == 2
    assert message in capsys.readouterr().err
    assert not hub.repos


def test_a_part_that_is_missing(hub, study, capsys):
    (study / "report/manifest.json").unlink()
    assert push(study, "--what", "report") == 2
    assert "holds no finished report" in capsys.readouterr().err
    assert push(study) == 0
    assert "report" not in members(hub)


def test_a_folder_that_does_not_exist(hub, tmp_path, capsys):
    assert push(tmp_path / "nowhere") == 2
    assert "is not a run folder" in capsys.readouterr().err
    assert not (tmp_path / "nowhere").exists()


def test_models_of_two_seeds_are_never_listed_as_one_pool(pushed, study, capsys):
    path = study / "models/components/english/manifest.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({**facts, "seed_digest": "another-seed"}))
    assert push(study, "--what", "components", "--overwrite") == 2
    told = capsys.readouterr().err
    assert "another-seed" in told and facts["seed_digest"] in told
    assert pushed.uploads() == []


def test_the_explorer_is_a_static_space_that_pool_and_report_link_to(pushed, finished):
    explorer, report = (pushed.repos["space", f"ada/tiny-{name}"].files for name in ("explorer", "report"))
    card = explorer["README.md"].decode()
    assert "\nsdk: static\n" in card and "\napp_file: index.html\n" in card and "spaces/ada/tiny-report" in card
    local = (finished / "report/explorer.html").read_bytes()
    assert report["explorer.html"] == local  # where the report's own link leads
    to_report = b'href="https://huggingface.co/spaces/ada/tiny-report"'
    assert b'href="index.html"' in local and b'href="index.html"' not in explorer["index.html"]
    assert explorer["index.html"].replace(to_report, b'href="index.html"') == local
    for card in (pushed.dataset("ada/tiny-pool")["README.md"], report["README.md"]):
        assert b"(https://huggingface.co/spaces/ada/tiny-explorer)" in card
    assert set(explorer) - {".gitattributes"} == {"README.md", "index.html"}


def test_the_explorer_alone(hub, study, capsys):
    assert push(study, "--what", "explorer") == 0
    assert set(members(hub)) == {"explorer"}
    (study / "report/explorer.html").unlink()
    assert push(study, "--what", "explorer") == 2
    assert "holds no finished explorer" in capsys.readouterr().err


def test_metric_modules_are_spaces_of_their_own(hub, study):
    assert push(study, "--what", "metrics") == 0
    assert {repo_id for _, repo_id in hub.repos} == {"ada/perplexities", "ada/rank_agreement"}
    files = hub.repos["space", "ada/perplexities"].files
    assert {"perplexities.py", "app.py", "README.md", "requirements.txt"} <= set(files)
    for name in ("app.py", "README.md"):
        assert b'evaluate.load("ada/perplexities")' in files[name]
    hub.requests.clear()
    assert push(study, "--what", "metrics") == 0
    assert hub.uploads() == []


def test_a_card_that_the_hub_does_not_take(hub, study, capsys):
    assert push(study, "--license", "mine") == 2
    told = capsys.readouterr().err
    assert "the Hub does not accept the card of seed" in told and "license must be one of" in told
    assert not hub.repos


def test_a_merge_needs_its_components_on_the_hub(hub, study, capsys):
    assert push(study, "--what", "merged") == 2
    assert "averages components that are not on the Hub" in capsys.readouterr().err
    assert not hub.repos
    assert push(study, "--what", "components", "merged") == 0
    assert push(study, "--what", "merged") == 0


def test_components_without_their_seed_are_warned_of(hub, study, caplog):
    assert push(study, "--what", "components") == 0
    assert "ada/tiny-seed is not on the Hub" in caplog.text
    caplog.clear()
    assert push(study, "--what", "seed") == 0
    assert push(study, "--what", "components") == 0
    assert "not on the Hub" not in caplog.text
