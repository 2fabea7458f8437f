"""The mergekit YAML of a merged model with ids on the Hub, so that it runs anywhere."""

from typing import Any

from ..merging.config import dump, merge_config, recorded_coefficients
from ..run_folder import model_id
from .repository_ids import RepositoryIds


def weights_tag(digest: str) -> str:
    """The tag that `hf-ablate push` gives to the commit with these weights.

    A merge names its components by it: unlike a branch, it stays when a component is trained anew, and unlike a
    commit, it is known before anything is pushed.

    Example:

    ```python
    >>> weights_tag("97ef2adee35d34a7e855c8d594fd83b9")
    'weights-97ef2adee35d'

    ```
    """
    return f"weights-{digest[:12]}"


def hub_merge_yaml(manifest: dict[str, Any], ids: RepositoryIds) -> str:
    """The merge's configuration with every component as `ORG/NAME@TAG`.

    Args:
        manifest (`dict`): of the merged model; its `inputs` are the components' digests.
        ids ([`RepositoryIds`]): of the study's repositories.
    """
    coefficients = recorded_coefficients(manifest)
    on_hub = {
        name: f"{ids.of(model_id('component', name))}@{weights_tag(manifest['inputs'][name])}"
        for name in coefficients.units
    }
    return dump(merge_config(coefficients, on_hub, manifest["arguments"].get("out_dtype", "float32")))
