"""Long work is never silent: a line per finished part and a sign of life in a log file, a clock on a terminal."""

import io
import sys

import pytest

from hf_ablate import progress
from hf_ablate.progress import Progress


class Rounds:
    """An event that is set after some waits; what it is asked to wait for."""

    def __init__(self, rounds: int) -> None:
        self.left, self.waits = rounds, []

    def wait(self, seconds: float) -> bool:
        self.waits.append(seconds)
        self.left -= 1
        return self.left < 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_log_file_has_a_line_a_minute_that_says_how_far_the_work_is(caplog):
    rounds = Rounds(2)
    with caplog.at_level("INFO", "hf_ablate"), Progress(1000, "component:alpha", "token") as bar:
        bar.advance(250)
        progress._write_lines("train", rounds)
    assert max(rounds.waits) <= 60
    assert [record.getMessage() for record in caplog.records] == [
        "train, 0 s so far: component:alpha, 250 of 1,000 tokens"
    ] * 2


def test_a_log_file_has_a_line_also_where_the_work_has_no_parts(caplog):
    with caplog.at_level("INFO", "hf_ablate"):
        progress._write_lines("rank", Rounds(1))
    assert [record.getMessage() for record in caplog.records] == ["rank, 0 s so far"]


def test_what_is_finished_has_a_line_in_a_log_file_and_none_beside_a_bar(caplog, monkeypatch):
    with caplog.at_level("INFO", "hf_ablate"):
        with Progress(2, "train", "token") as bar:
            bar.finished("seed: trained")
        with Progress(2, "train", "token", enabled=False) as bar:
            bar.finished("another process")
        monkeypatch.setattr(sys, "stderr", Terminal())
        with Progress(2, "train", "token") as bar:
            bar.finished("on a terminal")
    assert [record.getMessage() for record in caplog.records] == ["seed: trained"]


@pytest.mark.parametrize("has_bar", [True, False])
def test_a_terminal_shows_the_time_every_few_seconds(monkeypatch, has_bar):
    terminal, rounds = Terminal(), Rounds(3)
    monkeypatch.setattr(sys, "stderr", terminal)
    if has_bar:
        with Progress(10, "count", "number"):
            before = terminal.tell()
            progress._show_on_terminal("rank", rounds)
            assert "count" in terminal.getvalue()[before:]
    else:
        progress._show_on_terminal("rank", rounds)
        assert "rank: 00:0" in terminal.getvalue()
    assert max(rounds.waits) < 5


def test_the_sign_of_life_ends_with_its_work():
    import threading

    with progress.sign_of_life("rank"):
        assert threading.active_count() > 1
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("sign of life")]
