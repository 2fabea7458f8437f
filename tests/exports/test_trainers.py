"""Exports as the trainers themselves read them. They do not install beside hf_ablate's versions, so these are skipped
where they are not there; docs/export.md says how to run them in an environment of their own."""

import functools
from collections import Counter

import numpy as np
import pytest
from exported import MIXTURE, read_yaml, run_module


DRAWS = 2000


def check_shares(drawn, total=None):
    """Assert that units were drawn in the shares of the mixture."""
    total = total or sum(drawn.values())
    for unit, weight in MIXTURE.items():
        assert abs(drawn[unit] - weight * total) < 4 * (total * weight * (1 - weight)) ** 0.5


def test_megatron_core_reads_the_blend(exported):
    utils = pytest.importorskip("megatron.core.datasets.utils")
    prefixes, weights = utils.get_blend_from_list(exported("megatron").read_text().split())
    assert (prefixes, weights) == ([f"data/{unit}_text_document" for unit in MIXTURE], list(MIXTURE.values()))


def test_olmo_core_builds_the_mixture(exported, tmp_path):
    mixture = pytest.importorskip("olmo_core.data.source_mixture")
    for unit in MIXTURE:
        (tmp_path / "tokens" / unit).mkdir(parents=True)
        np.memmap(tmp_path / "tokens" / unit / "0.npy", "uint16", "w+", shape=(32 * 400,))[:] = 1
    sources = mixture.SourceMixtureList.from_yaml(exported("olmo-core", data_dir=str(tmp_path / "tokens")))
    config = mixture.SourceMixtureDatasetConfig(
        source_list=sources, requested_tokens=16_000, global_batch_size=320, render_tables=False, quiet=True
    )
    built = config.build(npdtype=np.uint16, sequence_length=32)
    tokens = {source.name: sum(path.tokens for path in source.path_tokens) for source in built.sources}
    assert tokens == {unit: weight * 16_000 for unit, weight in MIXTURE.items()}


def test_mosaic_streams_the_shares(exported, tmp_path):
    streaming = pytest.importorskip("streaming")
    for unit in MIXTURE:
        with streaming.MDSWriter(out=str(tmp_path / "mds" / unit), columns={"unit": "str"}) as writer:
            for _ in range(200):
                writer.write({"unit": unit})
    entries = read_yaml(exported("mosaic-streaming", data_dir=str(tmp_path / "mds")))["streams"].values()
    streams = [streaming.Stream(local=entry["local"], proportion=float(entry["proportion"])) for entry in entries]
    data = streaming.StreamingDataset(streams=streams, epoch_size=1000, batch_size=10, shuffle=True)
    assert Counter(row["unit"] for row in data) == {unit: weight * 1000 for unit, weight in MIXTURE.items()}


def test_torchtitan_draws_the_shares(exported, tmp_path):
    texts = pytest.importorskip("torchtitan.hf_datasets.text_datasets")
    for unit in MIXTURE:
        (tmp_path / "text" / unit).mkdir(parents=True)
        (tmp_path / "text" / unit / "train.jsonl").write_text(f'{{"text": "{unit * 9}"}}\n' * 50)

    class Characters:
        def encode(self, text, add_bos, add_eos):
            return [0, *map(ord, text), 1]

    module = run_module(exported("torchtitan", data_dir=str(tmp_path / "text")))
    loader = texts.InterleavedHuggingFaceTextDataLoader(
        module.dataloader, dp_world_size=1, dp_rank=0, tokenizer=Characters(), seq_len=64, local_batch_size=1
    )
    letters = {"d": "pandas", "c": "scipy", "m": "transformers"}  # which no other unit has
    drawn = Counter()
    for _, (batch, _) in zip(range(DRAWS), loader, strict=False):
        (unit,) = {letters[letter] for letter in map(chr, batch["input"][0].tolist()) if letter in letters}
        drawn[unit] += 1
    check_shares(drawn)


def test_litgpt_draws_the_shares(exported, tmp_path, monkeypatch):
    pytest.importorskip("litgpt.data")
    litdata = pytest.importorskip("litdata")
    monkeypatch.setattr("tqdm.std.tqdm.display", lambda *_, **__: True)  # fails where bars are off, as in tests
    for position, unit in enumerate(MIXTURE):
        litdata.optimize(
            fn=functools.partial(blocks_of, position), inputs=list(range(60)), output_dir=str(tmp_path / unit),
            chunk_size=33 * 40, num_workers=1, item_loader=litdata.TokensLoader(),
        )  # fmt: skip
    module = run_module(exported("litgpt", data_dir=str(tmp_path))).Mixture(str(tmp_path / "scipy"), num_workers=0)
    module.connect(batch_size=1, max_seq_length=32)
    check_shares(Counter(list(MIXTURE)[int(batch[0][0])] for batch in module.train_dataloader()))


def blocks_of(position, _):
    import torch

    yield torch.full((33 * 4,), position)
