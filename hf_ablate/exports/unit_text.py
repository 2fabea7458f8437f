"""Where the text of a study's units is: token blocks in the run folder, data sets on the Hub, or not recorded."""

import glob
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..corpus.inputs.input_file import root_name
from ..corpus.names import is_pattern
from ..manifest import find_manifest
from ..run_folder import RunFolder


# What a corpus that does not say otherwise was made with.
_SETTINGS = {
    "source": "", "roots": [], "fields": {}, "hub_configs": [], "hub_splits": [], "hub_revision": None,
    "text_field": "text", "split_field": None, "value_map": {}, "value_regex": {}, "bins": {},
}  # fmt: skip


@dataclass(frozen=True)
class HubData:
    """A config of a data set on the Hub.

    Args:
        path (`str`): id of the data set.
        config (`str`): name of the config.
        split (`str`): what of it is trained on, such as `train` or `train+validation`.
        revision (`str | None`): branch, tag or commit.
        text_field (`str`): the column with the text.
    """

    path: str
    config: str
    split: str
    revision: str | None
    text_field: str


@dataclass(frozen=True)
class UnitText:
    """What a study records of a unit's text.

    Args:
        unit (`str`): its name.
        blocks (`str | None`): pattern of the files with its token blocks, `None` where there are none.
        hub (`tuple[HubData, ...]`): what it was made of, where that is whole configs of data sets on the Hub.
        documents_per_token (`float | None`): of its training documents; `None` where not recorded.
        origin (`str`): where it is from, in words, if that is more than one partition of one collection.
    """

    unit: str
    blocks: str | None = None
    hub: tuple[HubData, ...] = ()
    documents_per_token: float | None = None
    origin: str = ""

    @property
    def note(self) -> str:
        """What readers should know of a unit that is from several places; empty for others."""
        return f"{self.unit} is made of several: {self.origin}." if self.origin else ""


def unit_texts(run_dir: Path, units: Sequence[str], place: Path) -> list[UnitText]:
    """What a study records of the text of units.

    Args:
        run_dir (`Path`): the study's run folder.
        units (`Sequence[str]`): the units.
        place (`Path`): what paths in the export begin with: the run folder as whoever uses the export finds it.
    """
    corpus = find_manifest(RunFolder(run_dir).corpus) or {"units": {}}
    return [_unit_text(unit, corpus, RunFolder(place)) for unit in units]


def _unit_text(unit: str, corpus: Mapping[str, Any], place: RunFolder) -> UnitText:
    entry = corpus["units"].get(unit, {})
    if not entry.get("blocks"):  # of adopted models and imported runs
        return UnitText(unit)
    settings, origin = {**_SETTINGS, **corpus["arguments"]}, corpus.get("groups", {}).get(unit, {})
    sources, fields = origin.get("source", []), origin.get("fields", {})
    blocks = f"{glob.escape(place.unit(unit).as_posix())}/train-*.arrow"
    tokens = entry.get("unique_tokens")
    return UnitText(
        unit,
        blocks,
        _hub_data(_collection_of(settings, sources), sources, settings, fields),
        entry["documents"] / tokens if tokens and "documents" in entry else None,
        _origin(fields, settings["value_map"], sources),
    )


def _collection_of(settings: Mapping[str, Any], sources: Sequence[str]) -> Mapping[str, Any] | None:
    """The settings of the only collection that a unit is from; `None` where there are several."""
    collections = settings.get("collections", ())
    if not collections:
        return settings
    given = next((each for each in collections if [each["name"]] == list(sources)), None)
    return given and {**settings, **{key: value for key, value in given.items() if value is not None}}


def _hub_data(
    collection: Mapping[str, Any] | None,
    sources: Sequence[str],
    settings: Mapping[str, Any],
    fields: Mapping[str, str],
) -> tuple[HubData, ...]:
    """The configs that make up a unit, where it is nothing but whole configs of data sets on the Hub."""
    if collection is None or collection["source"] != "hub" or len(fields) != 1:
        return ()
    ((name, value),) = fields.items()
    place, roots = collection["fields"].get(name, name), collection["roots"]
    is_renamed = any(name in settings[rule] for rule in ("value_regex", "bins"))
    if place != "config" or is_renamed or not all("/" in root for root in roots):  # a folder is recorded without
        return ()
    configs = [original for original, known in settings["value_map"].get(name, {}).items() if known == value]
    configs += [value] if value not in settings["value_map"].get(name, {}) else []
    listed = [config for config in collection["hub_configs"] if not is_pattern(config)]
    if len(configs) > 1 and listed != collection["hub_configs"]:
        return ()  # which of them there are is not recorded
    own = [root for root in roots if root_name(root) in sources] or roots  # of a collection, all
    return tuple(
        HubData(root, str(config), _split(collection), collection["hub_revision"], collection["text_field"])
        for root in own
        for config in configs
        if len(configs) == 1 or config in listed
    )


def _split(collection: Mapping[str, Any]) -> str:
    """The split with the training documents or, where a draw has held some out of every split, all that were read."""
    field = collection["split_field"]
    is_given = field is not None and collection["fields"].get(field, field) == "split"
    return "train" if is_given else "+".join(collection["hub_splits"]) or "all"


def _origin(fields: Mapping[str, str], value_map: Mapping[str, Mapping[str, str]], sources: Sequence[str]) -> str:
    """Where a unit is from, in words; empty if that is one partition of one collection or root."""
    merged = []
    for name, value in fields.items():
        originals = [str(original) for original, known in value_map.get(name, {}).items() if known == value]
        if len(originals) > 1:
            merged.append(f"{name} {', '.join(originals)}")
    several = [f"documents of {', '.join(sources)}"] if len(sources) > 1 else []
    return "; ".join([*merged, *several])
