"""The least that training takes: a loop of forward pass, backward pass, clipping, fused AdamW and schedule."""

import time
from collections.abc import Iterator

import torch
from transformers import PreTrainedModel, Trainer, get_scheduler

from hf_ablate.evaluation.scoring.fast_cpu import keep_freed_memory
from hf_ablate.training.data import OrderedBlocks, collate
from hf_ablate.training.trainer_arguments import PoolTrainingArguments


def train_bare(model: PreTrainedModel, blocks: OrderedBlocks, args: PoolTrainingArguments) -> list[float]:
    """Train a model in place as the Trainer does with these arguments, and do nothing else.

    Returns:
        `list[float]`: the loss of every step.
    """
    if args.device.type == "cpu":
        keep_freed_memory()  # as `hf-ablate train` does; it lasts as long as the process
    model.to(args.device).train()
    model.config.use_cache = False
    optimizer = _optimizer(model, args)
    steps = len(blocks) // args.train_batch_size
    schedule = get_scheduler(
        args.lr_scheduler_type,
        optimizer,
        num_warmup_steps=args.get_warmup_steps(steps),
        num_training_steps=steps,
        scheduler_specific_kwargs=args.lr_scheduler_kwargs,
    )
    losses = []
    for batch in _batches(blocks, args.train_batch_size):
        batch = {name: tensor.to(args.device, non_blocking=True) for name, tensor in batch.items()}
        with torch.autocast(args.device.type, torch.bfloat16, enabled=args.bf16):
            loss = model(**batch).loss
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), args.max_grad_norm)
        optimizer.step()
        schedule.step()
        optimizer.zero_grad(set_to_none=True)
        losses.append(loss.detach())
    return torch.stack(losses).tolist()


def _optimizer(model: PreTrainedModel, args: PoolTrainingArguments) -> torch.optim.Optimizer:
    """AdamW with the weight decay that the Trainer gives to each parameter."""
    decayed = set(Trainer.get_decay_parameter_names(None, model))
    groups = [
        {
            "params": [weight for name, weight in model.named_parameters() if (name in decayed) == decays],
            "weight_decay": args.weight_decay if decays else 0.0,
        }
        for decays in (True, False)
    ]
    betas = (args.adam_beta1, args.adam_beta2)
    return torch.optim.AdamW(groups, lr=args.learning_rate, betas=betas, eps=args.adam_epsilon, fused=True)


def _batches(blocks: OrderedBlocks, size: int) -> Iterator[dict[str, torch.Tensor]]:
    for start in range(0, len(blocks), size):
        yield collate(blocks.__getitems__(list(range(start, start + size))))


def seconds(device: str) -> float:
    """Processor time on a CPU, wall-clock time on a GPU, which has finished what it was told to do."""
    if device == "cpu":
        return time.process_time()
    torch.cuda.synchronize()
    return time.perf_counter()
