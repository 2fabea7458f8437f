"""The parts of benchmarks/on_gpu.sh, as far as a CPU can try them."""

import inspect
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.gpu import collect
from benchmarks.gpu.device import gpu_name
from benchmarks.gpu.entries import Entries, Found, add_models, part_parser
from benchmarks.measurement import CannotRun, Measurement


GPU = Path(__file__).parent.parent / "benchmarks" / "gpu"
SCRIPT = GPU.with_name("on_gpu.sh")


def test_the_script_names_options_that_its_parts_have():
    text = SCRIPT.read_text().replace("\\\n", "")
    assert subprocess.run(["bash", "-n", str(SCRIPT)]).returncode == 0
    calls = re.findall(r"^ +part \S+ \d+ (\w+)(.*)$", text, flags=re.MULTILINE)
    assert {module for module, _ in calls} == {"score", "merge", "train", "sweep", "sharding"}
    for module, words in calls:
        source = (GPU / f"{module}.py").read_text()
        shared = [inspect.getsource(adds) for adds in (part_parser, add_models) if f"{adds.__name__}(" in source]
        known = set(re.findall(r'add_argument\("(--\w+)"', "".join([source, *shared])))
        assert set(re.findall(r"--\w+", words)) <= known, module


def test_a_measurement_that_fails_does_not_stop_the_others(tmp_path):
    def out_of_memory():
        raise MemoryError("no memory\nlong explanation")

    def lacks():
        raise CannotRun("flash-attn is not installed")

    entries = Entries(tmp_path / "train.json")
    entries.measure("a", out_of_memory)
    entries.measure("b", lacks)
    entries.measure("c", lambda: Found((Measurement("c", "x / y", (0.5, 0.6, 0.7), True, 0.55),), {"tokens/s": 1234}))
    found = json.loads((tmp_path / "train.json").read_text())
    assert found["a"] == {"failure": "MemoryError: no memory"}
    assert found["b"] == {"lacking": "flash-attn is not installed"}
    assert found["c"]["measurements"][0]["median"] == 0.6


def test_parts_become_one_file_and_a_table(tmp_path, monkeypatch, capsys):
    entries = Entries(tmp_path / "train.json")
    entries.measure("training 130m, sdpa", lambda: Found((Measurement("t", "x / y", (0.4,), True, 0.45),), {"s": 3}))
    entries.measure("training 130m, flash", lambda: Found((), {"s": 2}))
    for name, ended in (("train", "124 130"), ("sweep", "124 0"), ("score", "1 12")):
        (tmp_path / f"{name}.ended").write_text(ended)
    output = tmp_path / "gpu.json"
    monkeypatch.setattr(
        sys, "argv", ["collect", "--parts", str(tmp_path), "--output", str(output), "--device", "H100"]
    )
    collect.main()
    found = json.loads(output.read_text())
    assert set(found) == {"device", "seconds", "origin", "parts"}
    assert {name: part["ended"] for name, part in found["parts"].items()} == {
        "train": "cut after 130 s", "sweep": "left out: no time was left", "score": "failed with exit code 1",
    }  # fmt: skip
    assert set(found["parts"]["train"]["entries"]) == {"training 130m, sdpa", "training 130m, flash"}
    lines = capsys.readouterr().out.splitlines()
    assert any(re.match(r"training 130m, sdpa +3 s +0.4 +1 +≥ 0.45 ✗", line) for line in lines)
    assert any(re.match(r"sweep +left out: no time was left", line) for line in lines)


@pytest.mark.parametrize(
    ("name", "known"),
    [
        ("NVIDIA H100 80GB HBM3", "h100"), ("NVIDIA H100 PCIe", "h100-pcie"), ("NVIDIA H200", "h200"),
        ("NVIDIA L40S", "l40s"), ("NVIDIA GeForce RTX 4090", "rtx4090"), ("Tesla T4", None),
    ],
)  # fmt: skip
def test_gpus_are_known_by_their_names(monkeypatch, name, known):
    monkeypatch.setattr("torch.cuda.get_device_name", lambda: name)
    assert gpu_name("cuda") == known


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_the_merges_of_made_up_components_are_measured(tmp_path, monkeypatch, dtype):
    import torch

    from benchmarks.gpu.material import make_components
    from benchmarks.gpu.merge import merge

    folders = make_components(tmp_path, "tiny", 3, "cpu")
    monkeypatch.setattr("benchmarks.gpu.merge.copied_bandwidth", lambda device: 10.0)
    found = merge(folders, "cpu", f"merge of 3, {dtype}", getattr(torch, dtype), None)
    (measured,) = found.measurements
    assert found.facts["GB/s"] == pytest.approx(10 * max(measured.ratios))
    read = 3 * 35904 * 4  # three components in float32
    written = 35904 * getattr(torch, dtype).itemsize
    assert found.facts["GB/s"] * found.facts["ms"] * 1e6 == pytest.approx(read + written)
