"""Names within those of columns: guessed where that makes units and domains agree, and never otherwise."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hf_ablate.errors import InputError
from hf_ablate.observations.columns import ColumnPattern, guess_pattern, guess_patterns


PILE = ["train_the_pile_arxiv", "train_the_pile_cc"]


@pytest.mark.parametrize(
    ("units", "domains", "patterns"),
    [
        (PILE, ["metric/the_pile_cc_val_loss", "metric/the_pile_irc_val_loss"],
         "train_the_pile_* metric/the_pile_*_val_loss"),
        (PILE, ["metric/the_pile_cc_val_loss"], "train_* metric/*_val_loss"),
        (["wiki_en", "wiki_de"], ["wiki_en", "wiki_de"], "* *"),
        (["a", "b"], ["a_loss", "c_loss"], "* *_loss"),
        (["train_a", "train_b"], ["code_loss", "prose_loss"], "train_* *_loss"),
        (["web_a", "web_b"], ["x/1", "x/2"], "* *"),
        (["a", "b"], ["eval/a/loss", "eval/b/loss"], "* eval/*/loss"),
        (["a"], ["a"], "* *"),
    ],
)  # fmt: skip
def test_patterns_of_usual_tables(units, domains, patterns):
    assert " ".join(pattern.text for pattern in guess_patterns(units, domains)) == patterns


def test_what_the_study_knows_decides():
    assert guess_pattern(["the_pile_a", "the_pile_b"], {"the_pile_a", "the_pile_b"}).text == "*"
    assert guess_pattern(["train_the_pile_a", "train_the_pile_b"], {"a", "b"}).text == "train_the_pile_*"


@given(st.lists(st.text("ab_/x", min_size=1), min_size=1, max_size=6, unique=True))
def test_a_guess_keeps_every_column_apart(columns):
    for pattern in guess_patterns(columns, columns[::-1]):
        names = pattern.names_in(columns)
        assert len(set(names)) == len(columns) and all(names)
        assert [f"{pattern.prefix}{name}{pattern.suffix}" for name in names] == columns


@pytest.mark.parametrize("text", ["train_", "*_*", ""])
def test_a_pattern_has_one_star(text):
    with pytest.raises(InputError, match=r"expected one \*"):
        ColumnPattern.of(text)
