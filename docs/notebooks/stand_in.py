"""Stand-ins of the published Biology models and of their text, for places without the Hub: made in half a minute.

They have the names, the files and the architecture of the published ones, and 80,000 parameters. "Biology" is
transformers' own source code here, cut by the years in the files' copyright headers.
"""

import gzip
import json
import re
from pathlib import Path

import torch
import transformers

from hf_ablate.corpus.tokenizers import train_tokenizer
from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM


YEARS = ("2018-2018", "2019-2019", "2020-2020", "2021-2021", "2022-2022")
SEED_YEARS = ("2023-2023", "2024-2024")
STEPS = 60  # of a component; the seed and SEQ see as many for each of their years
LENGTH, BATCH, VOCABULARY = 128, 8, 512
MOST_CHARACTERS, OF_A_DOCUMENT = 200_000, 20_000  # of each year


def write_stand_in(folder: Path) -> None:
    """The models, in folders named like the published repositories, and `<text>/s2orc/val/*.jsonl.gz` of each year."""
    torch.manual_seed(0)
    documents = {years: _documents(years[:4]) for years in (*YEARS, *SEED_YEARS)}
    held_out = {years: [documents[years].pop(0) for _ in range(2)] for years in YEARS}
    tokenizer = train_tokenizer((text for texts in documents.values() for text in texts), VOCABULARY)
    ids = {years: torch.tensor(tokenizer("\n".join(texts))["input_ids"]) for years, texts in documents.items()}
    for years, texts in held_out.items():
        _write_text(folder / "text" / "s2orc" / "val" / f"Biology_{years}.jsonl.gz", f"Biology_{years}", texts)

    config = HfOlmoConfig(
        d_model=64, n_layers=2, n_heads=4, max_sequence_length=LENGTH, vocab_size=VOCABULARY,
        embedding_size=VOCABULARY, eos_token_id=0, pad_token_id=0,
    )  # fmt: skip
    models = {"seed-pretrain-130m": _trained(config, None, torch.cat([ids[years] for years in SEED_YEARS]), 4 * STEPS)}
    seed = models["seed-pretrain-130m"]
    components = {f"s2orc-biology{years}-ind-130m": _trained(config, seed, ids[years], STEPS) for years in YEARS}
    models |= components
    everything = torch.cat([ids[years] for years in YEARS])
    models["s2orc-biology-seq-130m"] = _trained(config, seed, everything, STEPS * len(YEARS))
    models["s2orc-biology-merged-130m"] = {
        name: sum(weights[name] for weights in components.values()) / len(components) for name in seed
    }
    for name, weights in models.items():
        _write_model(folder / "claran" / name, config, tokenizer, weights)


def _documents(year: str) -> list[str]:
    """The model code of a year, as far as it is needed."""
    texts, length = [], 0
    for path in sorted((Path(transformers.__file__).parent / "models").glob("*/modeling_*.py")):
        text = path.read_text(encoding="utf-8")
        if length < MOST_CHARACTERS and re.search(rf"Copyright (\([Cc]\) )?{year}", text[:2000]):
            texts.append(text[:OF_A_DOCUMENT])
            length += len(texts[-1])
    return texts


def _write_text(path: Path, domain: str, texts: list[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [{"text": text, "id": str(number), "subdomain": domain} for number, text in enumerate(texts)]
    path.write_bytes(gzip.compress("\n".join(map(json.dumps, rows)).encode()))


def _trained(config: HfOlmoConfig, start: dict | None, ids: torch.Tensor, steps: int) -> dict[str, torch.Tensor]:
    """The weights of a model that was trained on blocks of these tokens, drawn at random."""
    model = HfOlmoForCausalLM(config)
    if start is not None:
        model.load_state_dict(start)
    optimizer = torch.optim.AdamW(model.parameters(), lr=3e-3 if start is None else 1e-3)
    for _ in range(steps):
        starts = torch.randint(len(ids) - LENGTH, (BATCH,)).tolist()
        blocks = torch.stack([ids[position : position + LENGTH] for position in starts])
        model(input_ids=blocks, labels=blocks).loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    return model.state_dict()


def _write_model(folder: Path, config: HfOlmoConfig, tokenizer, weights: dict[str, torch.Tensor]) -> None:
    """A folder in the form of the early releases."""
    tokenizer.save_pretrained(folder)
    torch.save(
        {name: tensor for name, tensor in weights.items() if name != "lm_head.weight"}, folder / "pytorch_model.bin"
    )
    values = {name: value for name, value in config.to_dict().items() if name not in ("attn_out", "auto_map")}
    (folder / "config.json").write_text(
        json.dumps(values | {"model_type": "olmo", "architectures": ["OLMoForCausalLM"]})
    )
