"""One process at a time writes a model."""

import subprocess
import sys
import time

import pytest
from pool_files import manifests
from tiny_corpus import tiny_arguments

from hf_ablate.errors import InputError
from hf_ablate.training import callbacks, lease
from hf_ablate.training.checkpoints import checkpoints
from hf_ablate.training.lease import LeaseLostError, held_lease
from hf_ablate.training.train import run


FILE = ".beta.lease"
HOLD = (
    "import sys, time\nfrom pathlib import Path\nfrom hf_ablate.training.lease import held_lease\n"
    "with held_lease(Path(sys.argv[1]), 'component:beta'):\n    print('held', flush=True)\n    time.sleep(60)\n"
)


@pytest.fixture
def times(monkeypatch):
    """A sign of life every 0.05 s, dead after 0.4 s; waiting ends after 1 s."""
    monkeypatch.setattr(lease, "_SECONDS_BETWEEN_SIGNS", 0.05)
    monkeypatch.setattr(lease, "_SECONDS_UNTIL_DEAD", 0.4)
    monkeypatch.setattr(lease, "_MOST_SECONDS_OF_WAITING", 1)


@pytest.fixture
def holder(tmp_path):
    """Another process that has the lease."""
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path / "beta")], stdout=subprocess.PIPE) as process:
        assert process.stdout.readline() == b"held\n"
        yield process
        process.kill()


def test_a_lease_of_a_process_that_was_killed_is_taken_at_once(tmp_path, holder):
    holder.kill()  # and nobody asks how it ended: it is a zombie
    started = time.monotonic()
    with held_lease(tmp_path / "beta", "component:beta"):
        assert time.monotonic() - started < 5
    assert not (tmp_path / FILE).exists()


def test_a_process_that_keeps_a_model_is_named(tmp_path, holder, monkeypatch, caplog):
    monkeypatch.setattr(lease, "_MOST_SECONDS_OF_WAITING", 0.2)
    message = (
        f"component:beta is being trained by process {holder.pid} on node .*stop it, and run the same command again"
    )
    with caplog.at_level("INFO", "hf_ablate"), pytest.raises(InputError, match=message):
        with held_lease(tmp_path / "beta", "component:beta"):
            pass
    assert f"component:beta: waiting for process {holder.pid}" in caplog.text
    assert (tmp_path / FILE).exists()


def test_a_lease_from_elsewhere_is_taken_when_it_shows_no_more_life(tmp_path, times):
    (tmp_path / FILE).write_text("other-machine 1 node-7 token\n")
    started = time.monotonic()
    with held_lease(tmp_path / "beta", "component:beta"):
        assert 0.4 < time.monotonic() - started < 5


def test_a_lease_that_is_held_stays_alive(tmp_path, times):
    with held_lease(tmp_path / "beta", "component:beta"):
        with pytest.raises(InputError, match="is being trained by process"):
            with held_lease(tmp_path / "beta", "component:beta"):
                pass


def test_a_process_that_has_lost_its_lease_writes_nothing_more(pool, monkeypatch):
    folder = pool / "models/components/beta"
    (folder / "manifest.json").unlink()
    taken = "other-machine 1 node-7 token\n"
    original = callbacks.ProgressCallback.on_step_end

    def on_step_end(self, args, state, control, **kwargs):
        original(self, args, state, control, **kwargs)
        if state.global_step == 3:
            (folder.parent / FILE).write_text(taken)

    monkeypatch.setattr(callbacks.ProgressCallback, "on_step_end", on_step_end)
    with pytest.raises(LeaseLostError, match="component:beta: .* another one trains it now"):
        run(tiny_arguments(pool, save_steps=2, model="component:beta"))
    assert [path.name for path in checkpoints(folder)] == ["checkpoint-2"]
    assert "component:beta" not in manifests(pool)
    assert (folder.parent / FILE).read_text() == taken
