"""Cards of data sets and of the report's Space."""

import glob
from typing import Any

from .cards import header, render
from .names import Names


_SOURCES = {
    "roots": "Folders or data sets",
    "globs": "Files",
    "exclude_globs": "Left out",
    "partition_by": "Partitioned by",
}
TABLES = {
    "scores": "the score of one model on one domain of one source: sums, and the perplexities that follow from them",
    "ranking": "one mixture in the ranking by one proxy on one target (a domain, a source, or the average of all)",
    "agreement": "how well one predictor agrees with the reference models on one target, with its interval",
    "mixtures": "one candidate mixture: units with weights, and whether it has a reference model",
    "models": "one trained model: what it was trained on, tokens, FLOPs, digests",
}


def corpus_card(
    corpus: dict[str, Any], names: Names, splits: dict[str, list[str]], license: str | None, language: list[str]
) -> str:
    """The card of the token blocks.

    Args:
        corpus (`dict`): the corpus's manifest.
        names ([`Names`]): of the study's repositories.
        splits (`dict[str, list[str]]`): configuration (a unit, or `seed`) → its splits.
        license (`str`, *optional*), language (`list[str]`): for the metadata.
    """
    configs = []
    for name, own in splits.items():
        folder = "seed" if name == "seed" else f"units/{glob.escape(name)}"
        files = [{"split": split, "path": f"{folder}/{split}-*.arrow"} for split in own]
        configs.append({"config_name": name, "data_files": files})
    top = header(
        pretty_name=names.of("corpus").split("/")[1], license=license, language=language,
        task_categories=["text-generation"], tags=["hf-ablate"],
        size_categories=[size_category(sum(facts.get("blocks") or 0 for facts in corpus["units"].values()))],
        configs=configs,
    )  # fmt: skip
    arguments = corpus["arguments"]
    return top + render(
        "corpus_card.md.j2", corpus={"block_size": None, **corpus}, names=names, units=corpus["units"],
        seed=corpus.get("seed"), license=license, removed=_removed(corpus),
        sources={title: arguments[key] for key, title in _SOURCES.items() if arguments.get(key)},
    )  # fmt: skip


def eval_card(
    corpus: dict[str, Any], names: Names, sources: dict[str, list[str]], license: str | None, language: list[str]
) -> str:
    """The card of the evaluation text: a configuration per source, with its splits."""
    configs = [
        {
            "config_name": source,
            "data_files": [{"split": split, "path": f"{glob.escape(source)}/{split}/*.jsonl*"} for split in splits],
        }
        for source, splits in sources.items()
    ]
    top = header(
        pretty_name=names.of("eval").split("/")[1], license=license, language=language,
        task_categories=["text-generation"], tags=["hf-ablate"], configs=configs,
    )  # fmt: skip
    return top + render("eval_card.md.j2", names=names, sources=sources, sizes=corpus.get("eval", {}), license=license)


def scores_card(names: Names, tables: list[str], ranking: dict[str, Any] | None, references: int) -> str:
    """The card of the results: a configuration per table."""
    configs = [
        {"config_name": table, "data_files": [{"split": "train", "path": f"data/{table}.parquet"}]} for table in tables
    ]
    top = header(
        pretty_name=names.of("scores").split("/")[1], tags=["hf-ablate", "results"], configs=configs,
        source_datasets=[names.of("eval")],
    )  # fmt: skip
    answer = None
    if ranking:
        proxy, entries = next(iter(ranking["targets"]["macro"]["rankings"].items()))
        answer = {
            "proxy": proxy, "name": ranking["mixtures"][entries[0]["mixture"]]["name"], "score": entries[0]["score"],
            "measure": ranking["unit_of_measure"], "references": references,
        }  # fmt: skip
    shown = {table: TABLES[table] for table in tables}
    return top + render("scores_card.md.j2", names=names, tables=shown, answer=answer)


def pool_card(names: Names, members: list[dict[str, Any]]) -> str:
    """The card of the pool: the list of its members."""
    configs = [{"config_name": "members", "data_files": [{"split": "train", "path": "members.jsonl"}]}]
    top = header(pretty_name=names.of("pool").split("/")[1], tags=["hf-ablate", "pool"], configs=configs)
    return top + render("pool_card.md.j2", names=names, members=members)


def report_card(names: Names) -> str:
    """The card of the Space that shows the report."""
    title = names.of("report").split("/")[1]
    top = header(
        title=title, colorFrom="blue", colorTo="green", sdk="static", app_file="index.html", pinned=False,
        short_description="Which data should we train on?", tags=["hf-ablate"],
        datasets=[names.of("scores")],
    )  # fmt: skip
    return (
        top
        + f"# {title}\n\nThe report of the pool [{names.of('pool')}](https://huggingface.co/datasets/{names.of('pool')}).\n"
    )


def size_category(rows: int) -> str:
    """The Hub's name for a number of rows.

    Example:

    ```python
    >>> size_category(768), size_category(20_000), size_category(2_000_000_000)
    ('n<1K', '10K<n<100K', '1B<n<10B')

    ```
    """
    steps = ["1K", "10K", "100K", "1M", "10M", "100M", "1B", "10B", "100B", "1T"]
    for position, step in enumerate(steps):
        if rows < 1000 * 10**position:
            return f"n<{step}" if position == 0 else f"{steps[position - 1]}<n<{step}"
    return "n>1T"


def _removed(corpus: dict[str, Any]) -> list[dict[str, Any]]:
    """What the manifest says was removed or left out: what, why or where, documents, bytes."""
    rows = []
    groups = {**corpus.get("removed", {}), "left out": corpus.get("leftovers", {}).get("documents", {})}
    for what, found in groups.items():
        for why, size in found.items() if isinstance(found, dict) else [("", found)]:
            size = size if isinstance(size, dict) else {"documents": size}
            rows.append({"what": what, "why": why, "documents": size.get("documents"), "bytes": size.get("bytes")})
    rows += [
        {"what": "unit dropped", "why": name, "documents": None, "bytes": None}
        for name in corpus.get("dropped_units", [])
    ]
    return rows
