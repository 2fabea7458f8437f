"""The corpus folder is a data set."""

import datasets
import numpy as np
from corpus_files import byte_tokenizer, partition, rows_of, tokens_of, write_rows


def test_units_load_as_configs(tmp_path):
    tokenizer = byte_tokenizer(tmp_path / "tokenizer")
    rows = rows_of(["Art [old], 1970-2016", "law", "sea", "web"], 40)
    write_rows(tmp_path / "data" / "a.jsonl", rows)
    partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, seed_partitions=["sea"],
        eval_partitions=["web"],
    )  # fmt: skip
    folder = str(tmp_path / "run" / "corpus")
    assert datasets.get_dataset_config_names(folder) == ["Art [old], 1970-2016", "law", "seed"]
    for unit in ("Art [old], 1970-2016", "law"):
        loaded = datasets.load_dataset(folder, unit, cache_dir=str(tmp_path / "cache"))
        assert set(loaded) == {"train", "validation", "test"}
        for split, name in {"train": "train", "val": "validation", "test": "test"}.items():
            data = loaded[name]
            assert np.array_equal(np.array(data["input_ids"][:]), tokens_of(tmp_path / "run", unit, split))
            assert data.features["input_ids"] == datasets.List(datasets.Value("uint16"), length=16)
    assert len(datasets.load_dataset(folder, "seed", cache_dir=str(tmp_path / "cache"))["train"]) > 0
    streamed = datasets.load_dataset(folder, "law", split="train", streaming=True)
    assert next(iter(streamed))["input_ids"] == tokens_of(tmp_path / "run", "law")[0].tolist()


def test_splits_without_blocks_are_left_out(tmp_path):
    tokenizer = byte_tokenizer(tmp_path / "tokenizer")
    write_rows(tmp_path / "data" / "a.jsonl", rows_of(["art", "law"], 40))
    partition(
        tmp_path / "run", roots=[str(tmp_path / "data")], tokenizer=tokenizer, val_fraction=0.1, test_fraction=0.0
    )
    loaded = datasets.load_dataset(str(tmp_path / "run" / "corpus"), "law", cache_dir=str(tmp_path / "cache"))
    assert set(loaded) == {"train", "validation"}
    card = (tmp_path / "run" / "corpus" / "README.md").read_text()
    assert str(tmp_path) not in card and "`data`" in card and "1.00" in card
