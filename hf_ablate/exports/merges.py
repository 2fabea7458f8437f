"""The export that averages the study's components by a mixture's weights, with mergekit."""

from ..merging.config import dump, merge_config, model_reference
from ..mixtures.mixture import Mixture
from .export_input import ExportInput, quoted, yaml_text
from .template import Each, ExportFormat, Row


_MODEL, _WEIGHT = "MODEL", "1.0"


def mergekit_format(given: ExportInput) -> ExportFormat:
    """mergekit's configuration of the proxy; the text around models and weights is that of a merge of one model.

    Args:
        given ([`ExportInput`]): the study, with its models.
    """
    rows = tuple(Row(name, {"path": _in_yaml(folder)}) for name, folder in given.models.items())
    sample = dump(merge_config(Mixture.uniform([_MODEL]), {_MODEL: _MODEL}, "float32"))
    head, entry, tail = sample.partition("models:\n")[0], *sample.partition("models:\n")[2].partition(_WEIGHT)[::2]
    template = (
        head.replace(_MODEL, "<<path>>") + "models:\n",
        Each(entry.replace(_MODEL, "<<path>>") + "<<exact>>", "\n"),
        tail,
    )
    title = given.title(
        "mergekit 0.1.5", "`mergekit-yaml THIS_FILE OUTPUT_FOLDER` in the folder that the paths start from"
    )
    notes = (
        "The models are averaged by the weights: tokens and epochs have no place in a merge.",
        "Add --trust-remote-code if the models' folders hold the code of their architecture, modeling_*.py.",
    )
    return ExportFormat("mergekit", "mergekit (YAML)", "mergekit_config.yml", template, rows, title, notes)


def _in_yaml(folder: str) -> str:
    reference = model_reference(folder)
    return yaml_text(folder) if isinstance(reference, str) else f"{{model: {{path: {quoted(folder)}}}}}"
