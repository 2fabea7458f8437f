"""Models and evaluation text from a Hub over HTTP, and what is said when it refuses.

All commands run in one process, whose client was pointed to the Hub when it started.
"""

import gzip
import json
import os
import subprocess
import sys

import pytest
from loopback_hub import LoopbackHub, Repo
from tiny_pool import TEXTS, UNITS, write_jsonl

from hf_ablate.cli import main
from hf_ablate.evaluation.row_files import read_current_rows


ROWS = [
    {"text": text, "subdomain": domain, "id": f"{domain}-{number}"}
    for domain, texts in TEXTS.items()
    for number, text in enumerate(texts)
]
COMMANDS = (
    "import json, sys; from hf_ablate.cli import main; "
    "sys.exit(json.dumps([main(words) for words in json.loads(sys.argv[1])]))"
)


@pytest.fixture
def hub(study):
    """Two components as models, a data set in PALOMA's layout, and one of each that is gated."""
    with LoopbackHub({"hf_ada": "ada"}) as loopback:
        for unit in UNITS[:2]:
            repo = Repo("model", f"ada/{unit}", private=False)
            folder = study / "models" / "components" / unit
            repo.commit("main", {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()})
            loopback.repos["model", repo.id] = repo
        repo = Repo("dataset", "ada/eval", private=False)
        lines = "".join(json.dumps(row) + "\n" for row in ROWS)
        card = "---\nconfigs:\n- config_name: mine\n  data_files:\n  - split: val\n    path: mine/val/*\n---\n"
        repo.commit("main", {"README.md": card.encode(), "mine/val/a.jsonl.gz": gzip.compress(lines.encode())})
        loopback.repos["dataset", repo.id] = repo
        for kind, name, source in (
            ("model", "ada/gated", ("model", "ada/alpha")),
            ("dataset", "ada/gated", ("dataset", "ada/eval")),
        ):
            loopback.repos[kind, name] = loopback.repos[source]
        for method in ("GET", "HEAD"):
            loopback.fault(method, "ada/gated", times=99, status=403, headers={"X-Error-Code": "GatedRepo"})
        yield loopback


def environment(hub, tmp_path) -> dict[str, str]:
    """That of a process whose client talks to this Hub."""
    variables = {
        **os.environ, "HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_TELEMETRY": "1",
    }  # fmt: skip
    variables.pop("HF_TOKEN", None)
    return variables


def run_commands(hub, tmp_path, *commands: list[str]) -> tuple[list[int], list[str]]:
    """The exit codes and the errors, in a process whose client talks to this Hub."""
    words = json.dumps([["evaluate", *map(str, command)] for command in commands])
    result = subprocess.run(
        [sys.executable, "-c", COMMANDS, words], env=environment(hub, tmp_path), capture_output=True, text=True
    )
    *errors, codes = result.stderr.strip().splitlines()
    return json.loads(codes), [line for line in errors if "hf-ablate: error" in line]


def scores(folder) -> dict[tuple, float]:
    return {(row.model.rpartition("/")[2], row.domain): row.sum_logprob for row in read_current_rows(folder)}


def test_models_and_text_of_the_hub_have_the_scores_of_local_ones_and_refusals_are_told(hub, study, tmp_path):
    path = write_jsonl(tmp_path / "mine.jsonl", ROWS)
    folders = [study / "models" / "components" / unit for unit in UNITS[:2]]
    merges = {}
    for name, models in (("local", folders), ("hub", ["ada/alpha", "ada/beta"])):
        entries = "".join(f"- model: {model}\n  parameters: {{weight: 0.5}}\n" for model in models)
        merges[name] = tmp_path / name / "half.yaml"
        merges[name].parent.mkdir()
        merges[name].write_text(f"merge_method: linear\nmodels:\n{entries}")
    local = ["--model", *folders, merges["local"], "--data", path, "--output_dir", tmp_path / "a"]
    assert main(["evaluate", *map(str, local)]) == 0
    out = ["--output_dir", tmp_path / "b"]
    codes, errors = run_commands(
        hub,
        tmp_path,
        ["--model", "ada/alpha", "ada/beta@main", merges["hub"], "--data", "ada/eval:mine", *out],
        ["--model", "ada/alpha", "--data", "hf://datasets/ada/eval", "--split", "test", *out],
        ["--model", "ada/alpha", "--data", "ada/gated", *out],
        ["--model", "ada/alpha", "--data", "ada/nothing", *out],
        ["--model", "ada/gated", "--data", path, *out],
        ["--model", "ada/nothing", "--data", path, *out],
    )
    assert codes == [0, 2, 2, 2, 2, 2], errors
    found = {(model.removesuffix("@main"), domain): value for (model, domain), value in scores(tmp_path / "b").items()}
    assert found == pytest.approx(scores(tmp_path / "a"), rel=1e-6)
    assert {row.source for row in read_current_rows(tmp_path / "b")} == {"mine"}
    assert "has no split 'test'; it has val" in errors[0]
    for error, name in zip(errors[1:], ("ada/gated", "ada/nothing") * 2, strict=True):
        assert name in error and "fetched" in error


READ_REVISIONS = """
import json, sys
from hf_ablate.evaluation.text.locations import find_sources
from hf_ablate.manifest import digest_files
sources = [find_sources([name], "val")[0] for name in sys.argv[1:]]
print(json.dumps([
    {"texts": [document.text for document in source.read()], "digest": source.digest,
     "is_of_files": digest_files(list(source.paths)) == source.digest}
    for source in sources
]))
"""


def test_two_revisions_of_a_data_set_never_share_rows(hub, tmp_path):
    """The rows of a source are those of its digest, whatever was fetched since."""
    repo = hub.repos["dataset", "ada/eval"]
    first = repo.branches["main"]
    changed = "".join(json.dumps(row | {"text": row["text"] + " and more"}) + "\n" for row in ROWS)
    repo.commit("next", repo.commits[first] | {"mine/val/a.jsonl.gz": gzip.compress(changed.encode())})
    names = ["ada/eval:mine", "ada/eval@next:mine", f"ada/eval@{first}:mine"]
    words = [sys.executable, "-c", READ_REVISIONS, *names]
    result = subprocess.run(words, env=environment(hub, tmp_path), capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    main_branch, next_branch, commit = json.loads(result.stdout)
    assert main_branch["texts"] == [row["text"] for row in ROWS]
    assert next_branch["texts"] == [row["text"] + " and more" for row in ROWS]
    assert commit == main_branch and commit["digest"] != next_branch["digest"]
    assert main_branch["is_of_files"] and next_branch["is_of_files"]


def test_rows_of_a_commit_are_fetched_once(hub, study, tmp_path):
    command = ["--model", study / "models" / "seed", "--data", "ada/eval:mine", "--output_dir"]
    codes, errors = run_commands(hub, tmp_path, [*command, tmp_path / "a"])
    assert codes == [0], errors
    (path,) = (tmp_path / "home" / "hf_ablate" / "data").rglob("val.jsonl")
    written = path.stat().st_mtime_ns
    for method in ("GET", "HEAD"):  # the Hub is out of order, and the commit that `main` was is known
        hub.fault(method, "ada/eval", times=99, status=503)
    codes, errors = run_commands(hub, tmp_path, [*command, tmp_path / "b"])
    assert codes == [0], errors
    assert path.stat().st_mtime_ns == written
    assert read_current_rows(tmp_path / "b") == read_current_rows(tmp_path / "a")
