"""Tokenizers that bring their own code: loaded where the user trusts it, otherwise an error that names the option."""

import json
import multiprocessing

import pytest

from hf_ablate.corpus.selection.workers import Workers, run_tasks
from hf_ablate.corpus.tokenizers import load_tokenizer
from hf_ablate.errors import InputError
from hf_ablate.remote_code import is_trusted, trusting


CODE = """
from transformers import PreTrainedTokenizerFast


class OwnTokenizerFast(PreTrainedTokenizerFast):
    pass
"""


@pytest.fixture
def own_tokenizer(tmp_path):
    from tiny_pool import byte_tokenizer  # which imports torch, and the workers below import this module

    folder = tmp_path / "own"
    byte_tokenizer().save_pretrained(folder)
    (folder / "tokenization_own.py").write_text(CODE)
    path = folder / "tokenizer_config.json"
    own = {
        "tokenizer_class": "OwnTokenizer",
        "auto_map": {"AutoTokenizer": [None, "tokenization_own.OwnTokenizerFast"]},
    }
    path.write_text(json.dumps(json.loads(path.read_text()) | own))
    return str(folder)


def test_a_tokenizer_with_its_own_code_is_loaded_where_it_is_trusted(own_tokenizer):
    with pytest.raises(InputError, match="brings code of its own .*`trust_remote_code: true`"):
        load_tokenizer(own_tokenizer)
    with trusting(True):
        assert type(load_tokenizer(own_tokenizer)).__name__ == "OwnTokenizerFast"
    assert not is_trusted()


def check_trusted(path) -> None:
    assert multiprocessing.parent_process() is not None and is_trusted()
    path.touch()


def test_workers_trust_what_their_command_trusts(tmp_path):
    paths = [tmp_path / "a", tmp_path / "b"]
    with trusting(True):
        run_tasks(check_trusted, paths, Workers(2), description="")
    assert all(path.exists() for path in paths)
