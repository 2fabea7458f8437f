"""What is shown where: on a stdout that is ASCII, and on stderr, where only our lines and real warnings belong."""

import io
import json
import logging
import subprocess
import sys
from contextlib import redirect_stdout

import pytest

from hf_ablate.cli import main
from hf_ablate.terminal import set_up_logging


def printed_in_ascii(*words: object) -> bytes:
    written = io.BytesIO()
    with redirect_stdout(io.TextIOWrapper(written, encoding="ascii")) as stdout:
        assert main([str(word) for word in words]) == 0
        stdout.flush()
        return written.getvalue()


def test_what_stdout_cannot_show_is_escaped_after_the_work(tmp_path):
    rows = [
        {"id": f"{part} {number}", "part": part, "text": f"{part} {number} " * 99}
        for part in "éa"
        for number in range(40)
    ]
    (tmp_path / "rows.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    words = ["--source=jsonl", f"--roots={tmp_path}", "--globs=*.jsonl", "--partition_by=part", "--block_size=8"]
    words += ["--vocab_size=300", "--val_fraction=.2", "--test_fraction=.2", f"--run_dir={tmp_path / 'run'}"]
    shown = printed_in_ascii("partition", *words)
    assert b"\n\\u00e9 " in shown


@pytest.mark.parametrize("name", ["é", "🙂"])
def test_json_on_an_ascii_stdout_is_json(name):
    shown = printed_in_ascii("init", f"mine/{name}", "--dry_run", "--output_format=json")
    assert json.loads(shown)["study"] == f"mine/{name}"


def test_stderr_holds_no_remarks_for_developers_and_no_warning_twice():
    code = """
import logging, warnings
from hf_ablate.cli import main
from hf_ablate.terminal import set_up_logging
main(["--version"])
import huggingface_hub
huggingface_hub.logging.get_logger("huggingface_hub.part").warning("the Hub waits")
warnings.warn("for developers", FutureWarning)
warnings.warn("for users", UserWarning)
"""
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    lines = result.stderr.splitlines()
    assert lines[0] == "the Hub waits" and len(lines) == 2 and "UserWarning: for users" in lines[1]


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("no_color", "shown"), [("", "\033[33mthe disk is small\033[0m"), ("1", "the disk is small")])
def test_warnings_stand_out_on_a_terminal_and_what_is_only_said_does_not(monkeypatch, no_color, shown):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", no_color)
    monkeypatch.setattr("sys.stderr", Terminal())
    root = logging.getLogger()
    monkeypatch.setattr(root, "handlers", [])
    set_up_logging(debug=False)
    logger = logging.getLogger("hf_ablate.part")
    logger.info("3 of 4 models")
    logger.warning("the disk is small")
    assert sys.stderr.getvalue() == f"3 of 4 models\n{shown}\n"
