"""The constraints that options describe, resolved against the units of a study, and whether any mixture meets them."""

import json
from pathlib import Path

import numpy as np

from ..corpus.description import CorpusDescription
from ..errors import InputError, unknown_name
from ..manifest import has_manifest
from ..mixtures.enumerate import read_mixtures
from ..mixtures.methods import given
from ..mixtures.mixture import Mixture, check_weight
from ..mixtures.names import find_mixture
from ..mixtures.units import CorpusUnits
from ..run_folder import RunFolder
from .arguments import ProposeArguments
from .conflicts import check_feasible
from .constraints import Bound, Constraints, Prior


def read_constraints(arguments: ProposeArguments, units: tuple[str, ...]) -> Constraints:
    """What the options demand of mixtures of these units.

    Raises:
        `InputError`: for unknown names, numbers out of range, and constraints that no mixture meets.
    """
    corpus = study_units(arguments.run_dir, units, arguments.available_tokens)
    bounds = [
        *_bounds(corpus, arguments.least, "min"),
        *_bounds(corpus, arguments.most, "max"),
        *_epoch_bounds(corpus, arguments),
    ]
    prior = None
    if arguments.prior is not None:
        weights = _prior_mixture(arguments, corpus).weights
        prior = Prior(
            arguments.prior if "{" not in arguments.prior else "the prior",
            np.array([weights.get(unit, 0.0) for unit in units]),
            arguments.max_distance,
            arguments.max_kl,
        )
    constraints = Constraints(units, tuple(bounds), arguments.max_units, prior)
    check_feasible(constraints)
    return constraints


def study_units(run_dir: Path, units: tuple[str, ...], available_tokens: dict | None = None) -> CorpusUnits:
    """The units of a study with what its corpus records of them; of imported runs, the names alone.

    Args:
        run_dir (`Path`): the run folder.
        units (`tuple[str, ...]`): in the order that is wanted.
        available_tokens (`dict`, *optional*): unit → its tokens, where they are not those that the corpus records.

    Raises:
        `InputError`: for tokens of an unknown unit, and for numbers that are not positive.
    """
    corpus = CorpusUnits(list(units))
    if has_manifest(RunFolder(run_dir).corpus):
        corpus = CorpusUnits.of(CorpusDescription.read(run_dir)).only(list(units))
    for unit, tokens in (available_tokens or {}).items():
        if unit not in units:
            raise unknown_name("unit", unit, list(units))
        check_weight(f"available_tokens of {unit!r}", tokens)
    return CorpusUnits(corpus.names, corpus.groups, corpus.tokens | (available_tokens or {}))


def available_tokens(corpus: CorpusUnits) -> np.ndarray:
    """The tokens of every unit.

    Returns:
        `np.ndarray`: [units], float64.

    Raises:
        `InputError`: where they are not known.
    """
    missing = [unit for unit in corpus.names if not corpus.tokens.get(unit)]
    if missing:
        raise InputError(
            f"the available tokens of {', '.join(missing)} are not known; give "
            f"--available_tokens '{{\"{missing[0]}\": 1000000, …}}' with every unit's"
        )
    return np.array([corpus.tokens[unit] for unit in corpus.names], dtype=float)


def _bounds(corpus: CorpusUnits, given: dict[str, float], option: str) -> list[Bound]:
    """The bounds of `--min` or `--max`: one for each name, on the sum of the units that it means."""
    bounds = []
    for name, value in given.items():
        check_weight(f"{option} of {name!r}", value)
        if value > 1:
            raise InputError(f"{option} of {name!r} is {value}; expected a share between 0 and 1")
        members = np.isin(corpus.names, corpus.named(name))
        limit = {"low": value} if option == "min" else {"high": value}
        bounds.append(Bound(f"{option} of {name!r}", members, **limit))
    return bounds


def _epoch_bounds(corpus: CorpusUnits, arguments: ProposeArguments) -> list[Bound]:
    """The largest weight of every unit by which the final training repeats none of them too often."""
    if arguments.max_epochs is None:
        return []
    most = arguments.max_epochs * available_tokens(corpus)
    if most.sum() < arguments.total_tokens:
        raise InputError(
            f"max_epochs is {arguments.max_epochs:g}, which allows {most.sum():,.0f} tokens of all units together, "
            f"less than total_tokens, which is {arguments.total_tokens:,}; allow more epochs or plan for fewer tokens"
        )
    shares = np.minimum(most / arguments.total_tokens, 1.0)
    return [
        Bound("max_epochs", row, high=float(share)) for row, share in zip(np.eye(len(most)) > 0, shares, strict=True)
    ]


def _prior_mixture(arguments: ProposeArguments, corpus: CorpusUnits) -> Mixture:
    """The mixture that `--prior` names."""
    text = arguments.prior
    if text == "uniform":
        return Mixture.uniform(corpus.names)
    if text == "available_tokens":
        return Mixture.of(dict(zip(corpus.names, available_tokens(corpus).tolist(), strict=True)))
    if text.lstrip().startswith("{"):
        try:
            return given(corpus, json.loads(text))
        except json.JSONDecodeError as error:
            raise InputError(f"the prior {text!r} is not a mapping in JSON; expected '{{\"unit\": 1, …}}'") from error
    known = []
    if has_manifest(RunFolder(arguments.run_dir).mixtures):
        known = [candidate.mixture for candidate in read_mixtures(arguments.run_dir)]
    mixture = find_mixture(text, known)
    if mixture is None:
        raise InputError(
            f"prior is {text!r}; expected `uniform`, `available_tokens`, weights as JSON, or the id or name of one of "
            f"the study's {len(known)} mixtures"
        )
    return mixture
