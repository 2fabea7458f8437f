"""Which data should we train on? Proxies for models trained on any mixture, from one model per part of the corpus."""

from .modeling.registration import register as _register


__version__ = "0.1.0"
_register()
