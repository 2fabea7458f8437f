"""A study with tiny random models and a few documents: all that merging and evaluation need, made in a second."""

import gzip
import json
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

from hf_ablate.evaluation.row_blocks import block_of_line
from hf_ablate.evaluation.row_files import read_blocks
from hf_ablate.evaluation.rows import ScoreRow
from hf_ablate.evaluation.scoring.log_likelihood import Scorer
from hf_ablate.manifest import digest, digest_files, write_manifest
from hf_ablate.mixtures.arguments import EnumerateArguments
from hf_ablate.mixtures.enumerate import run as enumerate_mixtures


BOS, EOS = "<s>", "<|endoftext|>"
UNITS = ("alpha", "beta", "gamma")
TEXTS = {
    "alpha": ["def f(x):\n    return x + 1\n" * 9, "", "a"],
    "beta": ["Ein Satz über Äpfel – und noch einer.\r\n" * 12, "naïve café ☕ 漢字 🙂"],
    "gamma": ["0 1 1 2 3 5 8 13 21 34 55 89 " * 6],
    "other": ["the quick brown fox jumps over the lazy dog " * 8, f"before {EOS} after"],
}


def byte_tokenizer() -> PreTrainedTokenizerFast:
    """One token per byte, and one that ends texts: 257 entries."""
    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {EOS: 0} | {letter: number for number, letter in enumerate(alphabet, start=1)}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=EOS, bos_token=EOS)


def bos_tokenizer() -> PreTrainedTokenizerFast:
    """The same with a token of its own, 257, before texts, and what puts it there, as Llama's and Gemma's have."""
    tokenizer = byte_tokenizer().backend_tokenizer
    tokenizer.add_special_tokens([BOS])
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A", special_tokens=[(BOS, tokenizer.token_to_id(BOS))]
    )
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=EOS, bos_token=BOS)


def tiny_model(seed: int, tied: bool = True, vocab_size: int = 264, **changes) -> LlamaForCausalLM:
    """A Llama of some 20,000 random parameters, with more logits than the tokenizer has entries."""
    torch.manual_seed(seed)
    values = {
        "vocab_size": vocab_size,
        "hidden_size": 32,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "intermediate_size": 48,
        "max_position_embeddings": 64,
        "tie_word_embeddings": tied,
        "initializer_range": 0.3,
        "bos_token_id": 0,
        "eos_token_id": 0,
    }
    return LlamaForCausalLM(LlamaConfig(**(values | changes))).eval()


def save_model(folder: Path, model, /, **facts) -> Path:
    """A saved model with tokenizer and the manifest that `hf-ablate train` writes."""
    model.save_pretrained(folder)
    byte_tokenizer().save_pretrained(folder)
    write_manifest(
        folder, "train", {}, {},
        digest=digest_files([folder / "config.json", *sorted(folder.glob("*.safetensors"))]),
        seed_digest=facts.pop("seed_digest", "seed"), tokenizer_digest="bytes", **facts,
    )  # fmt: skip
    return folder


def make_study(run_dir: Path, references: int = 1, **model_changes) -> Path:
    """A run folder as it is before `hf-ablate evaluate`: corpus, all subsets of three units, seed, components."""
    write_eval_data(run_dir / "corpus" / "eval")
    write_manifest(
        run_dir / "corpus", "partition", {}, {},
        units={unit: {"tokens": 100, "digest": unit} for unit in UNITS}, seed=None, block_size=10,
        tokenizer={"vocab_size": 300, "digest": "bytes"},
        eval={source: {"val": {"digest": digest([source])}} for source in ("in_domain", "out_of_domain")},
        digest="corpus",
    )  # fmt: skip
    enumerate_mixtures(EnumerateArguments(run_dir=run_dir, num_references=references, output_format="json"))
    models = run_dir / "models"
    save_model(models / "seed", tiny_model(0, **model_changes), model="seed", kind="seed", mixture=None)
    for number, unit in enumerate(UNITS, start=1):
        facts = {"model": f"component:{unit}", "kind": "component", "mixture": {unit: 1.0}}
        save_model(models / "components" / unit, tiny_model(number, **model_changes), **facts)
    for number, row in enumerate(read_candidates(run_dir)):
        if row["reference"]:
            facts = {"model": f"reference:{row['id']}", "kind": "reference", "mixture": row["weights"]}
            save_model(models / "references" / row["id"], tiny_model(100 + number, **model_changes), **facts)
    return run_dir


def read_candidates(run_dir: Path) -> list[dict]:
    lines = (run_dir / "mixtures" / "mixtures.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def component_folders(run_dir: Path) -> dict[str, Path]:
    """Unit → its component's folder."""
    return {unit: run_dir / "models" / "components" / unit for unit in UNITS}


def write_eval_data(folder: Path) -> Path:
    """PALOMA's layout: `in_domain` with a domain per unit, `out_of_domain` with one."""
    for source, domains in (("in_domain", UNITS), ("out_of_domain", ("other",))):
        rows = [
            {"text": text, "id": f"{domain}-{number}", "source": source, "subdomain": domain}
            for domain in domains
            for number, text in enumerate(TEXTS[domain])
        ]
        write_jsonl(folder / source / "val" / "part.jsonl.gz", rows)
    return folder


def write_jsonl(path: Path, rows: list[dict]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
    if path.suffix == ".zst":
        import pyarrow

        path.write_bytes(pyarrow.Codec("zstd").compress(text).to_pybytes())
    else:
        path.write_bytes(gzip.compress(text) if path.suffix == ".gz" else text)
    return path


def count_tokens(monkeypatch) -> list[int]:
    """Collects how many tokens every forward pass over a source scores."""
    seen = []
    original = Scorer.token_logprobs

    def counted(self, stream, *arguments):
        seen.append(int(stream.num_tokens.sum()))
        return original(self, stream, *arguments)

    monkeypatch.setattr(Scorer, "token_logprobs", counted)
    return seen


def state(model) -> dict:
    """A copy of a model's state dict, which stays as it is when the model becomes another merge."""
    return {name: tensor.clone() for name, tensor in model.state_dict().items()}


def assert_equal(left: dict, right: dict) -> None:
    """The same tensors, bit for bit."""
    assert left.keys() == right.keys()
    for name in left:
        assert torch.equal(left[name], right[name]), name


def read_rows(folder: Path) -> list[ScoreRow]:
    """All score rows in the files of a folder."""
    return [row for block in read_blocks(folder).values() for row in block]


def count_rows(path: Path) -> int:
    """How many score rows a file holds, each as often as it was written."""
    return sum(len(block_of_line(json.loads(line))) for line in path.read_text().splitlines())
