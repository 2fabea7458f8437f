"""A study's folder of recipes over a few hundred made-up documents: the whole flow in seconds."""

import json
import random
from pathlib import Path


UNITS = ("counting", "english", "python")
WORDS = {
    "counting": [str(number) for number in range(40)],
    "english": "the quick brown fox jumps over a lazy dog and then it sleeps under an old oak tree".split(),
    "python": "def return if else for in range ( ) : = + x y z import self None True lambda".split(),
    "seed": "the of and to in is def return 1 2 3 4 x y".split(),
    "latin": "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor".split(),
    "hex": [f"{number:02x}" for number in range(60)],
}
RECIPES = {
    "partition": {
        "source": "jsonl", "globs": ["*.jsonl"], "partition_by": ["part"], "units": list(UNITS),
        "seed_partitions": ["seed"], "eval_partitions": ["hex", "latin"], "unit_tokens": 2048, "seed_tokens": 2048,
        "block_size": 32, "vocab_size": 320, "val_fraction": 0.15, "test_fraction": 0.1,
    },
    "enumerate": {"methods": ["subsets"], "num_references": 4},
    "train": {
        "model_type": "llama", "per_device_train_batch_size": 8, "learning_rate": 3.0e-3, "logging_steps": 2,
        "use_cpu": True, "save_steps": 3, "config_overrides": "hidden_size=16,intermediate_size=32,"
        "num_hidden_layers=1,num_attention_heads=2,num_key_value_heads=2,max_position_embeddings=32",
    },
    "evaluate": {"split": "val"},
    "rank": {"bootstrap_samples": 100},
    "merge": {"mixture": ["best"]},
    "report": {},
}  # fmt: skip


def write_documents(folder: Path, per_part: int = 60) -> None:
    """`documents.jsonl`: `per_part` documents of each partition, the same at every call."""
    generator = random.Random(0)
    rows = [
        {"id": f"{part}-{number}", "part": part, "text": " ".join(generator.choices(words, k=60))}
        for part, words in WORDS.items()
        for number in range(per_part)
    ]
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "documents.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def write_study(folder: Path) -> Path:
    """Documents, and a folder of recipes whose run folder is `<folder>/run`."""
    write_documents(folder / "documents")
    return write_recipes(folder)


def write_recipes(folder: Path) -> Path:
    """The folder of recipes alone; JSON is YAML too."""
    recipes = folder / "recipes"
    recipes.mkdir(exist_ok=True)
    for stage, values in RECIPES.items():
        own = {"run_dir": str(folder / "run"), **values}
        if stage == "partition":
            own["roots"] = [str(folder / "documents")]
        (recipes / f"{stage}.yaml").write_text(json.dumps(own, indent=1))
    return recipes
