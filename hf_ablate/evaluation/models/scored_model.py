"""A model to score, and the pool of components that proxies are computed from."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from ...manifest import digest
from ...mixtures.mixture import Mixture
from ...mixtures.proxies import MERGE, PROXIES, Proxy
from ...run_folder import model_id


SAVED = "saved"  # the pool format in which a merge is exact


@dataclass(frozen=True)
class ScoredModel:
    """A model to score: saved, or a proxy.

    Args:
        id (`str`): id within the study, Hub id or folder name.
        kind (`str`): `seed`, `component`, `reference`, `merged`, `ensemble` or `external`.
        digest (`str`): of its weights, or of what they are computed from.
        mixture (`Mixture`, *optional*): what it stands for.
        folder (`Path`, *optional*): where it is saved; none for proxies.
        tokenizer_digest (`str`, *optional*): as its manifest records it.
        pool (`Pool`, *optional*): what a proxy is computed from; none for saved models.
    """

    id: str
    kind: str
    digest: str
    mixture: Mixture | None = None
    folder: Path | None = None
    tokenizer_digest: str | None = None
    pool: "Pool | None" = None

    @property
    def is_merge(self) -> bool:
        """Whether it is a weight average that is made in memory."""
        return self.kind == MERGE.kind and self.pool is not None

    @property
    def home(self) -> Path:
        """The folder that holds its configuration and tokenizer."""
        return self.folder or self.pool.components[self.mixture.units[0]].folder

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


@dataclass(frozen=True)
class Pool:
    """Component models that can be averaged, and how they are held in memory for merges.

    Args:
        components (`dict[str, ScoredModel]`): unit → its saved component model.
        pool_format (`str`): how a merge's components are held: `saved`, `bfloat16` or `delta`.
        seed (`ScoredModel`, *optional*): for `delta`, the saved model that they are differences from.
    """

    components: dict[str, ScoredModel]
    pool_format: str = SAVED
    seed: ScoredModel | None = None

    @property
    def folders(self) -> dict[str, Path]:
        """Unit → the folder of its component."""
        return {unit: component.folder for unit, component in self.components.items()}

    def proxy(self, proxy: Proxy, mixture: Mixture) -> ScoredModel:
        """The proxy of a mixture; its digest is that of the components and weights which it is computed from.

        A merge of rounded components is another model than that of the components as saved: its digest differs.

        Raises:
            `InputError`: if the mixture names a unit without a component.
        """
        mixture.check_units(list(self.components))
        value = proxy_digest(proxy, mixture, {unit: self.components[unit].digest for unit in mixture.units})
        if proxy is MERGE and self.pool_format != SAVED:
            value = digest([value, self.pool_format, *([self.seed.digest] if self.seed else [])])
        return ScoredModel(
            id=model_id(proxy.kind, mixture.id),
            kind=proxy.kind,
            digest=value,
            mixture=mixture,
            tokenizer_digest=self.components[mixture.units[0]].tokenizer_digest,
            pool=self,
        )

    def is_component(self, model: ScoredModel) -> bool:
        """Whether a merge computes exactly what the component of its single unit computes."""
        return model.is_merge and self.pool_format == SAVED and len(model.mixture.units) == 1


def proxy_digest(proxy: Proxy, mixture: Mixture, digests: Mapping[str, str]) -> str:
    """What identifies the proxy of a mixture.

    Args:
        proxy (`Proxy`): which of its proxies.
        mixture (`Mixture`): units and weights.
        digests (`Mapping[str, str]`): unit → digest of its component's weights.
    """
    return digest([proxy.kind, [[digests[unit], weight] for unit, weight in mixture.items]])


def counts_text(models: Iterable[ScoredModel]) -> str:
    """How many models there are of each kind, in words.

    Example:

    ```python
    >>> counts_text([ScoredModel("seed", "seed", ""), ScoredModel("component:a", "component", "")])
    'the seed, 1 component'

    ```
    """
    words = {"component": ("component", "components")}
    words |= {proxy.kind: (f"proxy by {proxy.label}", f"proxies by {proxy.label}") for proxy in PROXIES}
    parts = []
    for kind, number in Counter(model.kind for model in models).items():
        one, several = words.get(kind, (f"{kind} model", f"{kind} models"))
        is_the_seed = kind == "seed" and number == 1
        parts.append("the seed" if is_the_seed else f"{number} {one if number == 1 else several}")
    return ", ".join(parts)
