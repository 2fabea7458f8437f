"""Mistakes in tables of runs: exit code 2, one line that names them, and nothing is written."""

import re

import pytest

from hf_ablate.cli import main


WEIGHTS = "id,a,b\n1,0.5,0.5\n2,0.1,0.9\n3,1,0\n"
LOSSES = "id,a,c\n1,2.0,3.0\n2,2.1,3.1\n3,1.9,3.3\n"
TABLES = "--mixtures w.csv --losses l.csv"


COLUMNS = "id,a,c\n"
ALSO = f"{TABLES} --scale x --also_mixtures"


@pytest.mark.parametrize(
    ("weights", "losses", "words", "message"),
    [
        (WEIGHTS, LOSSES + "4,2,2\n9,2,2\n", TABLES, r"w\.csv has no weights for runs that l\.csv has: 4, 9"),
        (WEIGHTS + "4,1,1\n", LOSSES, TABLES, r"l\.csv has no losses for runs that w\.csv has: 4"),
        (WEIGHTS, COLUMNS + "1,2,nan\n2,2,3\n3,1,1\n", TABLES, r"l\.csv, 1: the loss on 'c' is nan; expected"),
        (WEIGHTS, COLUMNS + "1,2,\n2,2,3\n3,1,1\n", TABLES, r"l\.csv, 1: the loss on 'c' is missing"),
        (WEIGHTS, "id,a,mean\n1,2,2\n2,2,3\n3,1,1\n", TABLES, r"l\.csv: a domain is called 'mean', which names"),
        (WEIGHTS, COLUMNS + "1,2,inf\n2,2,3\n3,1,1\n", TABLES, r"the loss on 'c' is inf"),
        (WEIGHTS, COLUMNS + "1,2,low\n2,2,3\n3,1,1\n", TABLES, r"l\.csv, 1: 'c' is 'low'; expected a number"),
        ("id,a,b\n1,1,-0.5\n2,1,1\n3,1,1\n", LOSSES, TABLES, r"w\.csv, 1: the weight of 'b' is -0\.5; it must be"),
        ("id,a,b\n1,1,nan\n2,1,1\n3,1,1\n", LOSSES, TABLES, r"w\.csv, 1: the weight of 'b' is nan"),
        ("id,a,b\n1,1,0\n2,,\n3,0,0\n", LOSSES, TABLES, r"w\.csv has rows without weights: 2, 3; give them"),
        ("id,a,b\n1,1,0\n1,0,1\n2,1,1\n3,1,1\n", LOSSES, TABLES, r"w\.csv has several rows of 1; .*--seed_column"),
        ("id,a,b\n1,1,1\n", COLUMNS + "1,2.0,3.0\n", TABLES, r"run 1 is the only one"),
        ("id,a,b\n1,1,1\n,1,1\n", LOSSES, TABLES, r"w\.csv, row 2 has no id in the column 'id'"),
        ("x,a,b\n1,1,1\n2,1,2\n", "y,c,d\n1,2,3\n2,2,3\n", TABLES, r"w\.csv and l\.csv have no column in common"),
        (WEIGHTS, LOSSES, f"{TABLES} --id_column ix", r"unknown column of w\.csv 'ix'.* Known: id, a, b"),
        (WEIGHTS, LOSSES, f"{TABLES} --mixture_columns train_*", r"w\.csv has no column like 'train_\*' with numbers"),
        (WEIGHTS, LOSSES, f"{TABLES} --loss_columns loss", r"'loss' is not a pattern of columns"),
        (WEIGHTS, LOSSES, f"{ALSO} v.csv --also_losses l.csv", r"and l\.csv have other units .*: only they have d"),
        (WEIGHTS, LOSSES, f"{ALSO} w.csv --also_losses m.csv", r"m\.csv have other domains .*: they lack c"),
        (WEIGHTS, LOSSES, f"{ALSO} w.csv --also_losses o.csv --scale x", r"run 1 at scale x has other numbers"),
        (WEIGHTS, LOSSES, f"{ALSO} w.csv", "--also_mixtures is given 1 times and --also_losses 0"),
        (WEIGHTS, LOSSES, f"{TABLES} --scale 1m --scale 2m", "--scale is given 2 times; expected once for each"),
        (WEIGHTS, LOSSES, "--mixtures w.csv", r"expected --mixtures FILE and --losses FILE"),
        (WEIGHTS, LOSSES, f"{TABLES} --model m", r"not both"),
        (WEIGHTS, LOSSES, "--model m", r"--model needs the --mixture"),
        (WEIGHTS, LOSSES, f"{TABLES} --mixture {{}}", r"--mixture belongs to a --model"),
        (WEIGHTS, "", TABLES, r"l\.csv is empty"),
        ("id,a,b,step\n1,1,0,900\n2,0,1,900\n3,1,1,900\n", LOSSES, TABLES, r"w\.csv: .* weight on 'step'; if"),
        ("id,a\n1,1\n2,1\n3,1\n", LOSSES, TABLES, r"w\.csv has weights of 'a' alone; a mixture needs two units"),
        ("id,unit,weight\n1,a,1\n1,a,1\n", LOSSES, TABLES, r"w\.csv, 1: 'a' is given twice"),
    ],
    ids=lambda value: value if "--" in value else "",
)  # fmt: skip
def test_mistakes_are_told_in_one_line_and_nothing_is_written(
    tmp_path, monkeypatch, capsys, weights, losses, words, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.csv").write_text(weights)
    (tmp_path / "l.csv").write_text(losses)
    (tmp_path / "v.csv").write_text("id,a,b,d\n1,1,0,1\n2,1,1,1\n3,1,1,1\n")
    (tmp_path / "m.csv").write_text("id,a\n1,2\n2,3\n3,4\n")
    (tmp_path / "o.csv").write_text(LOSSES.replace("2.0", "2.5"))
    assert main(["import", *words.split(), "new"]) == 2
    errors = [line for line in capsys.readouterr().err.splitlines() if line.startswith("hf-ablate: error: ")]
    assert len(errors) == 1 and re.search(message, errors[0]), errors
    assert not (tmp_path / "new").exists()


def test_another_unit_of_measure_and_other_numbers_of_a_stored_run_are_refused(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.csv").write_text(WEIGHTS)
    (tmp_path / "l.csv").write_text(LOSSES)
    assert main(["import", *TABLES.split(), "run"]) == 0
    stored = (tmp_path / "run/observations/runs.jsonl").read_bytes()
    assert main(["import", *TABLES.split(), "--unit_of_measure", "bits per byte", "run"]) == 2
    assert "the losses are in bits per byte, and those of the study in nats per token" in capsys.readouterr().err
    (tmp_path / "l.csv").write_text(LOSSES.replace("3.1", "3.2"))
    assert main(["import", *TABLES.split(), "run"]) == 2
    assert "run 2 has other numbers in l.csv than in l.csv, which the study holds already" in capsys.readouterr().err
    assert (tmp_path / "run/observations/runs.jsonl").read_bytes() == stored
    assert main(["import", *TABLES.split(), "--id_prefix", "second-", "run"]) == 0
