"""The corpus that adopted models belong to: the run folder's own, or one of names that the options give."""

from pathlib import Path

from ..corpus.description import CorpusDescription, TrainingText
from ..corpus.names import check_names
from ..corpus.without_documents import is_without_documents, text_files
from ..errors import InputError
from ..evaluation.text.locations import text_folder
from ..run_folder import RunFolder
from .arguments import AdoptArguments
from .patterns import has_placeholder, match, split_assignment


def corpus_of(arguments: AdoptArguments) -> CorpusDescription:
    """The corpus; of one that is still to be written, the units alone.

    Args:
        arguments ([`AdoptArguments`]): the options.

    Raises:
        `InputError`: if nothing says which units there are, or two places do.
    """
    folder = RunFolder(arguments.run_dir).corpus
    made = CorpusDescription.find(folder)
    is_named = bool(arguments.units or arguments.corpus)
    if made and not is_named:
        return made
    if made and not is_without_documents(folder):
        raise InputError(
            f"{arguments.run_dir} has a corpus of its own, which has the units; leave out `corpus` and `units`"
        )
    units = _named_units(arguments)
    check_names(list(units), also_reserved=True, kind="unit")
    return CorpusDescription({name: TrainingText(0, fields=fields) for name, fields in units.items()}, None, 0, None)


def text_of(arguments: AdoptArguments) -> Path | None:
    """The folder of evaluation sources that the run folder gets; none where `corpus` is not given.

    Raises:
        `InputError`: if it holds none.
    """
    if arguments.corpus is None:
        return None
    if not arguments.corpus.is_dir():
        raise InputError(
            f"`corpus` {arguments.corpus} does not exist (looked for {arguments.corpus.resolve()}); make it first, "
            "with `hf-ablate partition`, or leave it out and name the text to `evaluate` as `data`"
        )
    folder = text_folder(arguments.corpus)
    if not text_files(folder):
        raise InputError(
            f"{arguments.corpus} holds no evaluation text (looked for {folder.resolve()}); expected a run folder, a "
            "corpus, or <source>/<split>/*.jsonl.gz"
        )
    return folder


def _named_units(arguments: AdoptArguments) -> dict[str, dict[str, str]]:
    """The units, each with its fields, in order."""
    patterns = [split_assignment(text, "component")[0] for text in arguments.component]
    names = _listed(arguments.units)
    other = CorpusDescription.find(text_folder(arguments.corpus).parent) if arguments.corpus else None
    if not names and other and other.units:
        return {name: dict(unit.fields) for name, unit in other.units.items()}
    names = names or [pattern for pattern in patterns if not has_placeholder(pattern)]
    if not names:
        raise InputError(
            f"{arguments.run_dir} has no corpus that says which units there are; name them: --units NAME NAME ..., "
            "a file with one a line, or a --corpus that has them"
        )
    if arguments.unit_pattern is None:
        return {name: _first_match(patterns, name) for name in names}
    fields = {name: match(arguments.unit_pattern, name) for name in names}
    for name, values in fields.items():
        if values is None:
            raise InputError(f"unit {name!r} is not of the form {arguments.unit_pattern!r}, which `unit_pattern` says")
    return fields


def _listed(units: list[str]) -> list[str]:
    if len(units) != 1 or not Path(units[0]).is_file():
        return units
    lines = Path(units[0]).read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _first_match(patterns: list[str], name: str) -> dict[str, str]:
    found = (match(pattern, name) for pattern in patterns if has_placeholder(pattern))
    return next((values for values in found if values is not None), {})
