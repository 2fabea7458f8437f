"""The tokenizer in a model's folder is the corpus's, whatever class transformers has for the architecture."""

import shutil
from pathlib import Path

import pytest
from tokenizers import Tokenizer
from transformers import AutoTokenizer
from transformers.models.auto.configuration_auto import CONFIG_MAPPING

from hf_ablate.corpus.tokenizers import train_tokenizer
from hf_ablate.errors import InputError
from hf_ablate.evaluation.models.loading import load_tokenizer
from hf_ablate.manifest import write_manifest
from hf_ablate.saved_tokenizer import check_reads_as_saved, copy_tokenizer, reads_as_saved


TEXTS = [Path(__file__).read_text(), "We've 20 files in 1999,  don't you?\n\n\tetc. e\u0301"]


@pytest.fixture(scope="module")
def corpus_tokenizer(tmp_path_factory):
    folder = tmp_path_factory.mktemp("corpus") / "tokenizer"
    train_tokenizer([*TEXTS, "1999 2000 2001 " * 50], 1500).save_pretrained(folder)
    return folder


def model_folder(folder: Path, model_type: str) -> Path:
    CONFIG_MAPPING[model_type]().save_pretrained(folder)
    return folder


@pytest.mark.parametrize("model_type", ["llama", "qwen2", "qwen3_5", "qwen3_5_text", "qwen3_5_moe_text"])
@pytest.mark.parametrize("trust", [None, True])
def test_auto_tokenizer_gives_the_tokens_of_the_corpus(model_type, trust, corpus_tokenizer, tmp_path):
    folder = model_folder(tmp_path, model_type)
    copy_tokenizer(corpus_tokenizer, folder)
    loaded = AutoTokenizer.from_pretrained(folder, trust_remote_code=trust)
    corpus = Tokenizer.from_file(str(corpus_tokenizer / "tokenizer.json"))
    assert loaded(TEXTS)["input_ids"] == [encoding.ids for encoding in corpus.encode_batch(TEXTS)]
    assert (loaded.eos_token, loaded.eos_token_id) == ("<|endoftext|>", 0)


def test_a_tokenizer_that_is_loaded_as_another_is_refused_where_the_model_was_trained_here(
    corpus_tokenizer, tmp_path, caplog
):
    folder = model_folder(tmp_path, "qwen2")
    shutil.copytree(corpus_tokenizer, folder, dirs_exist_ok=True)
    load_tokenizer(folder)
    assert "as Qwen2Tokenizer, not as its tokenizer.json says" in caplog.messages[-1]
    write_manifest(folder, "train", {}, {})
    with pytest.raises(InputError, match="as Qwen2Tokenizer, which gives other tokens than its tokenizer.json"):
        load_tokenizer(folder)


def test_one_entry_or_rule_is_enough_to_tell_two_tokenizers_apart(corpus_tokenizer, tmp_path):
    shutil.copytree(corpus_tokenizer, tmp_path / "other")
    loaded = AutoTokenizer.from_pretrained(tmp_path / "other")
    assert reads_as_saved(loaded, tmp_path / "other")
    saved = Tokenizer.from_file(str(tmp_path / "other" / "tokenizer.json"))
    saved.add_tokens(["tokenizer_"])
    saved.save(str(tmp_path / "other" / "tokenizer.json"))
    assert not reads_as_saved(loaded, tmp_path / "other")
    with pytest.raises(InputError, match="train again"):
        check_reads_as_saved(loaded, tmp_path / "other")


def test_settings_that_cut_texts_are_no_difference(corpus_tokenizer, tmp_path):
    shutil.copytree(corpus_tokenizer, tmp_path / "cutting")
    saved = Tokenizer.from_file(str(tmp_path / "cutting" / "tokenizer.json"))
    saved.enable_truncation(4)
    saved.save(str(tmp_path / "cutting" / "tokenizer.json"))
    assert reads_as_saved(AutoTokenizer.from_pretrained(tmp_path / "cutting"), tmp_path / "cutting")


def test_a_scored_special_token_must_be_in_the_vocabulary(corpus_tokenizer, tmp_path):
    shutil.copytree(corpus_tokenizer, tmp_path / "model")
    config = tmp_path / "model" / "tokenizer_config.json"
    config.write_text(config.read_text().replace('"eos_token": "<|endoftext|>"', '"eos_token": "</s>"'))
    with pytest.raises(InputError, match="eos_token '</s>' of the tokenizer .* is not in its vocabulary"):
        load_tokenizer(tmp_path / "model")
