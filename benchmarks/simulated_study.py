"""The parts of a study that `benchmarks.simulate` makes up: text, models of a few thousand parameters, and scores.

    python -m benchmarks.simulated_study {text,models,scores} RUN_DIR

What the commands of the package do with them is real.
"""

import argparse
import json
import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from hf_ablate.evaluation.models.scored_model import ScoredModel
from hf_ablate.evaluation.models.study import study_models
from hf_ablate.evaluation.scoring.families import make_family, tokenise_sources
from hf_ablate.evaluation.scoring.measurement import MeasurementOptions
from hf_ablate.evaluation.scoring.score_folder import ScoreFolder
from hf_ablate.evaluation.text.locations import sources_of
from hf_ablate.mixtures.enumerate import read_mixtures
from hf_ablate.mixtures.proxies import ENSEMBLE, MERGE
from hf_ablate.run_folder import RunFolder


TEXT, MODELS = "text", "foreign"  # beside the study's own folders
VOCABULARY, BLOCK = 512, 64
_WORDS, _DOCUMENTS, _SPLITS = 300, 24, {0: "val", 1: "test"}  # of a unit
_NOISE = 0.004  # of made-up scores, in bits per byte


def write_text(run_dir: Path, units: int) -> None:
    """Documents of so many units and of a seed, in made-up words; a unit has some words of its own."""
    random = np.random.default_rng(0)
    letters = list("abcdefghijklmnopqrst")
    words = ["".join(random.choice(letters, size=random.integers(2, 9))) for _ in range(4000)]
    folder = run_dir / TEXT
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(-1, units):
        name = "seed" if number < 0 else f"unit{number:03d}"
        own = random.choice(words, size=200)
        with open(folder / f"{name}.jsonl", "w", encoding="utf-8") as file:
            for document in range(_DOCUMENTS):
                text = " ".join(random.choice(own, size=_WORDS))
                split = _SPLITS.get(document, "train")
                row = {"id": f"{name}-{document}", "unit": name, "split": split, "text": text}
                file.write(json.dumps(row) + "\n")


def write_models(run_dir: Path) -> None:
    """The seed, a component of each unit and the reference models that are planned, trained nowhere.

    They are the seed's random weights with random changes of a fifth of their size.
    """
    import torch
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    folder = RunFolder(run_dir)
    tokenizer = AutoTokenizer.from_pretrained(folder.tokenizer)
    config = LlamaConfig(
        vocab_size=len(tokenizer), hidden_size=8, intermediate_size=16, num_hidden_layers=1, num_attention_heads=1,
        max_position_embeddings=BLOCK, tie_word_embeddings=True,
    )  # fmt: skip
    units = sorted(path.stem for path in (run_dir / TEXT).glob("unit*.jsonl"))
    references = [candidate.mixture.id for candidate in read_mixtures(run_dir) if candidate.reference]
    torch.manual_seed(0)
    model = LlamaForCausalLM(config)
    start = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    for number, name in enumerate(["seed", *units, *references]):
        torch.manual_seed(number)
        changed = {
            key: tensor + number.bit_length() * 0.004 * torch.randn_like(tensor) for key, tensor in start.items()
        }
        model.load_state_dict(changed if number else start)
        model.save_pretrained(run_dir / MODELS / name)
        tokenizer.save_pretrained(run_dir / MODELS / name)


def write_scores(run_dir: Path) -> None:
    """The score rows of all models, by the package's own writer, from a smooth function of the mixture and noise."""
    models = study_models(run_dir, "both")
    family = make_family(models, MeasurementOptions())
    sources = tokenise_sources(family, sources_of(run_dir, [], "val"))
    units = [model.mixture.units[0] for model in models if model.kind == "component"]
    for source in sources:
        scores = ScoreFolder(RunFolder(run_dir).scores, [source], family.measurement)
        domains = np.array(source.domains)
        names = sorted(set(domains))
        for model, bits in _made_up(models, units, len(names)):
            by_document = dict(zip(names, bits, strict=True))
            values = np.array([by_document[domain] for domain in domains])
            scores.add(model, source, -values * source.bytes * math.log(2))


def _made_up(models: list[ScoredModel], units: list[str], domains: int) -> Iterator[tuple[ScoredModel, np.ndarray]]:
    """Each model with its bits per byte on all domains: a domain gains most from its own unit."""
    random = np.random.default_rng(1)
    base, gain = random.uniform(2.3, 2.9, domains), random.uniform(0.05, 0.4, (len(units), domains))
    gain[np.arange(len(units)), np.arange(len(units)) % domains] = 0.75
    components = base - gain
    for model in models:
        noise = random.normal(0, _NOISE, domains)
        weights = np.zeros(len(units))
        for unit, weight in model.mixture.items if model.mixture else ():
            weights[units.index(unit)] = weight
        count = max(1, int((weights > 0).sum()))
        best = gain[weights > 0].max(axis=0, initial=0.0)
        if model.kind == ENSEMBLE.kind:
            yield model, -np.log(weights @ np.exp(-4 * components)) / 4 + noise / 4
        elif model.kind == MERGE.kind:
            yield model, weights @ components - 0.25 * (1 - 1 / count) * best + noise / 4
        elif model.kind == "reference":
            yield model, base - 0.62 * weights**0.35 @ gain / count**0.35 - 0.2 * best + noise
        else:
            yield model, base - weights @ gain + noise


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=("text", "models", "scores"))
    parser.add_argument("run_dir", type=Path)
    parser.add_argument("--units", type=int, default=139)
    arguments = parser.parse_args()
    match arguments.part:
        case "text":
            write_text(arguments.run_dir, arguments.units)
        case "models":
            write_models(arguments.run_dir)
        case "scores":
            write_scores(arguments.run_dir)


if __name__ == "__main__":
    main()
