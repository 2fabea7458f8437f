"""The models that an evaluation scores: those of a study, and proxies of its mixtures."""

from dataclasses import dataclass, field, replace
from pathlib import Path

from ..errors import InputError
from ..manifest import MANIFEST, digest, read_manifest
from ..merging.components import check_components, check_seed
from ..mixtures.enumerate import read_mixtures
from ..mixtures.mixture import Mixture


@dataclass(frozen=True)
class ScoredModel:
    """A model to score.

    Args:
        id (`str`): id within the study, Hub id or folder name.
        kind (`str`): `seed`, `component`, `reference`, `merged`, `ensemble` or `external`.
        digest (`str`): of its weights, or of what they are computed from.
        mixture (`Mixture`, *optional*): what it stands for.
        folder (`Path`, *optional*): where it is saved; none for proxies.
        tokenizer_digest (`str`, *optional*): as its manifest records it.
        components (`dict[str, Path]`): unit → the saved model that a proxy averages; empty for saved models.
        pool_format (`str`): how a merge's components are held: `saved`, `bfloat16` or `delta`.
        seed (`Path`, *optional*): for `delta`, the saved model that they are differences from.
    """

    id: str
    kind: str
    digest: str
    mixture: Mixture | None = None
    folder: Path | None = None
    tokenizer_digest: str | None = None
    components: dict[str, Path] = field(default_factory=dict)
    pool_format: str = "saved"
    seed: Path | None = None

    @property
    def is_merge(self) -> bool:
        """Whether it is a weight average that is made in memory."""
        return self.kind == "merged" and not self.folder

    @property
    def home(self) -> Path:
        """The folder that holds its configuration and tokenizer."""
        return self.folder or next(iter(self.components.values()))

    @property
    def name(self) -> str:
        """What people read: its mixture's name where it has one."""
        return self.mixture.name if self.mixture else self.id

    @property
    def identity(self) -> dict:
        """The fields of its score rows."""
        return {
            "model": self.id,
            "kind": self.kind,
            "mixture": self.mixture and self.mixture.weights,
            "model_digest": self.digest,
        }


def study_models(run_dir: Path, proxy: str, chosen: list[Mixture] | None = None) -> list[ScoredModel]:
    """The seed, components, finished reference models and the mixtures' proxies of a study, in this order.

    Reference models that `enumerate` no longer asks for are left out: they may be of other arguments.

    Args:
        proxy (`str`): `merge`, `ensemble` or `both`.
        chosen (`list[Mixture]`, *optional*): only the proxies of these, after the components that ensembles need.

    Raises:
        `InputError`: if a component that a mixture needs has not been trained, or models differ in architecture, seed
            or tokenizer; names them.
    """
    candidates = [] if chosen else read_mixtures(run_dir)
    mixtures = chosen or [candidate.mixture for candidate in candidates]
    folder = run_dir / "models" / "components"
    units = list(dict.fromkeys(unit for mixture in mixtures for unit in mixture.units))
    missing = [unit for unit in units if not (folder / unit / MANIFEST).is_file()]
    if missing:
        raise InputError(
            f"{folder} holds no component model of {', '.join(missing)}; run `hf-ablate train` first, or name other "
            "units"
        )
    components = {unit: _saved(folder / unit) for unit in units}
    check_components({unit: model.folder for unit, model in components.items()})
    kinds = {"merge": ["merged"], "ensemble": ["ensemble"], "both": ["merged", "ensemble"]}[proxy]
    proxies = [proxy_of(kind, mixture, components) for kind in kinds for mixture in mixtures]
    if chosen:
        return [*(components.values() if proxy != "merge" else ()), *proxies]
    seeds = _finished(run_dir / "models", "seed")
    asked = [candidate.mixture.id for candidate in candidates if candidate.reference]
    references = [model for mixture in asked for model in _finished(run_dir / "models" / "references", mixture)]
    _check_tokenizers([*components.values(), *seeds, *references])
    return [*seeds, *components.values(), *references, *proxies]


def pool_models(run_dir: Path) -> list[ScoredModel]:
    """The finished seed, component and reference models of a study."""
    models = run_dir / "models"
    return [
        *_finished(models, "seed"),
        *_finished(models / "components", "*"),
        *_finished(models / "references", "*"),
    ]


def proxy_of(kind: str, mixture: Mixture, components: dict[str, ScoredModel]) -> ScoredModel:
    """The proxy of a mixture: its digest is that of the components and weights which it is computed from."""
    parts = [[components[unit].digest, weight] for unit, weight in mixture.items]
    return ScoredModel(
        id=f"{kind}:{mixture.id}",
        kind=kind,
        digest=digest([kind, parts]),
        mixture=mixture,
        tokenizer_digest=components[mixture.units[0]].tokenizer_digest,
        components={unit: components[unit].folder for unit in mixture.units},
    )


def hold_components(models: list[ScoredModel], pool_format: str, run_dir: Path) -> list[ScoredModel]:
    """The models, their merges made of components that are held in this format.

    A merge of rounded components is another model than that of the components as saved: its digest differs.

    Raises:
        `InputError`: if components are to be held as differences from a seed that is not there or has other tensors.
    """
    merges = [model for model in models if model.is_merge]
    if pool_format == "saved" or not merges:
        return models
    seed, facts = None, [pool_format]
    if pool_format == "delta":
        seed = run_dir / "models" / "seed"
        if not (seed / MANIFEST).is_file():
            raise InputError(
                f"pool_format delta holds components as differences from the study's seed, and {seed} is not "
                "finished; name the study in `run_dir`, or give `pool_format: bfloat16`"
            )
        check_seed(seed, merges[0].home)
        facts.append(read_manifest(seed)["digest"])

    def held(model: ScoredModel) -> ScoredModel:
        return replace(model, digest=digest([model.digest, *facts]), pool_format=pool_format, seed=seed)

    return [held(model) if model.is_merge else model for model in models]


def _finished(folder: Path, pattern: str) -> list[ScoredModel]:
    return [_saved(path.parent) for path in sorted(folder.glob(f"{pattern}/{MANIFEST}"))]


def _saved(folder: Path) -> ScoredModel:
    manifest = read_manifest(folder)
    mixture = manifest["mixture"] and Mixture.of(manifest["mixture"])
    return ScoredModel(
        manifest["model"], manifest["kind"], manifest["digest"], mixture, folder, manifest["tokenizer_digest"]
    )


def _check_tokenizers(models: list[ScoredModel]) -> None:
    for model in models:
        if model.tokenizer_digest != models[0].tokenizer_digest:
            raise InputError(
                f"{models[0].folder} and {model.folder} have different tokenizers, so their scores are on different "
                "tokens; train both with the corpus's tokenizer"
            )
