"""Throughput, memory and determinism of `hf-ablate partition` on generated text, beside encode_batch of `tokenizers`.

    python -m benchmarks.tokenisation --megabytes 200 --num_proc 2

Both tokenise the same documents with the same tokenizer on the same number of cores. `encode_batch` gets them in
memory, throws the ids away, and runs before and after every command; the commands are timed from start to end: reading
gzipped JSON lines, hashing, removing duplicates, tokenising, writing units. On a shared machine go by processor time.
"""

import argparse
import gzip
import hashlib
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil

from benchmarks.measurement import Measurement


_FILE_BYTES = 8_000_000
_VOCABULARY = 32_000


def generate(folder: Path, megabytes: int) -> int:
    """Write documents of made-up words whose frequencies follow Zipf's law; returns the bytes of text."""
    random = np.random.default_rng(0)
    vowels = ("a", "e", "i", "o", "u", "an", "er", "is", "on")
    syllables = np.array([start + vowel for start in "bcdfghklmnprstvw" for vowel in vowels])
    pieces = syllables[random.integers(0, len(syllables), (60_000, 4))]
    words = np.array(["".join(row[: 1 + number % 4]) for number, row in enumerate(pieces)])
    ends = np.array([" "] * 12 + [", ", ". ", ".\n", "; "])
    folder.mkdir(parents=True)
    total = number = 0
    while total < megabytes * 1_000_000:
        size = 0
        with gzip.open(folder / f"{number:05}.jsonl.gz", "wt", compresslevel=1, encoding="utf-8") as file:
            while size < _FILE_BYTES:
                count = int(random.lognormal(6.3, 0.8)) + 5
                chosen = words[(random.zipf(1.15, count) - 1) % len(words)]
                text = "".join(np.char.add(chosen, ends[random.integers(0, len(ends), count)]))
                row = {"id": f"{number}-{size}", "text": text, "area": ("art", "law", "sea")[size % 3]}
                file.write(json.dumps(row) + "\n")
                size += len(text.encode())
        total += size
        number += 1
    return total


def train(folder: Path, target: Path) -> None:
    """A tokenizer with as many entries as they usually have."""
    from hf_ablate.corpus.tokenizers import train_tokenizer

    train_tokenizer(read_texts(folder, 3), _VOCABULARY).save_pretrained(target)


def read_texts(folder: Path, num_files: int) -> list[str]:
    texts = []
    for path in sorted(folder.glob("*.jsonl.gz"))[:num_files]:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            texts += [json.loads(line)["text"] for line in file]
    return texts


def measure_encode_batch(folder: Path, tokenizer: Path, num_files: int) -> None:
    """Print the seconds, processor seconds and bytes of encode_batch; in a process of its own."""
    from tokenizers import Tokenizer

    loaded = Tokenizer.from_file(str(tokenizer / "tokenizer.json"))
    texts = read_texts(folder, num_files)
    start, start_cpu = time.perf_counter(), time.process_time()
    for first in range(0, len(texts), 1000):
        loaded.encode_batch(texts[first : first + 1000], add_special_tokens=False)
    seconds, cpu = time.perf_counter() - start, time.process_time() - start_cpu
    print(json.dumps({"seconds": seconds, "cpu": cpu, "bytes": sum(len(text.encode()) for text in texts)}))


def encode_batch(folder: Path, tokenizer: Path, num_proc: int, num_files: int) -> dict:
    given = map(str, (folder, tokenizer, num_files))
    command = [sys.executable, "-m", "benchmarks.tokenisation", "--encode_batch", *given]
    environment = os.environ | {"RAYON_NUM_THREADS": str(num_proc), "TOKENIZERS_PARALLELISM": "true"}
    return json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def partition(data: Path, tokenizer: Path, run_dir: Path, num_proc: int) -> dict:
    """Run the command: seconds, processor seconds, peak memory of all its processes, digest of all files."""
    command = [
        sys.executable, "-m", "hf_ablate", "partition", f"--run_dir={run_dir}", "--source=jsonl",
        f"--roots={data}", "--partition_by=area", f"--tokenizer={tokenizer}", f"--num_proc={num_proc}",
        "--block_size=1024",
    ]  # fmt: skip
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    start = time.perf_counter()
    quiet = os.environ | {"TQDM_DISABLE": "1"}
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, env=quiet)
    peak = Peak(process.pid)
    errors = process.communicate()[1]
    seconds = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if process.returncode:
        raise SystemExit(errors.decode())
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"seconds": seconds, "cpu": cpu, "memory": peak.stop(), "digest": digest(run_dir / "corpus")}


class Peak:
    """The most memory that a process and its children held together, what they share counted once."""

    def __init__(self, pid: int) -> None:
        self._process = psutil.Process(pid)
        self._most, self._running = 0, True
        self._thread = threading.Thread(target=self._watch)
        self._thread.start()

    def _watch(self) -> None:
        while self._running:
            try:
                family = [self._process, *self._process.children(recursive=True)]
                self._most = max(self._most, sum(member.memory_full_info().pss for member in family))
            except (psutil.NoSuchProcess, psutil.AccessDenied):
                pass
            time.sleep(0.2)

    def stop(self) -> int:
        self._running = False
        self._thread.join()
        return self._most


def digest(folder: Path) -> str:
    state = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.name != "manifest.json":
            state.update(str(path.relative_to(folder)).encode() + path.read_bytes())
    return state.hexdigest()[:16]


def random_reads(run_dir: Path) -> tuple[float, int]:
    """(microseconds a row, bytes that Arrow allocated) of reading 10,000 rows in random order."""
    import pyarrow

    from hf_ablate.corpus.blocks import load_blocks

    blocks = load_blocks(run_dir / "corpus" / "units" / "art").with_format("numpy")
    order = np.random.default_rng(0).integers(0, len(blocks), 10_000).tolist()
    before, start = pyarrow.total_allocated_bytes(), time.perf_counter()
    for row in order:
        blocks[row]
    return (time.perf_counter() - start) / len(order) * 1e6, pyarrow.total_allocated_bytes() - before


def measure(quick: bool) -> list[Measurement]:
    """Three rounds of one process on 16 MB of text if quick, else 200 MB."""
    ratios = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        data, tokenizer = folder / "data", folder / "tokenizer"
        size = generate(data, 16 if quick else 200)
        train(data, tokenizer)
        for number in range(3):
            run_dir = folder / str(number)
            ours = partition(data, tokenizer, run_dir, num_proc=1)
            theirs = encode_batch(data, tokenizer, 2, num_files=3)
            ratios.append(size / ours["cpu"] / (theirs["bytes"] / theirs["cpu"]))
            shutil.rmtree(run_dir)
    compared = "bytes per processor second of `hf-ablate partition`, start to end / of tokenizers' encode_batch"
    return [Measurement("tokenisation", compared, ratios, more_is_better=True)]


def main() -> None:
    if sys.argv[1:2] == ["--encode_batch"]:
        return measure_encode_batch(Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--megabytes", type=int, default=200, help="of generated text")
    parser.add_argument("--num_proc", type=int, default=2, help="processes, and threads of encode_batch")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        total = generate(folder / "large" / "data", arguments.megabytes)
        small = generate(folder / "small" / "data", arguments.megabytes // 4)
        train(folder / "small" / "data", folder / "tokenizer")
        print(f"{total / 1e6:.0f} MB of text, {arguments.num_proc} processes or threads")
        num_files = len(list((folder / "small" / "data").iterdir()))
        encode = [encode_batch(folder / "large" / "data", folder / "tokenizer", arguments.num_proc, num_files)]
        runs = {}
        commands = (("all", "large", arguments.num_proc), ("quarter", "small", arguments.num_proc))
        for label, data, num_proc in (*commands, ("one process", "large", 1)):
            run_dir = folder / "runs" / label
            runs[label] = partition(folder / data / "data", folder / "tokenizer", run_dir, num_proc)
            runs[label]["bytes"] = total if data == "large" else small
            encode.append(encode_batch(folder / "large" / "data", folder / "tokenizer", arguments.num_proc, num_files))
        show(runs, encode)
        microseconds, allocated = random_reads(folder / "runs" / "all")
        print(f"random access: {microseconds:.0f} µs a block of 1,024 tokens, {allocated} bytes allocated")


def show(runs: dict[str, dict], encode: list[dict]) -> None:
    """Print rates and their ratios; encode_batch by its median."""
    rate = np.median([entry["bytes"] / entry["seconds"] for entry in encode])
    cpu_rate = np.median([entry["bytes"] / entry["cpu"] for entry in encode])
    print(f"{'encode_batch':<14} {rate / 1e6:6.2f} MB/s  {cpu_rate / 1e6:6.2f} MB per processor second")
    for label, entry in runs.items():
        own, own_cpu = entry["bytes"] / entry["seconds"], entry["bytes"] / entry["cpu"]
        print(
            f"{label:<14} {own / 1e6:6.2f} MB/s  {own_cpu / 1e6:6.2f} MB per processor second  "
            f"{own / rate:4.0%} and {own_cpu / cpu_rate:4.0%} of encode_batch, {entry['memory'] / 1e6:,.0f} MB at most"
        )
    same = runs["all"]["digest"] == runs["one process"]["digest"]
    print(f"1 and several processes: {'the same bytes' if same else 'DIFFERENT BYTES'}")


if __name__ == "__main__":
    main()
