"""What the GPU benchmarks work on: text of Python's own library, and models with random weights, made on the spot."""

import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from hf_ablate.corpus.blocks import token_dtype, write_blocks
from hf_ablate.corpus.tokenizers import tokenizer_digest, train_tokenizer
from hf_ablate.manifest import write_manifest
from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM
from hf_ablate.modeling.sizes import SIZES
from hf_ablate.run_folder import RunFolder


if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast


TINY = {"d_model": 32, "n_layers": 2, "n_heads": 2, "embedding_size": 512}
SHAPES = {"tiny": TINY, **{name: {**shape, "embedding_size": 50304} for name, shape in SIZES.items()}}
UNIT = "unit"
CHANGE = 0.2  # of a component, in the size of the seed's weights


def read_texts(megabytes: float) -> list[str]:
    """Files of Python's standard library, the same at every run of the same Python."""
    paths = sorted(Path(sysconfig.get_path("stdlib")).rglob("*.py"))
    chosen, size = [], 0
    for number in np.random.default_rng(0).permutation(len(paths)):
        if 1000 <= paths[number].stat().st_size <= 60_000 and "site-packages" not in paths[number].parts:
            chosen.append(paths[number].read_text(encoding="utf-8", errors="replace"))
            size += len(chosen[-1])
        if size >= megabytes * 1e6:
            break
    return chosen


def make_tokenizer(texts: list[str], size: str) -> "PreTrainedTokenizerFast":
    """A tokenizer of no more entries than the models of a size have."""
    return train_tokenizer(texts, min(4096, SHAPES[size]["embedding_size"]))


def make_config(size: str) -> HfOlmoConfig:
    shape = SHAPES[size]
    return HfOlmoConfig(**shape, vocab_size=shape["embedding_size"], eos_token_id=0, pad_token_id=0)


def random_model(size: str, device: str, dtype: torch.dtype) -> HfOlmoForCausalLM:
    """A model of the seeds' architecture, made on the device."""
    torch.manual_seed(0)
    with torch.device(device):
        model = HfOlmoForCausalLM(make_config(size))
    return model.to(dtype).eval().requires_grad_(False)


def make_components(folder: Path, size: str, count: int, device: str) -> dict[str, Path]:
    """Saves components near one seed, in float32; those that are there already are kept."""
    folders = {f"unit{number}": folder / f"unit{number}" for number in range(count)}
    if all((path / "config.json").is_file() for path in folders.values()):
        return folders
    seed = random_model(size, device, torch.float32)
    start = [parameter.clone() for parameter in seed.parameters()]
    for path in folders.values():
        for parameter, origin in zip(seed.parameters(), start, strict=True):
            parameter.copy_(origin + CHANGE * origin.std(correction=0) * torch.randn_like(origin))
        seed.save_pretrained(path)
    return folders


def make_run_folder(folder: Path, size: str, blocks: int, block_size: int) -> Path:
    """A run folder with one unit of random tokens: what is in a block makes no difference to the time it takes."""
    run = RunFolder(folder)
    tokenizer = make_tokenizer(read_texts(0.5), size)
    tokenizer.save_pretrained(run.tokenizer)
    tokens = (np.random.default_rng(0).zipf(1.3, blocks * block_size) % SHAPES[size]["embedding_size"]).astype(
        token_dtype(SHAPES[size]["embedding_size"])
    )
    digest = write_blocks(run.unit(UNIT), "train", [tokens], blocks, block_size, tokens.dtype)
    unit = {
        "digest": digest, "blocks": blocks, "tokens": len(tokens), "unique_tokens": len(tokens), "epochs": 1,
    }  # fmt: skip
    write_manifest(
        run.corpus, "partition", {}, {}, units={UNIT: unit}, seed=None, block_size=block_size, digest=digest,
        tokenizer={"digest": tokenizer_digest(tokenizer), "vocab_size": len(tokenizer)},
    )  # fmt: skip
    return folder


def config_overrides(size: str, model_type: str = "hf_olmo") -> str:
    """The shape of a size as `hf-ablate train --config_overrides` takes it; a Llama has as many parameters."""
    shape = SHAPES[size]
    if model_type == "llama":
        names = {"d_model": "hidden_size", "n_layers": "num_hidden_layers", "n_heads": "num_attention_heads"}
        values = {names[name]: shape[name] for name in names}
        values |= {"intermediate_size": round(5 * shape["d_model"] / 3), "tie_word_embeddings": "true"}
    else:
        values = shape
    values = values | {"vocab_size": shape["embedding_size"]}
    return ",".join(f"{name}={value}" for name, value in values.items())
