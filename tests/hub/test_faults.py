"""What goes wrong on the way to the Hub and back ends in a retry or a clear message, never in half a model."""

import json

import pytest
from huggingface_hub import HfApi, constants
from loopback_hub import TOKEN
from to_and_fro import files_below, pull, push


MODEL = "ada/tiny-component-english"
PUSH_FAULTS = {
    "who you are": ("GET", "/whoami", {"status": 500}),
    "creating": ("POST", "/repos/create", {"status": 503}),
    "before the upload": ("POST", "/preupload/", {"status": 502}),
    "uploading": ("PUT", "/lfs/", {"status": 500}),
    "uploading, cut": ("PUT", "/lfs/", {"cut": True}),
    "committing": ("POST", "/commit/", {"status": 500}),
    "committing, cut": ("POST", "/commit/", {"cut": True}),
    "committing, answer lost": ("POST", "/commit/", {"lose_answer": True}),
    "creating, answer lost": ("POST", "/repos/create", {"lose_answer": True}),
    "looking": ("GET", "/tree/", {"status": 504}),
    "tagging": ("POST", "/tag/", {"status": 500}),
    "collecting": ("POST", "/collections", {"status": 500}),
    "adding to the collection": ("POST", "/items", {"lose_answer": True}),
}


@pytest.mark.parametrize("name", PUSH_FAULTS)
def test_a_push_survives_a_passing_fault(hub, study, name):
    method, pattern, what = PUSH_FAULTS[name]
    hub.fault(method, pattern, **what)
    assert push(study, "--what", "components") == 0
    assert hub.faults[0].times == 0 and hub.waits
    for unit in ("counting", "english", "python"):
        repo = hub.repos["model", f"ada/tiny-component-{unit}"]
        local = files_below(study / "models/components" / unit)
        assert {path: repo.files[path] for path in local} == local
        assert len(repo.commits) == 2 and len(repo.tags) == 1
    assert len(hub.dataset("ada/tiny-pool")["members.jsonl"].splitlines()) == 3


def test_a_busy_hub_is_given_the_time_it_asks_for(hub, study):
    hub.fault("POST", "/repos/create", status=429, headers={"Retry-After": "17"})
    hub.fault("POST", "/commit/", status=429, headers={"RateLimit": '"api";r=0;t=55'})
    assert push(study, "--what", "seed") == 0
    assert hub.waits == [17, 55]


@pytest.mark.parametrize(("method", "pattern"), [("PUT", "/lfs/"), ("POST", "/commit/"), ("POST", "/preupload/")])
def test_a_push_that_fails_for_good_leaves_no_half_model_and_goes_on_later(hub, study, capsys, method, pattern):
    hub.fault(method, pattern, times=1000, status=500)
    assert push(study, "--what", "components") == 2
    told = capsys.readouterr().err
    assert "the Hub answered with status 500" in told and "the same command resumes from there" in told
    assert "Traceback" not in told
    for repo in hub.repos.values():
        assert set(repo.files) == {".gitattributes"}
    hub.faults.clear()
    uploaded = {path for method, path, status in hub.requests if method == "PUT" and status == 200}
    hub.requests.clear()
    assert push(study, "--what", "components") == 0
    again = {path for method, path, _ in hub.requests if method == "PUT"}
    assert not uploaded & again  # what had arrived is not sent twice


def test_an_interrupted_push_goes_on_where_it_stopped(hub, study):
    hub.fault("POST", f"{MODEL}/commit/", times=1000, status=500)
    assert push(study, "--what", "components") == 2
    assert "model.safetensors" in hub.model("ada/tiny-component-counting")
    hub.faults.clear()
    hub.requests.clear()
    assert push(study, "--what", "components") == 0
    commits = [path.split("/")[4] for _, path, _ in hub.uploads() if "/commit/" in path]
    assert commits == ["tiny-component-english", "tiny-component-python", "tiny-pool"]


def test_a_file_corrupted_on_the_way_up_is_never_committed(hub, study, capsys):
    hub.fault("PUT", "/lfs/", times=1000, corrupt=True)
    assert push(study, "--what", "seed") == 2
    assert "the content does not have the announced SHA-256" in capsys.readouterr().err
    assert set(hub.model("ada/tiny-seed")) == {".gitattributes"}


def test_a_corruption_that_the_hub_does_not_notice_is_told(hub, study, capsys, monkeypatch):
    monkeypatch.setattr("loopback_hub.base64.b64decode", lambda text: b"something else")
    assert push(study, "--what", "seed") == 2
    assert "arrived damaged" in capsys.readouterr().err
    assert ("dataset", "ada/tiny-pool") not in hub.repos


@pytest.mark.parametrize("expires", ["before", "in the middle"])
def test_an_expired_token(hub, study, capsys, expires):
    if expires == "before":
        hub.tokens.clear()
    else:
        hub.fault("POST", f"{MODEL}/commit/", times=1000, status=401)
    assert push(study, "--what", "components") == 2
    told = capsys.readouterr().err
    assert "the Hub does not accept your token" in told and "hf auth login" in told and TOKEN not in told
    assert "Traceback" not in told


def test_no_token(hub, study, capsys, monkeypatch):
    monkeypatch.delenv("HF_TOKEN")
    assert push(study) == 2
    assert "you are not logged in to the Hub" in capsys.readouterr().err


def test_a_repository_that_is_someone_elses(hub, study, capsys):
    hub.fault("POST", "/repos/create", times=1000, status=403, headers={"X-Error-Message": "not yours"})
    assert push(study, "--what", "components") == 2
    told = capsys.readouterr().err
    assert "pushing to ada/tiny-component-counting: your token does not allow this (not yours" in told


def test_a_repository_that_is_hidden_and_someone_elses(pushed, tmp_path, capsys, monkeypatch):
    monkeypatch.setenv("HF_TOKEN", "hf_bob")
    assert pull("ada/tiny-pool", tmp_path / "pulled") == 2
    assert "it does not exist, or you may not see it" in capsys.readouterr().err


def test_somebody_else_pushes_at_the_same_time(hub, study, capsys):
    hub.fault("POST", "/commit/", times=1, status=412)
    assert push(study, "--what", "seed") == 2
    assert "somebody else changed it at the same time" in capsys.readouterr().err


PULL_FAULTS = {
    "looking": ("GET", "/tree/", {"status": 500}),
    "metadata": ("HEAD", "model.safetensors", {"status": 503}),
    "a file": ("GET", "model.safetensors", {"status": 500}),
    "a file, cut": ("GET", "model.safetensors", {"cut": True}),
    "a file, corrupt": ("GET", "model.safetensors", {"corrupt": True}),
    "a small file, corrupt": ("GET", "config.json", {"corrupt": True}),
    "too many": ("GET", "model.safetensors", {"status": 429, "headers": {"Retry-After": "3"}}),
}


@pytest.mark.parametrize("name", PULL_FAULTS)
def test_a_pull_survives_a_passing_fault(pushed, finished, tmp_path, name):
    method, pattern, what = PULL_FAULTS[name]
    pushed.fault(method, pattern, **what)
    assert pull(MODEL, tmp_path / "pulled") == 0
    assert pushed.faults[0].times == 0
    found = tmp_path / "pulled/models/components/english"
    assert files_below(found) == files_below(finished / "models/components/english")


@pytest.mark.parametrize("what", [{"corrupt": True}, {"status": 500}, {"cut": True}])
def test_a_pull_that_fails_for_good_leaves_nothing_that_loads(pushed, finished, tmp_path, capsys, what):
    pushed.fault("GET", "model.safetensors", times=1000, **what)
    assert pull("ada/tiny-pool", tmp_path / "pulled", "--what", "components") == 2
    told = capsys.readouterr().err
    assert "model.safetensors of ada/tiny-component-counting" in told and "Traceback" not in told
    assert not list((tmp_path / "pulled/models/components").glob("[!.]*"))
    pushed.faults.clear()
    assert pull("ada/tiny-pool", tmp_path / "pulled", "--what", "components") == 0
    found = files_below(tmp_path / "pulled/models/components")
    assert found == files_below(finished / "models/components")


def test_a_cut_download_goes_on_where_it_stopped(pushed, tmp_path, monkeypatch):
    monkeypatch.setattr(constants, "DOWNLOAD_CHUNK_SIZE", 1024)
    pushed.fault("GET", "model.safetensors", cut=True)
    assert pull(MODEL, tmp_path / "pulled") == 0
    answers = [status for method, path, status in pushed.requests if method == "GET" and "model.safetensors" in path]
    assert answers == [200, 206]


def test_offline_is_told_in_one_line(pushed, study, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    for end in (lambda: push(study), lambda: pull("ada/tiny-pool", tmp_path / "pulled")):
        capsys.readouterr()
        assert end() == 2
        (line,) = capsys.readouterr().err.splitlines()
        assert "HF_HUB_OFFLINE is set, and this needs the Hub" in line


def test_a_dry_run_needs_no_hub(hub, study, capsys, monkeypatch):
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    assert push(study, "--dry_run", "--output_format", "json") == 0
    assert {row["state"] for row in json.loads(capsys.readouterr().out)["repositories"]} == {"?"}
    assert not hub.requests


def test_no_connection(hub, study, capsys, monkeypatch):
    monkeypatch.setattr(constants, "ENDPOINT", "http://127.0.0.1:9")
    assert push(study) == 2
    told = capsys.readouterr().err
    assert "cannot reach the Hub at http://127.0.0.1:9" in told and "Traceback" not in told


def test_a_failure_of_ours_inside_a_call_to_the_hub_shows_its_traceback(hub, study, capsys, monkeypatch):
    def whoami(self):
        raise TypeError("a defect")

    monkeypatch.setattr(HfApi, "whoami", whoami)
    assert push(study) == 1
    error = capsys.readouterr().err
    assert error.rstrip().endswith("TypeError: a defect") and error.count("Traceback") == 1
