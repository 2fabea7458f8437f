"""The paper's full study in numbers, and the rates that its time is worked out from, each with its source."""

from dataclasses import dataclass

from hf_ablate.training.speed import PEAK_TFLOPS


@dataclass(frozen=True)
class Rate:
    """A number that the page works with.

    Args:
        value (`float`): the number.
        what (`str`): that it is of, with its unit.
        source (`str`): where it is from: measured (and where), the recipe, a data sheet, or assumed.
    """

    value: float
    what: str
    source: str


GPUS = (1, 8, 64)
GPUS_OF_MACHINE = 8
VOCABULARY = 50280

# The study.
UNITS = Rate(139, "base units: 128 of S2ORC, 11 of M2D2", "recipes/paper/pool/partition.yaml")
UNIT_TOKENS = Rate(1_048_576_000, "tokens that a component is trained on", "recipes/paper/pool/train.yaml")
SEED_TOKENS = Rate(41_943_040_000, "tokens that a seed is trained on", "recipes/seed-130m, recipes/seed-1.1b")
BLOCK = Rate(2048, "tokens in a block and in a window", "recipes/paper/pool/partition.yaml")
BATCHES = {"130m": 16, "1.1b": 8}  # per_device_train_batch_size of recipes/paper/pool and recipes/paper/scale/1.1b
CHECKPOINTS = Rate(5, "checkpoints of a component while it is trained", "500 steps, save_steps 100: the recipe")
# Size → (reference models, units in each): recipes/paper/pairs at 130m, recipes/paper/scale at 1.1b; `union` budgets.
REFERENCES = {"130m": (40, 2), "1.1b": (10, 3)}
MIXTURES = Rate(1000, "mixtures whose merge is scored", "the question of this page")
DOMAINS = Rate(139, "domains, one held out from each unit", "recipes/paper/pool/evaluate.yaml")
DOMAIN_TOKENS = Rate(500_000, "tokens of evaluation text in a domain", "recipes/paper/published-text: `eval_bytes`")
FEW_TOKENS = Rate(100_000, "the same, as few as PALOMA takes at least", "documented: arXiv 2312.10523")
MANY_TOKENS = Rate(5_000_000, "the same, of 1,000 papers in full", "assumed: 5,000 tokens each; `limit: 1000`")
MERGED_SHARE = Rate(0.1, "share of the merges that is scored, if the others are predicted", "`merged_share`")
UNITS_OF_MIXTURE = Rate(5, "units in a mixture on average", "assumed")

# Machines.
PEAK = Rate(PEAK_TFLOPS["h100"] * 1e12, "FLOP/s of an H100 in dense bf16 products", "data sheet")
MFU = Rate(0.4, "of the peak in training and in scoring", "**assumed**: benchmarks/on_gpu.sh has not been run")
PARALLEL = Rate(0.9, "of the speed of single GPUs when all train one model", "assumed")
GPU_BYTES = Rate(80e9, "bytes of a GPU's memory", "data sheet")
CORES = Rate(16, "processor cores for each GPU", "assumed")
GPU_MEMORY = Rate(0.8 * 3.35e12, "bytes/s that a merge reads from a GPU's memory", "assumed: 80 % of the data sheet's")
HOST_LINK = Rate(50e9, "bytes/s from a machine's memory to one GPU", "assumed: PCIe 5.0 with 16 lanes")
DISK = Rate(2e9, "bytes/s from and to the run folder, each machine", "assumed: a parallel file system")
INTERNET = Rate(100e6, "bytes/s from and to the Hub, each machine", "assumed")

# What the package does.
PARTITION = Rate(4.08e6, "bytes/s of text on one core: partition", "measured: benchmarks/README.md, Tokenisation")
TEXT_BYTES = Rate(4.5, "bytes of text in a token", "assumed: English, 50,000 entries")
GZIP = Rate(3.0, "bytes of text in a byte of .json.gz", "assumed")
SCORING = Rate(
    0.98, "of the bare forward pass's speed in scoring", "measured: benchmarks/README.md, Scoring, bf16, CPU"
)
MERGING = Rate(1.06, "times a stream of the same bytes: a merge", "measured: benchmarks/README.md, Sweeps, CPU")
AVERAGING = Rate(
    350e6, "log-probabilities/s on one core: averaged probabilities", "measured: `ensemble_logprobs`, 5 × 4 M, EPYC"
)
ROW_BYTES = Rate(630, "bytes of a score row", "measured: the quickstart's rows.jsonl")
MODEL_FILES = Rate(7, "files of a finished model", "measured: the quickstart's components")
CHECKPOINT_FILES = Rate(9, "files of a checkpoint", "measured: the Trainer's 8, and a mark that it is complete")
RANK_AND_REPORT = Rate(54, "seconds: rank and report of the simulated study", "measured: benchmarks/README.md")
SIMULATED_MIXTURES = Rate(10_000, "mixtures of the simulated study", "benchmarks/simulate.py")
ARROW_TOKENS = Rate(1 << 28, "tokens in one Arrow file", "hf_ablate/corpus/blocks.py")

# The Hub. A test counts the requests against a Hub on the loopback.
PUSH_REQUESTS = Rate(14, "requests to push a model, but for its bytes", "measured: tests/hub/test_requests.py")
PULL_REQUESTS = Rate(2, "API requests to pull a model", "measured: tests/hub/test_requests.py")
PULL_FILES = Rate(15, "requests for files to pull a model", "measured: tests/hub/test_requests.py")
API_LIMIT = Rate(1000, "API requests in 5 minutes, free account", "documented: huggingface.co/docs/hub/rate-limits")
FILE_LIMIT = Rate(5000, "requests for files in 5 minutes, free account", "documented, as above")

# Memory in training: master weights, gradients and AdamW's two moments, all float32.
BYTES_OF_PARAMETER = Rate(16, "bytes per parameter in training", "float32 weights, gradients, two moments of AdamW")
BYTES_OF_ACTIVATION = Rate(
    34, "bytes per token, layer and unit of width", "documented: arXiv 2205.05198, bf16, no scores"
)
BYTES_OF_LOGIT = Rate(6, "bytes per logit", "assumed: bf16 and float32 at once")

RATES = tuple(value for value in globals().values() if isinstance(value, Rate))
