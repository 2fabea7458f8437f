"""Which data should we train on? Proxies for models trained on any mixture, from one model per part of the corpus."""

__version__ = "0.1.0"
