"""Cards of models: what each is, what it was made from and how well it does, all from its manifest and its scores."""

import math
from typing import Any

from ..evaluation.rows import ScoreRow
from ..mixtures.mixture import Mixture
from .names import Names


METRICS = {"bits_per_byte": "bits per byte", "ppl_token": "perplexity per token"}
_NOT_SETTINGS = ("model", "shares", "mixture")


def model_card(
    member: str, manifest: dict[str, Any], config: dict[str, Any], names: Names, seed: str, rows: list[ScoreRow],
    license: str | None = None, language: list[str] | None = None, merge_config: str | None = None,
) -> str:  # fmt: skip
    """The card of a seed, component, reference or merged model, or of a component's adapter.

    Args:
        member (`str`): `seed`, `component:<unit>`, `adapter:<unit>`, `reference:<mixture>` or `merged:<mixture>`.
        manifest (`dict`): of the model's folder.
        config (`dict`): its `config.json`.
        names ([`Names`]): of the study's repositories.
        seed (`str`): Hub id of the seed, or of what a seed was made from; empty for a seed trained from scratch.
        rows (`list[ScoreRow]`): the model's scores.
        license (`str`, *optional*), language (`list[str]`, *optional*): for the metadata.
        merge_config (`str`, *optional*): for a merged model, its mergekit YAML.
    """
    kind = member.partition(":")[0]
    repo_id = names.of(member)
    rows = sorted(rows, key=lambda row: (row.source, row.domain or ""))
    mixture = manifest.get("mixture") and Mixture.of(manifest["mixture"])
    relation = {"merged": "merge", "adapter": "adapter", "seed": None}.get(kind, "finetune")
    base = [names.of(f"component:{unit}") for unit in mixture.units] if kind == "merged" else seed or None
    tags = {"merged": ["mergekit", "merge"], "component": ["generated_from_trainer"]}.get(kind, [])
    header = model_header(
        repo_id, names, rows, base_model=base, base_model_relation=base and relation, license=license,
        language=language or None, tags=[*tags, "hf-ablate"],
        library_name="peft" if kind == "adapter" else "transformers",
    )  # fmt: skip
    return header + render(
        "model_card.md.j2", manifest=manifest, member=member, kind=kind, repo_id=repo_id, names=names, seed=seed,
        mixture=mixture, rows=rows, merge_config=merge_config,
        needs_package=config.get("model_type") == "hf_olmo", rounded=_rounded(manifest),
        data=_training_data(manifest), settings=_settings(manifest),
    )  # fmt: skip


def model_header(repo_id: str, names: Names, rows: list[ScoreRow], **metadata: Any) -> str:
    """The YAML header of a model card, with `model-index` where there are scores."""
    from huggingface_hub import EvalResult, ModelCardData

    results = [
        EvalResult(
            task_type="text-generation", task_name="Language modeling", dataset_type=names.of("eval"),
            dataset_name=row.source, dataset_config=row.source, dataset_split=row.split, metric_type=metric,
            metric_name=f"{title}, {row.domain}" if row.domain else title, metric_value=getattr(row, metric),
        )
        for row in rows
        for metric, title in METRICS.items()
        if math.isfinite(getattr(row, metric))
    ]  # fmt: skip
    data = ModelCardData(
        model_name=repo_id.split("/")[1], eval_results=results or None, pipeline_tag="text-generation",
        datasets=[names.of("corpus")], **metadata,
    )  # fmt: skip
    return f"---\n{data.to_yaml()}\n---\n\n"


def header(**metadata: Any) -> str:
    """The YAML header of a card of a data set or Space; keys without a value are left out."""
    import yaml

    given = {key: value for key, value in metadata.items() if value not in (None, [], "")}
    return f"---\n{yaml.safe_dump(given, sort_keys=False, allow_unicode=True)}---\n\n"


def render(template: str, **values: Any) -> str:
    """A template of this folder as Markdown."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, ""), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"count": count_text, "number": number_text, "cell": cell_text}
    return environment.get_template(template).render(**values)


def count_text(value: float | None) -> str:
    """`1234567` → `1,234,567`; `-` for none.

    Example:

    ```python
    >>> count_text(1234567), count_text(None)
    ('1,234,567', '-')

    ```
    """
    return "-" if value is None else f"{value:,}"


def number_text(value: float | None) -> str:
    """Four significant digits, `-` for what is no finite number.

    Example:

    ```python
    >>> number_text(0.83297), number_text(1.0), number_text(float("nan"))
    ('0.833', '1', '-')

    ```
    """
    return f"{value:.4g}" if value is not None and math.isfinite(value) else "-"


def cell_text(value: Any) -> str:
    """Text that does not end a cell of a Markdown table."""
    return str(value).replace("|", "\\|").replace("\n", " ")


def _rounded(manifest: dict[str, Any]) -> str:
    """The number format that a merged model was rounded to after the average that was scored; empty for none."""
    out_dtype = manifest["arguments"].get("out_dtype", "float32")
    return "" if out_dtype == "float32" else out_dtype


def _training_data(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model was trained on: unit, tokens, epochs, share."""
    blocks = manifest.get("blocks") or {}
    total = sum(facts["blocks"] for facts in blocks.values())
    return [
        {
            "unit": unit, "epochs": facts["epochs"], "share": facts["blocks"] / total,
            "tokens": round(manifest["tokens"] * facts["blocks"] / total),
        }
        for unit, facts in blocks.items()
        if total
    ]  # fmt: skip


def _settings(manifest: dict[str, Any]) -> dict[str, Any]:
    """The hyper-parameters that were set."""
    arguments = manifest["arguments"].items()
    return {name: value for name, value in arguments if name not in _NOT_SETTINGS and value not in (None, {}, [], "")}
