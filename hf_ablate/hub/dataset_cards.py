"""Cards of data sets and of the report's Space."""

import glob
from typing import Any

from ..mixtures.ranked import Ranking
from ..ranking.tables import described_target
from .cards import CardMetadata, front_matter, render
from .places import LAYOUT, RUN
from .repository_ids import RepositoryIds


DATA = "data"  # the folder of the tables in the repository of scores
_ORIGINS = {
    "roots": "Folders or data sets",
    "globs": "Files",
    "exclude_globs": "Left out",
    "partition_by": "Partitioned by",
}
TABLES = {
    "scores": "the score of one model on one domain of one source: sums, and the perplexities that follow from them",
    "ranking": "one mixture in the ranking by one proxy on one target (a domain, a source, or the mean of domains)",
    "agreement": "how well one predictor agrees with the reference models on one target, with its interval",
    "mixtures": "one candidate mixture: units with weights, and whether it has a reference model",
    "models": "one trained model: what it was trained on, tokens, FLOPs, digests",
}


def corpus_card(
    corpus: dict[str, Any], ids: RepositoryIds, splits: dict[str, list[str]], metadata: CardMetadata
) -> str:
    """The card of the token blocks.

    Args:
        corpus (`dict`): the corpus's manifest.
        ids ([`RepositoryIds`]): of the study's repositories.
        splits (`dict[str, list[str]]`): configuration (a unit, or `seed`) → its splits.
        metadata ([`CardMetadata`]): what the user states.
    """
    configs = []
    for name, its_splits in splits.items():
        folder = LAYOUT.seed_text if name == LAYOUT.seed_text.name else LAYOUT.unit(glob.escape(name))
        path = folder.relative_to(LAYOUT.corpus).as_posix()
        files = [{"split": split, "path": f"{path}/{split}-*.arrow"} for split in its_splits]
        configs.append({"config_name": name, "data_files": files})
    rows = sum(unit.get("blocks") or 0 for unit in corpus["units"].values())
    header = dataset_front_matter(
        pretty_name=_name(ids, "corpus"), license=metadata.license, language=metadata.language,
        task_categories=["text-generation"], tags=["hf-ablate"], size_categories=[size_category(rows)],
        configs=configs,
    )  # fmt: skip
    arguments = corpus["arguments"]
    return header + render(
        "corpus_card.md.j2", corpus={"block_size": None, **corpus}, ids=ids, units=corpus["units"],
        seed=corpus.get("seed"), license=metadata.license, removed=_removed(corpus), has_text=rows > 0,
        origins={title: arguments[key] for key, title in _ORIGINS.items() if arguments.get(key)},
    )  # fmt: skip


def eval_card(
    corpus: dict[str, Any], ids: RepositoryIds, sources: dict[str, list[str]], metadata: CardMetadata
) -> str:
    """The card of the evaluation text: a configuration per source, with its splits.

    Args:
        corpus (`dict`): the corpus's manifest.
        ids ([`RepositoryIds`]): of the study's repositories.
        sources (`dict[str, list[str]]`): source → its splits.
        metadata ([`CardMetadata`]): what the user states.
    """
    configs = [
        {
            "config_name": source,
            "data_files": [{"split": split, "path": f"{glob.escape(source)}/{split}/*.jsonl*"} for split in splits],
        }
        for source, splits in sources.items()
    ]
    header = dataset_front_matter(
        pretty_name=_name(ids, "eval"), license=metadata.license, language=metadata.language,
        task_categories=["text-generation"], tags=["hf-ablate"], configs=configs,
    )  # fmt: skip
    sizes = corpus.get("eval", {})
    return header + render("eval_card.md.j2", ids=ids, sources=sources, sizes=sizes, license=metadata.license)


def scores_card(ids: RepositoryIds, tables: list[str], ranking: Ranking | None, num_references: int) -> str:
    """The card of the results: a configuration per table.

    Args:
        ids ([`RepositoryIds`]): of the study's repositories.
        tables (`list[str]`): the names of the tables, of those in `TABLES`.
        ranking ([`Ranking`], *optional*): the study's.
        num_references (`int`): how many reference models it was checked against.
    """
    configs = [
        {"config_name": table, "data_files": [{"split": "train", "path": f"{DATA}/{table}.parquet"}]}
        for table in tables
    ]
    header = dataset_front_matter(
        pretty_name=_name(ids, "scores"), tags=["hf-ablate", "results"], configs=configs,
        source_datasets=[ids.of("eval")],
    )  # fmt: skip
    answer = None
    if ranking:
        best = ranking.entries()[0]
        answer = {
            "predictor": ranking.ranked_by[ranking.answered_by]["label"], "name": best["name"], "score": best["score"],
            "measure": ranking.unit_of_measure, "target": described_target(ranking, ranking.study_target),
            "num_references": num_references,
        }  # fmt: skip
    shown = {table: TABLES[table] for table in tables}
    return header + render("scores_card.md.j2", ids=ids, tables=shown, run=RUN, answer=answer)


def pool_card(ids: RepositoryIds, members: list[dict[str, Any]]) -> str:
    """The card of the pool: the list of its members."""
    configs = [{"config_name": "members", "data_files": [{"split": "train", "path": "members.jsonl"}]}]
    header = dataset_front_matter(pretty_name=_name(ids, "pool"), tags=["hf-ablate", "pool"], configs=configs)
    return header + render("pool_card.md.j2", ids=ids, members=members)


def report_card(ids: RepositoryIds) -> str:
    """The card of the Space that shows the report."""
    return _space_front_matter(ids, "report", "Which data should we train on?") + render("report_card.md.j2", ids=ids)


def explorer_card(ids: RepositoryIds) -> str:
    """The card of the Space that is the explorer."""
    short = "Set a mixture, see what it would score"
    return _space_front_matter(ids, "explorer", short) + render("explorer_card.md.j2", ids=ids)


def _space_front_matter(ids: RepositoryIds, member: str, short_description: str) -> str:
    from huggingface_hub import SpaceCardData

    values = {
        "title": _name(ids, member), "colorFrom": "blue", "colorTo": "green", "sdk": "static",
        "app_file": LAYOUT.page.name, "pinned": False, "short_description": short_description,
        "tags": ["hf-ablate"], "datasets": [ids.of("scores")],
    }  # fmt: skip
    return front_matter(SpaceCardData(**values), list(values))


def dataset_front_matter(**values: Any) -> str:
    """The metadata of a data set's card; keys without a value are left out.

    Example:

    ```python
    >>> print(dataset_front_matter(pretty_name="quickstart-pool", license=None, tags=["hf-ablate"]))
    ---
    pretty_name: quickstart-pool
    tags:
    - hf-ablate
    ---
    <BLANKLINE>
    <BLANKLINE>

    ```
    """
    from huggingface_hub import DatasetCardData

    given = {key: value for key, value in values.items() if value}
    return front_matter(DatasetCardData(**given), list(given))


def _name(ids: RepositoryIds, member: str) -> str:
    """A repository's name without its owner."""
    return ids.of(member).split("/")[1]


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
    categories = {**corpus.get("removed", {}), "left out": corpus.get("leftovers", {}).get("documents", {})}
    for what, sizes in categories.items():
        for why, size in sizes.items() if isinstance(sizes, dict) else [("", sizes)]:
            size = size if isinstance(size, dict) else {"documents": size}
            rows.append({"what": what, "why": why, "documents": size.get("documents"), "bytes": size.get("bytes")})
    rows += [
        {"what": "unit dropped", "why": name, "documents": None, "bytes": None}
        for name in corpus.get("dropped_units", [])
    ]
    return rows
