"""Cards of models: what each is, what it was made from and how well it does, all from its manifest and its scores."""

import math
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..evaluation.rows import ScoreRow
from ..merging.config import recorded_coefficients
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import MERGE
from ..run_folder import model_id, split_model_id
from .repository_ids import RepositoryIds


if TYPE_CHECKING:
    from huggingface_hub import CardData


METRICS = {"bits_per_byte": "bits per byte", "ppl_token": "perplexity per token"}
_NOT_SETTINGS = ("model", "shares", "mixture", "coefficients")
_RELATIONS = {"component": "finetune", "reference": "finetune", MERGE.kind: "merge", "adapter": "adapter"}
_TAGS = {"component": ["generated_from_trainer"], MERGE.kind: ["mergekit", "merge"]}


@dataclass(frozen=True)
class CardMetadata:
    """What the user states for the metadata of cards.

    Args:
        license (`str`, *optional*): an id of the Hub.
        language (`list[str]`): for example `["en", "de"]`.
    """

    license: str | None = None
    language: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class DescribedModel:
    """A model that a card describes.

    Args:
        member (`str`): `seed`, `component:<unit>`, `adapter:<unit>`, `reference:<mixture>` or `merged:<mixture>`.
        manifest (`dict`): of the model's folder.
        config (`dict`): its `config.json`.
        base (`str`): Hub id of the seed, or of what a seed was made from; empty for a model trained from scratch.
        rows (`list[ScoreRow]`): the model's scores.
    """

    member: str
    manifest: dict[str, Any]
    config: dict[str, Any]
    base: str
    rows: list[ScoreRow]

    @property
    def kind(self) -> str:
        """Its kind, without its name."""
        return split_model_id(self.member)[0]

    @property
    def mixture(self) -> Mixture | None:
        """What it was trained on, or averages; `None` for a seed."""
        mixture = self.manifest.get("mixture")
        return Mixture.of(mixture) if mixture else None


def model_card(
    model: DescribedModel, ids: RepositoryIds, metadata: CardMetadata, merge_config: str | None = None
) -> str:
    """The card of a seed, component, reference or merged model, or of a component's adapter.

    Args:
        model ([`DescribedModel`]): the model.
        ids ([`RepositoryIds`]): of the study's repositories.
        metadata ([`CardMetadata`]): what the user states.
        merge_config (`str`, *optional*): for a merged model, its mergekit YAML.
    """
    rows = sorted(model.rows, key=lambda row: (row.source, row.domain or ""))
    coefficients = recorded_coefficients(model.manifest) if model.kind == MERGE.kind else None
    return model_front_matter(replace(model, rows=rows), ids, metadata) + render(
        "model_card.md.j2", manifest=model.manifest, kind=model.kind, repo_id=ids.of(model.member), ids=ids,
        seed=model.base, mixture=model.mixture, name=split_model_id(model.member)[1], rows=rows,
        coefficients=coefficients, merge_config=merge_config,
        needs_package=model.config.get("model_type") == "hf_olmo", rounded=_rounded(model.manifest),
        data=_training_data(model.manifest), settings=_settings(model.manifest),
    )  # fmt: skip


def model_front_matter(model: DescribedModel, ids: RepositoryIds, metadata: CardMetadata) -> str:
    """The metadata of a model card, with a `model-index` if there are scores.

    Args:
        model ([`DescribedModel`]): the model.
        ids ([`RepositoryIds`]): of the study's repositories.
        metadata ([`CardMetadata`]): what the user states.
    """
    from huggingface_hub import EvalResult, ModelCardData

    base: str | list[str] | None = model.base or None
    if model.kind == MERGE.kind:
        base = [ids.of(model_id("component", name)) for name in recorded_coefficients(model.manifest).units]
    results = [
        EvalResult(
            task_type="text-generation", task_name="Language modeling", dataset_type=ids.of("eval"),
            dataset_name=row.source, dataset_config=row.source, dataset_split=row.split, metric_type=metric,
            metric_name=f"{title}, {row.domain}" if row.domain else title, metric_value=getattr(row, metric),
        )
        for row in model.rows
        for metric, title in METRICS.items()
        if math.isfinite(getattr(row, metric))
    ]  # fmt: skip
    return front_matter(
        ModelCardData(
            model_name=ids.of(model.member).split("/")[1], eval_results=results or None,
            pipeline_tag="text-generation", datasets=[ids.of("corpus")], base_model=base,
            base_model_relation=_RELATIONS.get(model.kind) if base else None, license=metadata.license,
            language=metadata.language or None, tags=[*_TAGS.get(model.kind, []), "hf-ablate"],
            library_name="peft" if model.kind == "adapter" else "transformers",
        )
    )  # fmt: skip


def front_matter(data: "CardData", keys: list[str] | None = None) -> str:
    """Metadata as the YAML at the head of a card.

    Args:
        data (`CardData`): the metadata; values that are `None` are left out.
        keys (`list[str]`, *optional*): the order of the keys; by default that of the card's class.
    """
    return f"---\n{data.to_yaml(original_order=keys)}\n---\n\n"


def render(template: str, **values: Any) -> str:
    """A template of this folder as Markdown."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader(__package__, ""), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        keep_trailing_newline=True,
    )  # fmt: skip
    environment.filters |= {"count": count_text, "number": number_text, "cell": cell_text}
    environment.globals |= {"model_id": model_id}
    return environment.get_template(template).render(**values)


def count_text(value: float | None) -> str:
    """A number with thousands separators; `-` for `None`.

    Example:

    ```python
    >>> count_text(1234567), count_text(None)
    ('1,234,567', '-')

    ```
    """
    return "-" if value is None else f"{value:,}"


def number_text(value: float | None) -> str:
    """Four significant digits; `-` for anything that is not a finite number.

    Example:

    ```python
    >>> number_text(0.83297), number_text(1.0), number_text(float("nan"))
    ('0.833', '1', '-')

    ```
    """
    return f"{value:.4g}" if value is not None and math.isfinite(value) else "-"


def cell_text(value: Any) -> str:
    """Text that is safe in a cell of a Markdown table."""
    return str(value).replace("|", "\\|").replace("\n", " ")


def _rounded(manifest: dict[str, Any]) -> str:
    """The dtype that a merged model was rounded to after the average that was scored; empty if it was not."""
    out_dtype = manifest["arguments"].get("out_dtype", "float32")
    return "" if out_dtype == "float32" else out_dtype


def _training_data(manifest: dict[str, Any]) -> list[dict[str, Any]]:
    """What the model was trained on: unit, tokens, epochs, share."""
    units = manifest.get("blocks") or {}
    total = sum(unit["blocks"] for unit in units.values())
    return [
        {
            "unit": name, "epochs": unit["epochs"], "share": unit["blocks"] / total,
            "tokens": round(manifest["tokens"] * unit["blocks"] / total),
        }
        for name, unit in units.items()
        if total
    ]  # fmt: skip


def _settings(manifest: dict[str, Any]) -> dict[str, Any]:
    """The hyper-parameters that were set."""
    arguments = manifest["arguments"].items()
    return {name: value for name, value in arguments if name not in _NOT_SETTINGS and value not in (None, {}, [], "")}
