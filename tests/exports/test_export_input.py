"""Mistakes are found before anything is written, and repetition is said."""

import json

import pytest

from hf_ablate.cli import main


def run(capsys, *words):
    code = main(["export", *words])
    printed = capsys.readouterr()
    return code, printed.out, printed.err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["study", "--to", "tlr"], "unknown format 'tlr'; did you mean 'trl'? Known: yaml, datasets, trl"),
        (["study"], "the following arguments are required: --to"),
        (["study", "--to", "csv", "--mixture", '{"panda": 1}'], "unknown unit 'panda'; did you mean 'pandas'?"),
        (["study", "--to", "csv", "--mixture", '{"pandas": 1'], "is not a mapping in JSON; expected for example"),
        (["study", "--to", "csv", "--mixture", '{"pandas": 0}'], "all weights of the mixture"),
        (["study", "--to", "csv", "--mixture", "m-0"], "none of the study's 31 mixtures has the id or name 'm-0'"),
        (["study", "--to", "csv", "--mixture", "pandas + *"], "'pandas + *' means 7 of the study's mixtures"),
        (["nowhere", "--to", "csv"], "nowhere is not the run folder of a study (looked for /"),
        (["unranked", "--to", "csv"], "unranked/ranking is not finished: it has no manifest.json. Run the command"),
        (
            ["unranked", "--to", "mergekit", "--mixture", '{"pandas": 1}'],
            "unranked/models/components/pandas is not finished",
        ),
        (
            ["study", "--to", "csv", "--output", "there.csv"],
            "there.csv already exists; give another name, or --over",
        ),
        (
            ["study", "--to", "csv", "--output", "there.csv/x"],
            "there.csv/x cannot be written: what should hold it is not a folder",
        ),
        (["study", "--to", "csv", "--output", "."], "output . is a folder; name a file in it"),
        (["study", "--to", "csv", "--overwrite"], "overwrite replaces the file that output names; give --output"),
        (["study", "--to", "csv", "--data", "units"], "data is for datasets, trl; csv has no place for it"),
        (
            ["study", "--to", "json", "--data_dir", "x"],
            "data_dir is for datasets, trl, torchtitan, nanotron, olmo-core",
        ),
        (["study", "--to", "trl", "--data", "hub"], "the units are not recorded to be whole configs of data sets on"),
        (["study", "--to", "trl", "--data_dir", "/"], "data_dir is '/'; expected a folder"),
        (["study", "--to", "csv", "--max_epochs", "4"], "give its --total_tokens too"),
        (["study", "--to", "csv", "--total_tokens", "0"], "total_tokens is 0; expected at least 1"),
        (["study", "--to", "nanotron", "--random_seed", "-1"], "random_seed is -1; expected 0 or more"),
        (
            ["study", "--to", "csv", "--total_tokens", "9000000", "--max_epochs", "4"],
            "max_epochs is 4, and 9,000,000 tokens repeat more often: pandas 4.39, sympy 4.39 epochs. Plan for fewer",
        ),
        (
            ["study", "--to", "csv", "--total_tokens", "9", "--available_tokens", '{"panda": 1}'],
            "unknown unit 'panda'; did you mean 'pandas'?",
        ),
    ],
)
def test_mistakes_are_a_line_each_and_nothing_is_written(study, tmp_path, monkeypatch, capsys, words, message):
    (tmp_path / "study").symlink_to(study)
    (tmp_path / "unranked").mkdir()
    for part in ("corpus", "mixtures"):
        (tmp_path / "unranked" / part).symlink_to(study / part)
    (tmp_path / "there.csv").write_text("mine")
    monkeypatch.chdir(tmp_path)
    before = sorted(tmp_path.iterdir())
    code, out, error = run(capsys, *words)
    assert (code, out) == (2, "") and message in error and error.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before and (tmp_path / "there.csv").read_text() == "mine"


def test_tokens_and_epochs_are_listed_and_more_than_four_are_named(study, capsys, caplog):
    """pandas has 1,024,000 tokens, networkx 610,000."""
    asked = ["--mixture", '{"pandas": 1, "networkx": 2}', "--total_tokens", "10000000"]
    code, out, _ = run(capsys, str(study), "--to", "json", *asked)
    assert code == 0
    assert json.loads(out) == {
        "units": [
            {"unit": "networkx", "weight": 0.666667, "tokens": 6666667, "epochs": 10.929},
            {"unit": "pandas", "weight": 0.333333, "tokens": 3333333, "epochs": 3.2552},
        ]
    }
    assert "networkx is seen 10.9 times: beyond 4 epochs" in caplog.text and "pandas is seen" not in caplog.text
    known = ["--available_tokens", '{"networkx": 5000000}', "--max_epochs", "4"]
    caplog.clear()
    code, out, _ = run(capsys, str(study), "--to", "csv", *asked, *known)
    assert (code, caplog.text) == (0, "")
    assert out.splitlines() == [
        "unit,weight,tokens,epochs",
        "networkx,0.666667,6666667,1.3333",
        "pandas,0.333333,3333333,3.2552",
    ]


def test_a_file_is_replaced_where_that_is_asked_for(study, tmp_path, capsys):
    output = tmp_path / "mixture.csv"
    output.write_text("older")
    assert run(capsys, str(study), "--to", "csv", "--output", str(output), "--overwrite")[:2] == (0, "")
    assert output.read_text().startswith("unit,weight\n") and list(tmp_path.iterdir()) == [output]


def test_groups_are_written_out(study, capsys, caplog):
    code, out, _ = run(capsys, str(study), "--to", "csv", "--mixture", '{"s*": 1, "pandas": 1}')
    assert code == 0 and "s* is written out as its units, in equal parts: scipy, sympy." in caplog.text
    assert out.splitlines()[1:] == ["pandas,0.5", "scipy,0.25", "sympy,0.25"]
