"""Arrays come through a page as they were."""

import numpy as np
import pytest

from hf_ablate.explorer import write
from hf_ablate.explorer.arrays import packed, page_text


ARRAYS = [
    np.random.default_rng(0).normal(size=(3, 5)),
    np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324]),
    np.arange(-3, 3, dtype="float32").reshape(1, 2, 3),
    np.array([-(2**31), 2**31 - 1], dtype="int32"),
    np.array([[0, 2**32 - 1]], dtype="uint32"),
    np.array([-(2**15), 2**15 - 1], dtype="int16"),
    np.arange(300, dtype="uint16"),
    np.array([-128, 127], dtype="int8"),
    np.array([0, 255], dtype="uint8"),
    np.empty((0, 4)),
    np.array(2.5),
    np.arange(12.0).reshape(3, 4).T,
]


def test_typed_arrays_hold_what_was_packed(load_scripts):
    study = {"label": "a study", "data": "text", "none": None, "arrays": {"list": [packed(array) for array in ARRAYS]}}
    code = """async (study) => {
        const { label, data, none, arrays } = await unpackArrays(study);
        return [label, data, none, arrays.list.map((each) => [
            each.shape, each.data.constructor.name, Array.from(each.data, String)])];
    }"""
    *others, arrays = load_scripts("page_text.js", "arrays.js").evaluate(code, study)
    assert others == ["a study", "text", None]
    for array, (shape, kind, numbers) in zip(ARRAYS, arrays, strict=True):
        assert shape == list(array.shape) and kind.lower() == f"{array.dtype.name}array"
        np.testing.assert_array_equal(np.array(numbers, dtype=float).reshape(shape), array)


def test_text_comes_through_a_page_without_what_means_something_in_html(load_scripts):
    drawn = np.random.default_rng(0)
    texts = [
        "",
        "a",
        "<b>",
        "grün & 😀",
        *("".join(map(chr, drawn.integers(32, 9999, size))) for size in range(1, 40)),
    ]
    packed_texts = [page_text(text.encode()) for text in texts]
    assert not set("".join(packed_texts)) & set("<>&\"'")
    ask = "(texts) => Promise.all(texts.map(inflatedText))"
    assert load_scripts("page_text.js").evaluate(ask, packed_texts) == texts


def test_types_without_a_typed_array_are_refused():
    with pytest.raises(ValueError, match="no typed array of int64"):
        packed(np.arange(3))


def test_a_page_with_another_library_is_another_page(monkeypatch):
    before = write.explorer_digest()
    assert write.explorer_digest() == before
    monkeypatch.setattr(write, "_LIBRARIES", ("d3.min.js",))
    assert write.explorer_digest() != before
