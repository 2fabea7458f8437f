"""Pools to measure with: components near a random seed, and text of installed packages."""

import sysconfig
from pathlib import Path

import numpy as np
import torch
from transformers import LlamaConfig, LlamaForCausalLM

from hf_ablate.corpus.tokenizers import train_tokenizer
from hf_ablate.evaluation.models.scored_model import Pool, ScoredModel
from hf_ablate.evaluation.scoring.ensemble import TokenCache
from hf_ablate.evaluation.scoring.measurement import Measurement
from hf_ablate.evaluation.scoring.mixture_scorer import MixtureScorer
from hf_ablate.evaluation.text.sources import Source
from hf_ablate.evaluation.text.tokens import TokenisedSource
from hf_ablate.evaluation.text.windows import TokenStream
from hf_ablate.mixtures.mixture import Mixture


UNITS = [f"unit{number}" for number in range(8)]
DOMAINS = ("transformers/models/[a-f]*", "transformers/models/[g-z]*", "datasets", "sympy/core")
# The first is the quickstart's.
SIZES = {
    "1m": {"hidden_size": 128, "num_hidden_layers": 4, "num_attention_heads": 4, "intermediate_size": 384},
    "7m": {"hidden_size": 256, "num_hidden_layers": 6, "num_attention_heads": 4, "intermediate_size": 704},
    "110m": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12, "intermediate_size": 1536},
}
VOCABULARY = {"1m": 2048, "7m": 8192, "110m": 50304}
MAX_LENGTH = {"1m": 128, "7m": 1024, "110m": 1024}
SEED, CHANGE = "seed", 0.2


def make_domains(tokens: int, size: str) -> list[TokenStream]:
    """For each domain, Python sources of an installed package, cut where `tokens` are full."""
    packages = Path(sysconfig.get_path("purelib"))
    texts = []
    for pattern in DOMAINS:
        paths = sorted(path for folder in packages.glob(pattern) for path in folder.rglob("*.py"))
        chosen = [path for path in paths if 1000 <= path.stat().st_size <= 3500]
        texts.append([path.read_text(encoding="utf-8") for path in chosen[: tokens // 200 + 1]])
    tokenizer = train_tokenizer([text for some in texts for text in some], min(4096, VOCABULARY[size]))
    streams = []
    for some in texts:
        documents = [np.array(tokens) for tokens in tokenizer(some, add_special_tokens=False)["input_ids"]]
        sizes = np.cumsum([len(document) for document in documents])
        kept = documents[: int(np.searchsorted(sizes, tokens)) + 1]
        streams.append(TokenStream.of(kept, tokenizer.eos_token_id))
    return streams


def make_components(folder: Path, size: str) -> dict[str, Path]:
    """Saves a seed, and components near it."""
    config = LlamaConfig(
        vocab_size=VOCABULARY[size], max_position_embeddings=MAX_LENGTH[size], tie_word_embeddings=True, **SIZES[size]
    )
    torch.manual_seed(len(UNITS))
    seed = LlamaForCausalLM(config)
    seed.save_pretrained(folder / SEED)
    for number, unit in enumerate(UNITS):
        torch.manual_seed(number)
        model = LlamaForCausalLM(config)
        with torch.no_grad():
            for parameter, start in zip(model.parameters(), seed.parameters(), strict=True):
                parameter.mul_(CHANGE).add_(start)
        model.save_pretrained(folder / unit)
    return {unit: folder / unit for unit in UNITS}


def make_scorer(
    folders: dict[str, Path], streams: list[TokenStream], size: str, pool_format: str = "saved"
) -> MixtureScorer:
    """What scores mixtures of components on domains, all of them made here."""
    seed = ScoredModel(SEED, "seed", SEED, folder=folders[UNITS[0]].with_name(SEED))
    components = {
        unit: ScoredModel(unit, "component", unit, Mixture.uniform([unit]), folder) for unit, folder in folders.items()
    }
    sources = [_as_source(number, stream) for number, stream in enumerate(streams)]
    measurement = Measurement("val", "", MAX_LENGTH[size], "eos", None, "float32")
    pool = Pool(components, pool_format, seed if pool_format == "delta" else None)
    return MixtureScorer(pool, sources, measurement, TokenCache(folders[UNITS[0]].with_name("cache"), {}))


def _as_source(number: int, stream: TokenStream) -> TokenisedSource:
    documents = len(stream.num_tokens)
    sizes = np.zeros(documents, dtype=int)  # of the text, which is not divided by here
    source = Source(f"domain{number}", "val", (), str(number))
    return TokenisedSource(source, [""] * documents, [None] * documents, sizes, sizes, sizes, stream)
