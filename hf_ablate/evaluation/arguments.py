"""The options of `hf-ablate evaluate`."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar, Literal

from ..arguments import ModelStageArguments
from ..errors import InputError
from ..executor_arguments import ExecutorArguments
from ..mixtures.grouping import UNITS
from ..mixtures.mixture import Mixture
from ..mixtures.proxies import ENSEMBLE, NO_PROXY, PROXIES
from ..run_folder import RunFolder
from .scoring.measurement import MeasurementOptions


@dataclass
class EvaluateArguments(ExecutorArguments, ModelStageArguments):
    """What is scored, on which text, and how.

    Without `model`, `mixture` and `weights`, a study is scored: its seed, components, finished reference models, and
    a proxy for every mixture.
    """

    places: ClassVar[tuple[str, ...]] = ("model", "data", "accelerate_config")

    model: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Models to score: folders (of a model, of several models, or a run folder), mergekit YAML files "
            "(linear merges, made in memory), Hub ids. Default: all of the study's."
        },
    )
    mixture: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Score only the proxies of these mixtures of the study: ids, names, patterns of names, or `best`."
        },
    )
    weights: dict | None = field(
        default=None,
        metadata={
            "help": "Score only the proxy of this mixture of the study: unit, pattern or group (field=biology) to "
            "weight."
        },
    )
    data: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Evaluation text: folders <source>/<split>/*.jsonl.gz, single jsonl files, also compressed, run "
            "folders, or data sets on the Hub (ORG/NAME, optionally with @REVISION and :CONFIGURATION). Default: the "
            "study's own."
        },
    )
    split: str = field(default="val", metadata={"help": "The split to score: val or test."})
    output_dir: Path | None = field(
        default=None, metadata={"help": "Where score rows go. Default: `scores` in the run folder."}
    )
    limit: int | None = field(
        default=None, metadata={"help": "Score only this many documents, drawn as in the paper; see `limit_by`."}
    )
    limit_by: Literal["source", "domain"] = field(
        default="source",
        metadata={
            "help": "What `limit` counts: documents of each source, or of each of its domains, which is what the "
            "paper did (1000 of every domain)."
        },
    )
    max_length: int | None = field(
        default=None,
        metadata={
            "help": "Most tokens in a window. Default: the length of the blocks that the model was trained on, where "
            "that is recorded, else what it can read, which is the maximum."
        },
    )
    prefix: Literal["auto", "bos", "eos"] = field(
        default="auto",
        metadata={
            "help": "What the first token of a document is conditioned on. auto: BOS if the tokenizer has one, else "
            "EOS, as in lm-eval's loglikelihood_rolling."
        },
    )
    dtype: Literal["float32", "bfloat16", "float16"] = field(
        default="float32",
        metadata={"help": "Number format of the forward pass; log-probabilities are float32 whatever it is."},
    )
    batch_tokens: int | None = field(
        default=None, metadata={"help": "Most tokens in a forward pass. Default: 2048 on a CPU, 32768 on a GPU."}
    )
    compile: bool | None = field(
        default=None,
        metadata={
            "help": "Score merges by a model that torch.compile has compiled, which takes a minute before the first. "
            "Default: on a GPU, for 32 merges or more."
        },
    )
    proxy: Literal[*(proxy.option for proxy in PROXIES), "both", NO_PROXY] = field(
        default="both",
        metadata={
            "help": "Proxies of the mixtures: averages of the components' weights, of their probabilities, or both. "
            "The second costs no forward pass. none: trained models alone, as in a run folder whose reference models "
            "judge the proxies of another one (rank's `references_from`); it may lack components."
        },
    )
    merge_by: list[str] = field(
        default_factory=lambda: [UNITS],
        metadata={
            "help": "What mixtures are merged by: units (micro), which is always among them, and fields of the corpus "
            "(macro): each group of units with the same value is averaged first, then the groups in equal shares. "
            "trained_FIELD averages models that were each trained on a group instead, where there are such. `rank` "
            "judges all of these proxies on the same mixtures."
        },
    )
    extrapolate: bool = field(
        default=False,
        metadata={
            "help": "Where components were trained on mixtures (train's `probes`): also score mixtures outside their "
            "hull, as the nearest mixture inside. Otherwise they are refused."
        },
    )
    merged_share: float = field(
        default=1.0,
        metadata={
            "help": "The share of a study's mixtures that are merged and scored. The scores of the other merges are "
            "predicted from these: with 0.1 in nearly the order of scoring all, for a tenth of the forward passes. "
            "Mixtures of one unit and those with a reference model are always merged."
        },
    )
    pool_format: Literal["saved", "bfloat16", "delta"] = field(
        default="saved",
        metadata={
            "help": "How components are held for merges: memory-mapped as saved; or in half of float32's memory, "
            "rounded (bfloat16), or as rounded differences from the study's seed (delta), which lose far less. "
            "Each format's proxies are scored separately."
        },
    )
    accelerate_config: str | None = field(
        default=None,
        metadata={
            "help": "Share the models among processes under accelerate launch: cpu, multi_gpu, ..., or a file. "
            "Options that evaluate does not have, such as --num_processes, are then accelerate's."
        },
    )
    num_workers: int | None = field(
        default=None, metadata={"help": "executor ray: how many workers. Default: one per GPU, else per core."}
    )
    per_document: bool = field(
        default=False, metadata={"help": "Also write one row per document, to documents.jsonl."}
    )
    top: int | None = field(
        default=None,
        metadata={
            "help": "Find only the best mixtures by weight averaging, this many: score all on a few windows of text, "
            "drop those that are clearly worse, double the windows for the rest. Results go to `race`, not to "
            "`scores`."
        },
    )
    confidence: float = field(
        default=0.95,
        metadata={"help": "top: the least probability that the winners are those that scoring everything would find."},
    )
    first_windows: int = field(
        default=2,
        metadata={
            "help": "top: on how many short and how many long windows (pieces of a document, of at most max_length "
            "tokens) of each domain every mixture is scored first."
        },
    )
    tasks: list[str] = field(
        default_factory=list,
        metadata={
            "help": "Run these downstream tasks through lm-eval: hellaswag arc_easy ..., or `paper` for the paper's "
            "thirteen. Of a study, after its text, and `rank` makes targets of them; of chosen models, or with an "
            "output_dir, instead of text. Results go to tasks.jsonl. Needs: pip install 'hf_ablate[tasks]'"
        },
    )
    tasks_dir: Path | None = field(default=None, metadata={"help": "A folder with your own lm-eval task files."})
    export: list[Literal["paloma", "lm_eval"]] = field(
        default_factory=list,
        metadata={"help": "Also write the results in these formats, to `export` in the folder of the score rows."},
    )
    output_format: Literal["table", "json", "csv"] = field(
        default="table",
        metadata={
            "help": "How results are printed on stdout. JSON and CSV have rows for domains, sources, all text pooled, "
            "and the mean of domains (`mean`)."
        },
    )

    def __post_init__(self) -> None:
        for name in ("limit", "max_length", "batch_tokens", "num_workers"):
            value = getattr(self, name)
            if value is not None and value < 1:
                raise InputError(f"{name} is {value}; expected at least 1")
        self.check_executor()
        if self.accelerate_config and self.executor == "ray":
            raise InputError(
                f"accelerate_config is {self.accelerate_config!r}, and executor is ray: either shares out the models; "
                "leave one of them out"
            )
        if self.limit_by == "domain" and self.limit is None:
            raise InputError("limit_by says what a limit counts, and there is none; give `limit`, such as 1000")
        if self.weights is not None:
            Mixture.of(self.weights)
        if not 0 < self.merged_share <= 1:
            raise InputError(f"merged_share is {self.merged_share}; expected a share above 0 and up to 1, such as 0.1")
        if UNITS not in self.merge_by:
            raise InputError(
                f"merge_by is {self.merge_by}; expected {UNITS}, whose proxies the others are compared with, and "
                "fields of the corpus"
            )
        if self.proxy == NO_PROXY and self._asks_for_proxies:
            raise InputError(
                "proxy: none scores trained models alone; it cannot be combined with `mixture`, `weights`, `top`, "
                "`merged_share` or fields in `merge_by`"
            )
        self._check_race()
        self._check_tasks()
        is_choice = bool(self.model) or self.of_mixtures
        if is_choice and self.output_dir is None:
            raise InputError("chosen models are scored into a separate folder; give `output_dir`")
        if self.model and not (self.data or self.of_mixtures or self.tasks):
            raise InputError("models outside a study need evaluation text; give `data`")

    @property
    def _asks_for_proxies(self) -> bool:
        is_some = self.of_mixtures or self.top is not None
        return is_some or self.merged_share < 1 or self.merge_by != [UNITS]

    def _check_race(self) -> None:
        if self.top is None:
            return
        if self.top < 1:
            raise InputError(f"top is {self.top}; expected at least 1")
        if self.executor == "ray":
            raise InputError(
                "top works in one process: what it scores next depends on all scores so far; leave executor out"
            )
        if not 0 < self.confidence < 1:
            raise InputError(f"confidence is {self.confidence}; expected a share between 0 and 1, for example 0.95")
        if self.first_windows < 2:
            raise InputError(f"first_windows is {self.first_windows}; expected at least 2, to estimate their spread")
        is_of_others = self.model or self.of_mixtures or self.merged_share < 1 or self.proxy == ENSEMBLE.option
        is_of_others = is_of_others or self.merge_by != [UNITS]
        if is_of_others or self.per_document or self.export:
            raise InputError(
                "top races the weight averages of all of a study's mixtures; it cannot be combined with `model`, "
                "`mixture`, `weights`, `merged_share`, `per_document`, `export`, fields in `merge_by` or `proxy: "
                "ensemble` (ensembles are scored without a forward pass)"
            )

    def _check_tasks(self) -> None:
        if self.tasks_dir is not None and not self.tasks:
            raise InputError("tasks_dir only says where tasks are defined; name those to run in `tasks`")
        if self.tasks and self.top is not None:
            raise InputError("tasks are run on all that is scored, and `top` is a race for the best; leave one out")
        if self.tasks and self.executor == "ray":
            raise InputError("tasks can be shared by accelerate (accelerate_config), not by Ray")
        if not self.tasks or self.scores_study:
            return  # what follows is for text
        if self.data or self.per_document or self.export:
            raise InputError("tasks bring their own data; `data`, `per_document` and `export` are for text")
        if self.limit_by == "domain":
            raise InputError("tasks have no domains; `limit` counts documents of each task, `limit_by` is for text")
        if self.prefix != "auto":
            raise InputError("tasks decide themselves what is conditioned on; `prefix` is for text")

    @property
    def measurement(self) -> MeasurementOptions:
        """How text is to be scored."""
        return MeasurementOptions(**{name: getattr(self, name) for name in vars(MeasurementOptions())})

    @property
    def of_mixtures(self) -> bool:
        """Whether only proxies of chosen mixtures of a study are scored."""
        return bool(self.mixture) or self.weights is not None

    @property
    def scores_study(self) -> bool:
        """Whether all of a study is scored, to where ranking reads it."""
        is_apart = self.top is not None or self.model or self.of_mixtures
        return not is_apart and self.scores_dir == RunFolder(self.run_dir).scores

    @property
    def scores_text(self) -> bool:
        """Whether text is scored: always but where tasks are run apart from a study's scores."""
        return self.scores_study or not self.tasks

    @property
    def work_dir(self) -> Path:
        """The folder that is written to; with `output_dir`, the study is only read."""
        return self.output_dir or self.run_dir

    @property
    def scores_dir(self) -> Path:
        """Where scores are written."""
        folder = RunFolder(self.run_dir)
        return self.output_dir or (folder.scores if self.top is None else folder.race)
