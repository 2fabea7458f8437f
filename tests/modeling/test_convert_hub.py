"""Checkpoints fetched from a Hub, which runs on the loopback."""

import time

import pytest
from huggingface_hub import HfApi
from huggingface_hub.utils import close_session
from loopback_hub import TOKEN, LoopbackHub, talk_to
from tiny import FIXTURES

from hf_ablate.errors import InputError
from hf_ablate.manifest import read_manifest
from hf_ablate.modeling.arguments import ConvertArguments
from hf_ablate.modeling.convert import run


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A Hub with the pickle form at its main branch, and both forms on a branch."""
    with LoopbackHub({TOKEN: "ada"}) as loopback:
        talk_to(loopback, monkeypatch.setattr, tmp_path)
        monkeypatch.setenv("HF_TOKEN", TOKEN)
        monkeypatch.setattr(time, "sleep", lambda _: None)  # between the client's attempts
        api = HfApi(endpoint=loopback.endpoint, token=TOKEN)
        api.create_repo("ada/seed")
        api.upload_folder(repo_id="ada/seed", folder_path=FIXTURES / "hf_olmo_bin")
        api.create_branch("ada/seed", branch="both")
        api.upload_folder(repo_id="ada/seed", folder_path=FIXTURES / "hf_olmo_safetensors", revision="both")
        yield loopback
        close_session()


def test_a_hub_id_is_fetched_and_converted(hub, tmp_path):
    run(ConvertArguments("ada/seed", tmp_path / "main"))
    run(ConvertArguments("ada/seed", tmp_path / "branch", revision="both"))
    manifest = read_manifest(tmp_path / "branch")
    assert (manifest["arguments"]["source"], manifest["arguments"]["revision"]) == ("ada/seed", "both")
    weights = [(tmp_path / folder / "model.safetensors").read_bytes() for folder in ("main", "branch")]
    assert weights[0] == weights[1]
    cached = [path.name for path in (tmp_path / "hub-cache").rglob("snapshots/*/*")]
    assert cached.count("pytorch_model.bin") == 1, "not where there are safetensors"


def test_what_the_hub_does_not_have_is_an_input_error(hub, tmp_path):
    with pytest.raises(InputError, match="ada/sead is neither a file nor a folder .* it does not exist on"):
        run(ConvertArguments("ada/sead", tmp_path / "out"))
    with pytest.raises(InputError, match="there is no such branch, tag or commit"):
        run(ConvertArguments("ada/seed", tmp_path / "out", revision="v9"))
    assert not (tmp_path / "out").exists()
