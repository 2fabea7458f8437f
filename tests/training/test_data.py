"""Blocks from Arrow files to batches."""

import numpy as np
import pytest
import torch
from tiny_corpus import random_blocks, write_blocks

from hf_ablate.errors import InputError
from hf_ablate.training.data import BlockFile, OrderedBlocks, collate


def test_blocks_are_read_as_written_across_record_batches(tmp_path):
    blocks = random_blocks("unit", 25)
    write_blocks(tmp_path / "unit", blocks)
    read = BlockFile(tmp_path / "unit")
    assert len(read) == 25
    assert np.array_equal(np.stack([read[row] for row in range(25)]), blocks)


def test_held_out_blocks_beside_the_training_blocks_are_not_trained_on(tmp_path):
    train, held_out = random_blocks("train", 5), random_blocks("held out", 7)
    write_blocks(tmp_path / "unit", train)
    write_blocks(tmp_path / "other", held_out)
    for split in ("validation", "test"):
        (tmp_path / "unit" / f"{split}-00000.arrow").write_bytes((tmp_path / "other/train-00000.arrow").read_bytes())
    assert len(BlockFile(tmp_path / "unit")) == 5


def test_batch_follows_the_order_and_labels_are_the_inputs(tmp_path):
    first, second = random_blocks("first", 6), random_blocks("second", 6)
    write_blocks(tmp_path / "first", first)
    write_blocks(tmp_path / "second", second)
    data = OrderedBlocks([BlockFile(tmp_path / "first"), BlockFile(tmp_path / "second")], np.array([[1, 4], [0, 2]]))
    batch = collate(data.__getitems__([0, 1]))
    assert torch.equal(batch["input_ids"], torch.from_numpy(np.stack([second[4], first[2]]).astype(np.int64)))
    assert batch["input_ids"].dtype == torch.int64 and torch.equal(batch["labels"], batch["input_ids"])


def test_a_unit_without_files_is_named(tmp_path):
    with pytest.raises(InputError, match="unit has no token blocks"):
        BlockFile(tmp_path / "unit")
