"""A model to score, and the pool of components that proxies are computed from."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...manifest import digest
from ...mixtures.mixture import Mixture
from ...mixtures.proxies import ENSEMBLE, Proxy, find_proxy
from ...mixtures.representation import check_represented, represent
from ...run_folder import model_id, split_model_id


SAVED = "saved"  # the pool format in which a merge is exact


@dataclass(frozen=True)
class ScoredModel:
    """A model to score: saved, or a proxy.

    Args:
        id (`str`): id within the study, Hub id or folder name.
        kind (`str`): `seed`, `component`, `reference`, `merged`, `ensemble`, the kind of a macro-merge of trained
            models, or `external`.
        digest (`str`): of its weights, or of what they are computed from.
        mixture (`Mixture`, *optional*): what it stands for.
        folder (`Path`, *optional*): where it is saved; none for proxies.
        tokenizer_digest (`str`, *optional*): as its manifest records it.
        pool (`Pool`, *optional*): what a proxy is computed from; none for saved models.
        coefficients (`Mixture`, *optional*): those of the pool's components in a proxy.
    """

    id: str
    kind: str
    digest: str
    mixture: Mixture | None = None
    folder: Path | None = None
    tokenizer_digest: str | None = None
    pool: "Pool | None" = None
    coefficients: Mixture | None = None

    @property
    def is_merge(self) -> bool:
        """Whether it is a weight average that is made in memory."""
        return self.kind != ENSEMBLE.kind and self.pool is not None

    @property
    def home(self) -> Path:
        """The folder that holds its configuration and tokenizer."""
        return self.folder or self.pool.components[self.coefficients.units[0]].folder

    @property
    def name(self) -> str:
        """What people read: its own name for a component, its mixture's for others that have one."""
        if self.kind == "component":
            return split_model_id(self.id)[1]
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


@dataclass(frozen=True)
class Pool:
    """Component models that can be averaged, and how they are held in memory for merges.

    Args:
        components (`dict[str, ScoredModel]`): name → a saved component model, and in it what it was trained on.
        pool_format (`str`): how a merge's components are held: `saved`, `bfloat16` or `delta`.
        seed (`ScoredModel`, *optional*): for `delta`, the saved model that they are differences from.
    """

    components: dict[str, ScoredModel]
    pool_format: str = SAVED
    seed: ScoredModel | None = None

    @property
    def folders(self) -> dict[str, Path]:
        """Name → the folder of a component."""
        return {name: component.folder for name, component in self.components.items()}

    @property
    def probes(self) -> dict[str, Mixture]:
        """Name → what a component was trained on."""
        return {name: component.mixture for name, component in self.components.items()}

    def proxy(self, proxy: Proxy, mixture: Mixture, extrapolate: bool = False) -> ScoredModel:
        """The proxy of a mixture; its digest is that of the components and coefficients which it is computed from.

        A merge of rounded components is another model than that of the components as saved: its digest differs.

        Args:
            proxy (`Proxy`): which of its proxies.
            mixture (`Mixture`): of units.
            extrapolate (`bool`): for a mixture outside the hull of the probes, take the nearest inside.

        Raises:
            `InputError`: if the mixture names a unit without a component, or is outside the hull of the probes.
        """
        probes = self.probes
        if not extrapolate:
            check_represented([mixture], probes)
        return self.average(proxy.kind, mixture, represent(mixture, probes).coefficients)

    def average(self, kind: str, mixture: Mixture, coefficients: Mixture) -> ScoredModel:
        """An average of components that stands for a mixture.

        Args:
            kind (`str`): of the proxy that it is.
            mixture (`Mixture`): of units.
            coefficients (`Mixture`): of the components, by name.
        """
        value = proxy_digest(kind, coefficients, {name: self.components[name].digest for name in coefficients.units})
        if kind != ENSEMBLE.kind and self.pool_format != SAVED:
            value = digest([value, self.pool_format, *([self.seed.digest] if self.seed else [])])
        return ScoredModel(
            id=model_id(kind, mixture.id),
            kind=kind,
            digest=value,
            mixture=mixture,
            tokenizer_digest=self.components[coefficients.units[0]].tokenizer_digest,
            pool=self,
            coefficients=coefficients,
        )

    def is_component(self, model: ScoredModel) -> bool:
        """Whether a merge computes exactly what a single component computes."""
        return model.is_merge and self.pool_format == SAVED and len(model.coefficients.units) == 1


def proxy_digest(kind: str, coefficients: Mixture, digests: Mapping[str, str]) -> str:
    """What identifies a proxy.

    Args:
        kind (`str`): which of a mixture's proxies.
        coefficients (`Mixture`): of the components that it is computed from.
        digests (`Mapping[str, str]`): name of a component → digest of its weights.
    """
    return digest([kind, [[digests[name], weight] for name, weight in coefficients.items]])


def counts_text(models: Iterable[ScoredModel]) -> str:
    """How many models there are of each kind, in words.

    Example:

    ```python
    >>> counts_text([ScoredModel("seed", "seed", ""), ScoredModel("component:a", "component", "")])
    'the seed, 1 component'

    ```
    """
    parts = []
    for kind, number in Counter(model.kind for model in models).items():
        one, several = f"{kind} model", f"{kind} models"
        if kind == "component":
            one, several = "component", "components"
        elif proxy := find_proxy(kind):
            one, several = f"proxy by {proxy.label}", f"proxies by {proxy.label}"
        is_the_seed = kind == "seed" and number == 1
        parts.append("the seed" if is_the_seed else f"{number} {one if number == 1 else several}")
    return ", ".join(parts)
