"""Every test runs offline, with caches of its own."""

import os
import tempfile


# Before any import of the Hugging Face libraries: they read these when imported.
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_HOME"] = tempfile.mkdtemp(prefix="hf-ablate-tests-")
os.environ["TQDM_DISABLE"] = "1"
os.environ["COLUMNS"] = "100"  # tables are as wide as the terminal, and tests may have one
os.environ.setdefault("OMP_NUM_THREADS", "1")
