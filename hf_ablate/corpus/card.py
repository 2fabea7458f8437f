"""The data set card: how to load the units with `datasets`, and what is in them."""

import json
from pathlib import Path

from ..run_folder import RunFolder
from .decontamination.overlap import OverlapRule
from .table import format_table


def corpus_card(contents: dict, roots: list[str], partition_by: list[str], overlap: OverlapRule | None) -> str:
    """`README.md` of a corpus folder, with a config per unit so that `load_dataset(folder, unit)` works.

    Args:
        contents (`dict`): what its manifest records.
        roots (`list[str]`): where the documents come from, without paths of this machine.
        partition_by (`list[str]`): the fields that name partitions.
        overlap (`OverlapRule | None`): what counted as overlap with evaluation sets.
    """
    header = ["---", "pretty_name: base units", "task_categories:", "- text-generation", "tags:", "- hf-ablate"]
    configs = _configs(contents)
    header += ["configs:", *configs, "---"] if configs else ["---"]
    lines = [
        *header,
        "",
        "# Base units for data ablations",
        "",
        f"Documents of {', '.join(f'`{root}`' for root in roots)}, partitioned by "
        f"{', '.join(f'`{name}`' for name in partition_by)}, as rows of {contents['block_size']:,} token ids "
        f"(`input_ids`), documents separated by end of text. {_sizes(contents)}",
        "",
        "```",
        format_table(contents),
        "```",
        "",
        *_usage(contents),
        *_removed(contents["removed"], overlap),
    ]
    return "\n".join(lines).rstrip() + "\n"


def _sizes(contents: dict) -> str:
    if contents["whole_units"]:
        return "Every unit is a whole partition, of its own size."
    return "Every unit has the same number of tokens; smaller partitions were repeated (column epochs)."


def _configs(contents: dict) -> list[str]:
    """One config per unit, and one for the seed; splits without a block are left out, since nothing can load them."""
    lines, layout = [], RunFolder(Path())
    for unit, entry in contents["units"].items():
        blocks = {"train": entry["blocks"], "validation": entry["validation_blocks"], "test": entry["test_blocks"]}
        splits = [split for split, count in blocks.items() if count]
        lines += _config(unit, layout.unit(unit).relative_to(layout.corpus), splits)
    if contents["seed"]:
        lines += _config("seed", layout.seed_text.relative_to(layout.corpus), ["train"])
    return lines


def _config(name: str, folder: Path, splits: list[str]) -> list[str]:
    lines = [f"- config_name: {json.dumps(name, ensure_ascii=False)}", "  data_files:"]
    for split in splits:
        pattern = json.dumps(f"{_escaped(folder.as_posix())}/{split}-*.arrow", ensure_ascii=False)
        lines += [f"  - split: {split}", f"    path: {pattern}"]
    return lines


def _escaped(folder: str) -> str:
    """A folder as a pattern that matches only itself."""
    return folder.replace("[", "[[]")


def _usage(contents: dict) -> list[str]:
    if not contents["units"]:
        return []
    unit = next(iter(contents["units"]))
    return ["```python", "from datasets import load_dataset", "", f"load_dataset(FOLDER, {unit!r})", "```", ""]


def _removed(removed: dict, overlap: OverlapRule | None) -> list[str]:
    lines = ["## Removed", "", f"Exact duplicates: {sum(removed['duplicates'].values()):,} documents."]
    if sets := removed.get("evaluation_sets"):
        lines += ["", f"Training documents that share {overlap} with an evaluation set, by the first that was found:"]
        lines += [""]
        lines += ["| Evaluation set | Its documents | Removed |", "| --- | --- | --- |"]
        for name, entry in sets["sets"].items():
            lines.append(f"| {name} | {entry['documents']:,} | {sum(entry['removed'].values()):,} |")
    return [*lines, "", "Samples are in `removed.json`, all counts in `manifest.json`."]
