"""Small corpora made by code, and the ways the tests look at the result."""

import gzip
import json
import random
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import PreTrainedTokenizerFast

from hf_ablate.corpus.arguments import PartitionArguments
from hf_ablate.corpus.blocks import load_blocks
from hf_ablate.corpus.partition import run
from hf_ablate.manifest import read_manifest


EOS = "<|endoftext|>"
WORDS = [f"{start}{middle}{end}" for start in "bcdfgklm" for middle in "aeiou" for end in ("ta", "rin", "x", "lo")]


def words(number: int, count: int = 40) -> str:
    """A text that depends on the number alone; two of them share no long run of words."""
    return " ".join(random.Random(number).choices(WORDS, k=count))


def byte_tokenizer(folder: Path) -> str:
    """One token a byte, and 0 for the end of text: token counts are known without a tokenizer."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {EOS: 0} | {letter: number for number, letter in enumerate(alphabet, start=1)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=EOS).save_pretrained(folder)
    return str(folder)


def write_rows(path: Path, rows: list[dict]) -> Path:
    """JSON lines, gzipped where the name says so."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    path.write_bytes(gzip.compress(text, mtime=0) if path.suffix == ".gz" else text)
    return path


def rows_of(names: list[str], count: int, field: str = "area", **more) -> list[dict]:
    """`count` documents of each value of a field, all different."""
    return [
        {"id": f"{name}-{number}", "text": words(1_000 * place + number), field: name, **more}
        for place, name in enumerate(names)
        for number in range(count)
    ]


def partition(run_dir: Path, **arguments) -> dict:
    """Run the command and return the manifest."""
    defaults = {
        "source": "jsonl", "partition_by": ["area"], "block_size": 16, "vocab_size": 300, "unit_tokens": 640,
        "val_fraction": 0.2, "test_fraction": 0.2,
    }  # fmt: skip
    run(PartitionArguments(run_dir=run_dir, **(defaults | arguments)))
    return read_manifest(run_dir / "corpus")


def tokens_of(run_dir: Path, unit: str, split: str = "train") -> np.ndarray:
    """The token ids of a unit, one row a block."""
    blocks = load_blocks(run_dir / "corpus" / "units" / unit, split)
    return np.array(blocks["input_ids"][:], dtype=np.int64).reshape(-1, blocks.features["input_ids"].length)


def texts_of(run_dir: Path, unit: str, split: str = "train") -> list[str]:
    """The documents in a unit, in order; of the last one only what fits. For corpora made with `byte_tokenizer`."""
    tokenizer = Tokenizer.from_file(str(run_dir / "corpus" / "tokenizer" / "tokenizer.json"))
    text = tokenizer.decode(tokens_of(run_dir, unit, split).reshape(-1).tolist(), skip_special_tokens=False)
    return [part for part in text.split(EOS) if part]


def eval_rows(run_dir: Path, source: str, split: str) -> list[dict]:
    """The rows of a source's split, domain after domain."""
    files = sorted((run_dir / "corpus" / "eval" / source / split).glob("*.jsonl.gz"))
    return [json.loads(line) for file in files for line in gzip.decompress(file.read_bytes()).splitlines()]


def all_bytes(folder: Path) -> dict[str, bytes]:
    """Every file of a corpus but its manifest, which holds the time."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "manifest.json")
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}
