"""What training needs besides the plan, made and checked in the process that trains, and one model made with it."""

import logging
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass

from ..loading_bars import no_loading_bars
from ..model_config import context_of, vocabulary_size
from ..progress import Progress
from .adapter import Adapter, no_warnings_of_peft
from .arguments import TrainArguments
from .checkpoints import remove_checkpoints
from .devices import check_device, check_whole_optimizer, no_warnings_about_deepspeed, unsharded_construction
from .fit import Instruments
from .held_out import HeldOutSelection, HeldOutText, read_held_out
from .identity import PoolInputs
from .lease import held_lease
from .model import train_model
from .pool import PlannedModel
from .seed import check_architecture, check_fits, check_tokenizer, check_tokenizer_saves, seed_config
from .trackers import check_trackers
from .trainer import check_optimizer
from .trainer_arguments import PoolTrainingArguments, trainer_arguments, with_overrides


logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Trainings:
    """How the models of a pool are trained by this process.

    Args:
        inputs ([`PoolInputs`]): what they are made from.
        args_of (`Mapping[str, PoolTrainingArguments]`): of each kind of model.
        adapter (`Adapter | None`): if components and references are trained as adapters.
        held_out (`HeldOutText | None`): what they are evaluated on during training.
        peak_flops (`float | None`): of one device.
        keep_checkpoints (`bool`): whether a finished model keeps its checkpoints.
    """

    inputs: PoolInputs
    args_of: Mapping[str, PoolTrainingArguments]
    adapter: Adapter | None
    held_out: HeldOutText | None
    peak_flops: float | None
    keep_checkpoints: bool

    def train(self, model: PlannedModel, progress: Progress) -> bool:
        """Train a model and finish its folder; does nothing when it is made already.

        Args:
            model ([`PlannedModel`]): the model.
            progress ([`Progress`]): counts its tokens.

        Returns:
            `bool`: whether there was something to do.
        """
        args, folder = self.args_of[model.kind], self.inputs.run.model(model.id)
        adapter = None if model.kind == "seed" else self.adapter
        is_main_process = args.distributed_state.is_main_process
        with held_lease(folder, model.id) if is_main_process else nullcontext() as lease:
            instruments = Instruments(progress, self.held_out, self.peak_flops, lease)
            was_trained = train_model(model, self.inputs, args, adapter, instruments)
            if was_trained and is_main_process and not self.keep_checkpoints:
                remove_checkpoints(folder)
        return was_trained


def prepare(arguments: TrainArguments, inputs: PoolInputs, kinds: Collection[str]) -> Trainings:
    """Prepare the training of models of some kinds by this process.

    Args:
        arguments ([`TrainArguments`]): of the command.
        inputs ([`PoolInputs`]): what the models are made from.
        kinds (`Collection[str]`): `seed`, `component`, `reference`.

    Raises:
        `InputError`: for what does not suit the device or the processes, and for text that is not there.
    """
    args = trainer_arguments(arguments.trainer_options, arguments.study_options, arguments.decay_all)
    check_device(args)
    if inputs.load_optimizer_state:
        check_whole_optimizer()
    held_out = None
    if arguments.evaluates:
        text = HeldOutSelection(arguments.eval_data or [inputs.run.corpus], arguments.eval_split, arguments.eval_limit)
        held_out = read_held_out(text, inputs.run.tokenizer, inputs.corpus)
    return Trainings(
        inputs,
        {kind: with_overrides(args, arguments.overrides(kind)) for kind in kinds},
        arguments.adapter,
        held_out,
        arguments.throughput.peak_flops,
        arguments.keep_checkpoints,
    )


def check(trainings: Trainings) -> None:
    """Check everything that can be known before the first model is trained, and report what is unexpected.

    Raises:
        `InputError`: for what does not fit the corpus, and for what the libraries refuse.
    """
    inputs, corpus = trainings.inputs, trainings.inputs.corpus
    args = next(iter(trainings.args_of.values()))
    config = seed_config(inputs.seed, corpus, inputs.run.tokenizer)
    check_fits(corpus, context_of(config), vocabulary_size(config))
    check_trackers(args.report_to)
    if inputs.seed.model:
        check_tokenizer(inputs.seed.model, corpus)
    check_tokenizer_saves(config, inputs.run.tokenizer)
    with unsharded_construction(args.deepspeed_plugin):
        check_architecture(config, inputs.seed, trainings.adapter and trainings.adapter.config())
    for args_of_kind in trainings.args_of.values():
        check_optimizer(args_of_kind)


@contextmanager
def quietly() -> Iterator[None]:
    """Without other libraries' bars and warnings."""
    with no_loading_bars(), no_warnings_about_deepspeed(), no_warnings_of_peft():
        yield
