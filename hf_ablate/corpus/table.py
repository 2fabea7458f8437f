"""The table that `hf-ablate partition` prints."""

import json
from collections import Counter

from ..text_table import paragraph, text_table


def print_table(manifest: dict, output_format: str) -> None:
    """Print what the units, the seed and the evaluation domains hold; or, as JSON, the manifest's entries for them."""
    if output_format == "json":
        names = (
            "units", "seed", "eval", "groups", "tokenizer", "block_size", "removed", "leftovers", "dropped_units",
            "files", "digest",
        )  # fmt: skip
        print(json.dumps({name: manifest[name] for name in names}, ensure_ascii=False))
        return
    print(format_table(manifest))


def format_table(manifest: dict) -> str:
    """The table as text."""
    removed = Counter(manifest["removed"]["duplicates"]) + Counter(manifest["removed"].get("overlapping", {}))
    headers, rows = ("", "documents", "tokens", "unique", "epochs", "val", "test", "removed"), []
    for unit, entry in manifest["units"].items():
        rows.append(_row(unit, entry, manifest["eval"].get("in_domain", {}), removed))
    if manifest["seed"]:
        rows.append(_row("(seed)", manifest["seed"], {}, {"(seed)/": removed.get("seed/train", 0)}))
    for source, splits in manifest["eval"].items():
        if source != "in_domain":
            prefix = "" if source == "out_of_domain" else f"{source} "
            domains = {name: entry for split in splits.values() for name, entry in split["domains"].items()}
            for domain, entry in sorted(domains.items()):
                partition = entry.get("partition", domain)
                rows.append(_row(f"({prefix}{domain})", None, splits, removed, domain, partition))
    return "\n".join([text_table(headers, rows), *map(paragraph, _notes(manifest))])


def _row(
    label: str, entry: dict | None, splits: dict, removed: dict, name: str | None = None, partition: str | None = None
) -> tuple[str, ...]:
    name = name or label
    held_out = [
        _size(splits[split]["domains"][name]["bytes"]) if name in splits.get(split, {}).get("domains", {}) else "-"
        for split in ("val", "test")
    ]
    gone = sum(count for place, count in removed.items() if place.rsplit("/", 1)[0] == (partition or name))
    if entry is None:
        return (label, "-", "-", "-", "-", *held_out, f"{gone:,}")
    return (
        label, f"{entry['documents']:,}", f"{entry['tokens']:,}", f"{entry['unique_tokens']:,}",
        f"{entry['epochs']:.2f}", *held_out, f"{gone:,}",
    )  # fmt: skip


def _size(size: int) -> str:
    return f"{size / 1000:,.0f} kB" if size < 10_000_000 else f"{size / 1e6:,.0f} MB"


def _start(manifest: dict) -> str:
    token = manifest["tokenizer"].get("document_start")
    return f", {token} before each document" if token else ""


def _notes(manifest: dict) -> list[str]:
    files, leftovers = manifest["files"], manifest["leftovers"]
    notes = [
        f"Tokenizer of {manifest['tokenizer']['vocab_size']:,} entries{_start(manifest)}, "
        f"blocks of {manifest['block_size']:,} tokens; "
        f"{files['matched']:,} files matched, {files['read']:,} read. "
        "Rows in brackets are not units, so no component is trained on them: (seed) is the text of the seed, the "
        "others are only evaluated on.",
        "unique: the tokens that are there; epochs: how often they fill the budget; val, test: text that is "
        "held out of training, to be scored; removed: documents that are duplicates or overlap with evaluation text.",
    ]
    if manifest.get("whole_units"):
        notes.append(
            "Units are whole partitions: where a model is trained on more tokens of a unit than it has, its blocks "
            "are repeated, epoch after epoch."
        )
    if final := manifest.get("match_epochs_of"):
        notes.append(
            f"Units are cut so that they are repeated as in a final run of {final:,} tokens in equal shares of the "
            f"{len(manifest['units'])} units."
        )
    for reason, entry in leftovers["documents"].items():
        notes.append(f"left out: {entry['documents']:,} documents ({reason}), e.g. {', '.join(entry['examples'][:2])}")
    notes += _overlap_notes(manifest["removed"])
    if unused := leftovers["unused_partitions"]:
        more = f" and {len(unused) - 10} more" if len(unused) > 10 else ""
        notes.append(f"partitions not used: {', '.join(unused[:10])}{more}")
    if manifest["dropped_units"]:
        notes.append(f"units dropped for too few tokens: {', '.join(manifest['dropped_units'])}")
    return notes


def _overlap_notes(removed: dict) -> list[str]:
    """Which evaluation sets the removed documents overlap with."""
    notes = []
    for name, entry in removed.get("evaluation_sets", {}).get("sets", {}).items():
        where = ", ".join(f"{place} {count:,}" for place, count in entry["removed"].items()) or "none"
        short = (
            f"; {entry['too_short']:,} of its documents are too short to be looked for" if entry["too_short"] else ""
        )
        notes.append(f"removed for overlap with {name} ({entry['documents']:,} documents): {where}{short}")
    return notes
