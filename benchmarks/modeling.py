"""Time per token of the seeds' architecture and of transformers' Llama with as many parameters, float32 on the CPU.

    python -m benchmarks.modeling --size 130m --length 512 --rounds 9

The two take turns in one process, so that other load on the machine affects both; the ratio is the median of the
rounds' ratios of processor time. Widths of Llama's feed-forward layer: 5/3 of d_model, which makes the number of
parameters the same (Llama has an attention output projection and no biases).
"""

import argparse
import statistics
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from benchmarks.measurement import Measurement
from hf_ablate.modeling import HfOlmoConfig, HfOlmoForCausalLM
from hf_ablate.modeling.sizes import SIZES


def make_pair(size: str, layers: int | None) -> tuple[HfOlmoForCausalLM, LlamaForCausalLM]:
    """The two models, of one width, depth, number of heads and vocabulary."""
    seed = HfOlmoConfig(**SIZES[size])
    seed.n_layers = layers or seed.n_layers
    llama = LlamaConfig(
        hidden_size=seed.d_model,
        num_hidden_layers=seed.n_layers,
        num_attention_heads=seed.n_heads,
        intermediate_size=round(5 * seed.d_model / 3),
        vocab_size=seed.embedding_size,
        max_position_embeddings=seed.max_sequence_length,
        tie_word_embeddings=True,
    )
    return HfOlmoForCausalLM(seed), LlamaForCausalLM(llama)


def forward(model: torch.nn.Module, input_ids: torch.Tensor) -> None:
    with torch.no_grad():
        model(input_ids=input_ids, use_cache=False)


def forward_backward(model: torch.nn.Module, input_ids: torch.Tensor) -> None:
    model(input_ids=input_ids, labels=input_ids, use_cache=False).loss.backward()
    model.zero_grad(set_to_none=True)


def processor_time(work, *arguments) -> float:
    start = time.process_time()
    work(*arguments)
    return time.process_time() - start


def run_rounds(
    pair: tuple[torch.nn.Module, torch.nn.Module], work, length: int, rounds: int
) -> list[tuple[float, float]]:
    """Processor seconds of the seed and of Llama, in every round."""
    input_ids = torch.randint(0, pair[0].config.vocab_size, (1, length))
    times = []
    for number in range(rounds + 1):  # the first one warms up
        # The order alternates: a second run finds the caches full of the first one's numbers.
        one = {model: processor_time(work, model, input_ids) for model in (pair if number % 2 else pair[::-1])}
        times.append((one[pair[0]], one[pair[1]]))
    return times[1:]


def measure(quick: bool) -> list[Measurement]:
    """Four blocks of the 130m size and 128 tokens if quick, else all of them and 256."""
    torch.manual_seed(0)
    pair, length = make_pair("130m", 4 if quick else None), 128 if quick else 256
    return [
        Measurement(
            f"modeling, {name}",
            f"time per token of the seeds' architecture / Llama's, {name}",
            [seed / llama for seed, llama in run_rounds(pair, work, length, 7)],
            more_is_better=False,
        )
        for name, work in (("forward", forward), ("forward and backward", forward_backward))
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", choices=sorted(SIZES), default="130m")
    parser.add_argument("--layers", type=int, help="fewer blocks than the size has")
    parser.add_argument("--length", type=int, default=512, help="tokens in a row")
    parser.add_argument("--rounds", type=int, default=9)
    arguments = parser.parse_args()
    torch.manual_seed(0)
    seed, llama = make_pair(arguments.size, arguments.layers)
    print(f"parameters: seed {seed.num_parameters() / 1e6:.1f} M, Llama {llama.num_parameters() / 1e6:.1f} M")
    for work in (forward, forward_backward):
        times = run_rounds((seed, llama), work, arguments.length, arguments.rounds)
        ours, theirs = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(a / b for a, b in times)
        per_token = 1e6 / arguments.length
        print(
            f"{work.__name__:17s} seed {ours * per_token:8.1f} us/token   Llama {theirs * per_token:8.1f} us/token   "
            f"ratio {ratio:.3f}"
        )


if __name__ == "__main__":
    main()
