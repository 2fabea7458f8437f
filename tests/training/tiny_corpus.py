"""A small corpus folder and mixtures, made by code as the partition and enumerate stages write them."""

import json
import shutil
from pathlib import Path

import numpy as np

from hf_ablate.corpus.tokenizers import load_tokenizer, tokenizer_digest
from hf_ablate.manifest import digest, digest_files, write_manifest
from hf_ablate.mixtures.mixture import Mixture


BLOCK = 16
VOCABULARY = 64
UNITS = {"alpha": 24, "beta": 24, "gamma": 24}
TINY = "hidden_size=16,intermediate_size=32,num_hidden_layers=1,num_attention_heads=2,max_position_embeddings=32"


def write_blocks(folder: Path, blocks: np.ndarray) -> dict:
    """Arrow stream files of token blocks, and their entry in the corpus manifest."""
    import pyarrow as pa

    folder.mkdir(parents=True)
    path = folder / "train-00000.arrow"
    column = pa.FixedSizeListArray.from_arrays(pa.array(blocks.reshape(-1)), blocks.shape[1])
    table = pa.table({"input_ids": column})
    with pa.OSFile(str(path), "wb") as file, pa.ipc.new_stream(file, table.schema) as writer:
        writer.write_table(table, max_chunksize=10)  # several record batches, as real files have
    tokens = int(blocks.size)
    return {
        "digest": digest_files([path]),
        "blocks": len(blocks),
        "tokens": tokens,
        "unique_tokens": tokens,
        "epochs": 1,
    }


def random_blocks(name: str, rows: int) -> np.ndarray:
    """Blocks in which each token depends on the one before, so that there is something to learn."""
    rng = np.random.default_rng(int(digest(name), 16))
    step = rng.integers(1, 5)
    blocks = (rng.integers(0, VOCABULARY, (rows, 1)) + step * np.arange(BLOCK)) % VOCABULARY
    noise = rng.random(blocks.shape) < 0.1
    return np.where(noise, rng.integers(0, VOCABULARY, blocks.shape), blocks).astype(np.uint16)


def write_tokenizer(folder: Path) -> str:
    """A word-level tokenizer of `VOCABULARY` entries, and its digest."""
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit
    from transformers import PreTrainedTokenizerFast

    entries = {"<eos>": 0, **{f"w{i}": i for i in range(1, VOCABULARY)}}
    tokenizer = Tokenizer(WordLevel(entries, unk_token="<eos>"))
    tokenizer.pre_tokenizer = WhitespaceSplit()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>").save_pretrained(folder)
    return tokenizer_digest(load_tokenizer(str(folder)))


def write_eval(folder: Path) -> None:
    """Held-out text: `in_domain` with a domain per unit, `out_of_domain` with one, in words of the tokenizer."""
    for source, domains in (("in_domain", list(UNITS)), ("out_of_domain", ["other"])):
        rows = [
            {"text": " ".join(f"w{token}" for token in row if token), "id": f"{name}-{number}", "subdomain": name}
            for name in domains
            for number, row in enumerate(random_blocks(name, 3).tolist())
        ]
        path = folder / source / "val" / "part.jsonl"
        path.parent.mkdir(parents=True)
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))


def make_corpus(run_dir: Path, units: dict[str, int] | None = None, seed_blocks: int = 16) -> None:
    """A finished corpus folder."""
    corpus = run_dir / "corpus"
    entries = {
        name: write_blocks(corpus / "units" / name, random_blocks(name, rows))
        for name, rows in (units or UNITS).items()
    }
    seed = write_blocks(corpus / "seed", random_blocks("seed", seed_blocks)) if seed_blocks else None
    write_eval(corpus / "eval")
    tokenizer = {"digest": write_tokenizer(corpus / "tokenizer"), "vocab_size": VOCABULARY}
    write_manifest(
        corpus, "partition", {}, {}, units=entries, seed=seed, tokenizer=tokenizer, block_size=BLOCK, digest="c"
    )


def replace_unit(run_dir: Path, unit: str, blocks: np.ndarray) -> None:
    """Give a unit of a finished corpus other blocks, as partitioning again with another recipe does."""
    corpus = run_dir / "corpus"
    shutil.rmtree(corpus / "units" / unit)
    manifest = json.loads((corpus / "manifest.json").read_text())
    manifest["units"][unit] = write_blocks(corpus / "units" / unit, blocks)
    (corpus / "manifest.json").write_text(json.dumps(manifest))


def make_mixtures(run_dir: Path, references: list[dict[str, float]], others: list[dict[str, float]] = ()) -> None:
    """A finished folder of mixtures."""
    folder = run_dir / "mixtures"
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for weights in [*references, *others]:
        mixture = Mixture.of(weights)
        reference = weights in references
        rows.append({"id": mixture.id, "name": mixture.name, "weights": mixture.weights, "reference": reference})
    (folder / "mixtures.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    write_manifest(folder, "enumerate", {}, {}, digest=digest(rows))


def make_run_dir(run_dir: Path) -> Path:
    """A run folder with a corpus of three units, two reference mixtures and a third mixture."""
    make_corpus(run_dir)
    make_mixtures(run_dir, [{"alpha": 1, "beta": 1}, {"alpha": 3, "gamma": 1}], [{"beta": 1, "gamma": 1}])
    return run_dir


def tiny_arguments(run_dir: Path, **changes):
    """Arguments for tiny models: 6 steps for a component or reference model, 4 for the seed."""
    from hf_ablate.training.arguments import TrainArguments

    values = {
        "run_dir": run_dir, "use_cpu": True, "config_overrides": TINY, "per_device_train_batch_size": 4,
        "learning_rate": 1e-2, "logging_steps": 2,
    }  # fmt: skip
    return TrainArguments.from_options(**values | changes)
