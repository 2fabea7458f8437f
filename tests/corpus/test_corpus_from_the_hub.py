"""Documents from a Hub over HTTP, as files (`hf://`) and as data sets, and what is said when it refuses.

All commands run in one process, whose client was pointed to the Hub when it started.
"""

import gzip
import itertools
import json
import os
import subprocess
import sys

import pytest
from corpus_files import byte_tokenizer, partition, rows_of, write_rows
from loopback_hub import LoopbackHub, Repo

from hf_ablate.manifest import read_manifest


ROWS = rows_of(["art", "law"], 24)
BY_AREA = ["--source=jsonl", "--partition_by=area"]
REFUSED = {
    "data set ada/paper": ["--source=hub", "--roots=ada/paper", "--partition_by=config"],
    "data set ada/papers at revision v2": [
        "--source=hub", "--roots=ada/papers", "--hub_revision=v2", "--partition_by=config",
    ],
    "hf://datasets/bob/secret": ["--roots=hf://datasets/bob/secret", *BY_AREA],
    "hf://datasets/ada/gated": ["--roots=hf://datasets/ada/gated", *BY_AREA],
    "data set ada/gated": ["--source=hub", "--roots=ada/gated", "--partition_by=config"],
    "listed/art/train/part-0.jsonl.gz": ["--roots=hf://datasets/ada/listed", "--globs=*/train/*", *BY_AREA],
}  # fmt: skip
COMMANDS = (
    "import json, sys; from hf_ablate.cli import main; "
    "sys.exit(json.dumps([main(words) for words in json.loads(sys.argv[1])]))"
)


@pytest.fixture
def hub():
    """A data set with two configs, which has changed since its tag v1; a private one; two gated ones."""
    with LoopbackHub({"hf_ada": "ada"}) as loopback:
        repo = Repo("dataset", "ada/papers", private=False)
        files = {
            f"{area}/train/part-{number}.jsonl.gz": gzip.compress(
                "".join(json.dumps(row) + "\n" for row in ROWS if row["area"] == area).encode()
                if number == 0
                else b'{"id": "more", "text": "one more"}\n'
            )
            for area in ("art", "law")
            for number in (0, 1)
        }
        files["README.md"] = (
            b"---\nconfigs:\n- config_name: art\n  data_files: art/train/*\n"
            b"- config_name: law\n  data_files: law/train/*\n---\n"
        )
        first = {path: data for path, data in files.items() if "part-1" not in path}
        repo.tags["v1"] = repo.commit("main", first)
        repo.commit("main", files)
        loopback.repos["dataset", "ada/papers"] = repo
        gates = (("ada/gated", "/ada/gated"), ("ada/listed", "/ada/listed/resolve/"))
        for (name, gate), method in itertools.product(gates, ("GET", "HEAD")):
            loopback.repos["dataset", name] = repo
            loopback.fault(method, gate, times=99, status=403, headers={"X-Error-Code": "GatedRepo"})
        loopback.repos["dataset", "bob/secret"] = Repo("dataset", "bob/secret", private=True)
        yield loopback


def run_commands(hub, tmp_path, *commands: list[str]) -> tuple[list[int], str]:
    """The exit codes and all of stderr, in a process whose client talks to this Hub."""
    environment = {
        **os.environ, "HF_ENDPOINT": hub.endpoint, "HF_HUB_OFFLINE": "0", "HF_HUB_DISABLE_XET": "1",
        "HF_HOME": str(tmp_path / "home"), "HF_HUB_DISABLE_TELEMETRY": "1",
    }  # fmt: skip
    environment.pop("HF_TOKEN", None)
    result = subprocess.run(
        [sys.executable, "-c", COMMANDS, json.dumps(commands)], env=environment, capture_output=True, text=True
    )
    *errors, codes = result.stderr.strip().splitlines()
    return json.loads(codes), "\n".join(errors)


def test_the_same_documents_by_every_way_and_refusals(hub, tmp_path):
    tokenizer = byte_tokenizer(tmp_path / "tokenizer")
    write_rows(tmp_path / "data" / "a.jsonl", ROWS)
    expected = partition(tmp_path / "local", roots=[str(tmp_path / "data")], tokenizer=tokenizer)["digest"]
    common = [
        f"--tokenizer={tokenizer}", "--block_size=16", "--unit_tokens=640", "--val_fraction=0.2", "--test_fraction=0.2"
    ]  # fmt: skip
    files = ["--source=jsonl", "--partition_by=area", r"--path_regex=[^/]+/(?P<area>art|law)/", "--globs", "*/train/*"]
    sets = [
        "--source=hub",
        "--roots",
        "ada/papers",
        "--hub_revision=v1",
        "--partition_by=config",
        "--hub_configs",
        "*",
    ]
    codes, errors = run_commands(
        hub,
        tmp_path,
        ["partition", f"--run_dir={tmp_path / 'url'}", "--roots", "hf://datasets/ada/papers@v1", *files, *common],
        ["partition", f"--run_dir={tmp_path / 'set'}", *sets, *common],
        ["partition", f"--run_dir={tmp_path / 'stream'}", *sets, "--streaming", *common],
        *(["partition", f"--run_dir={tmp_path / 'none'}", *words, *common] for words in REFUSED.values()),
    )
    assert codes == [0, 0, 0, *(2 for _ in REFUSED)], errors
    digests = [read_manifest(tmp_path / name / "corpus")["digest"] for name in ("url", "set", "stream")]
    assert digests == [expected] * 3
    messages = [line for line in errors.splitlines() if "hf-ablate: error" in line]
    for message, what in zip(messages, REFUSED, strict=True):
        assert f"{what} cannot be read" in message
        assert ("there is no such branch, tag or commit" if "revision" in what else "`hf auth login`") in message
        assert ("accept its conditions on" in message) == ("gated" in what or "listed" in what), message
