"""Copied into models' folders: the tokenizer in `tokenizer.json`, unchanged, whatever the architecture.

`AutoTokenizer` finds it there by `auto_map`. Without trust in remote code it takes transformers' own class for any
`tokenizer.json`, which does the same.
"""

from transformers import PreTrainedTokenizerFast


class TokenizerAsSaved(PreTrainedTokenizerFast):
    """The tokenizer that the file describes."""
