"""The table that `hf-ablate partition` prints."""

import json


def print_table(manifest: dict, output_format: str) -> None:
    """Print what the units, the seed and the evaluation domains hold; as JSON, the manifest's facts."""
    if output_format == "json":
        names = ("units", "seed", "eval", "tokenizer", "block_size", "removed", "leftovers", "files", "digest")
        print(json.dumps({name: manifest[name] for name in names}, ensure_ascii=False))
        return
    print(format_table(manifest))


def format_table(manifest: dict) -> str:
    """The table as text."""
    removed = manifest["removed"]["duplicates"]
    rows = [("", "documents", "tokens", "unique", "epochs", "val", "test", "removed")]
    for unit, facts in manifest["units"].items():
        rows.append(_row(unit, facts, manifest["eval"].get("in_domain", {}), removed))
    if manifest["seed"]:
        rows.append(_row("(seed)", manifest["seed"], {}, {"(seed)/": removed.get("seed/train", 0)}))
    sources = manifest["eval"].get("out_of_domain", {})
    for domain in sorted({name for split in sources.values() for name in split["domains"]}):
        rows.append(_row(f"({domain})", None, sources, removed, domain))
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = [
        "  ".join(
            cell.ljust(w) if not n else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
    return "\n".join([*lines, *_notes(manifest)])


def _row(label: str, facts: dict | None, splits: dict, removed: dict, name: str | None = None) -> tuple[str, ...]:
    name = name or label
    held_out = [
        _size(splits[split]["domains"][name]["bytes"]) if name in splits.get(split, {}).get("domains", {}) else "-"
        for split in ("val", "test")
    ]
    gone = sum(count for place, count in removed.items() if place.rsplit("/", 1)[0] == name)
    if facts is None:
        return (label, "-", "-", "-", "-", *held_out, f"{gone:,}")
    return (
        label, f"{facts['documents']:,}", f"{facts['tokens']:,}", f"{facts['unique_tokens']:,}",
        f"{facts['epochs']:.2f}", *held_out, f"{gone:,}",
    )  # fmt: skip


def _size(size: int) -> str:
    return f"{size / 1000:,.0f} kB" if size < 10_000_000 else f"{size / 1e6:,.0f} MB"


def _notes(manifest: dict) -> list[str]:
    files, leftovers = manifest["files"], manifest["leftovers"]
    notes = [
        f"Tokenizer of {manifest['tokenizer']['vocab_size']:,} entries, blocks of {manifest['block_size']:,} tokens; "
        f"{files['matched']:,} files matched, {files['read']:,} read. In brackets: not a unit."
    ]
    for reason, entry in leftovers["documents"].items():
        notes.append(f"left out: {entry['documents']:,} documents ({reason}), e.g. {', '.join(entry['examples'][:2])}")
    if unused := leftovers["unused_partitions"]:
        more = f" and {len(unused) - 10} more" if len(unused) > 10 else ""
        notes.append(f"partitions not used: {', '.join(unused[:10])}{more}")
    if manifest["dropped_units"]:
        notes.append(f"units dropped for too few tokens: {', '.join(manifest['dropped_units'])}")
    return notes
