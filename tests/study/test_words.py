"""Words that a newcomer does not know are explained where they are printed."""

import pytest
from tiny_study import write_study

from hf_ablate.cli import main


@pytest.fixture(scope="module")
def recipes(tmp_path_factory):
    folder = write_study(tmp_path_factory.mktemp("words"))
    assert main(["partition", "--config", str(folder / "partition.yaml")]) == 0
    return folder


@pytest.mark.parametrize(
    ("stage", "words"),
    [("partition", ("(seed)", "unique:", "epochs:", "val, test:", "removed:")), ("enumerate", ("references:",))],
)
def test_the_columns_of_a_table_are_explained_below_it(recipes, capsys, stage, words):
    assert main([stage, "--config", str(recipes / f"{stage}.yaml")]) == 0
    shown = capsys.readouterr().out
    assert all(word in shown for word in words)
    assert "In brackets" not in shown
