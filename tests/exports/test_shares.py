"""Weights are rounded so that they still sum to 1, whatever they are."""

import random
from decimal import Decimal
from fractions import Fraction

from hf_ablate.exports.shares import apportion, plain_decimal, share_texts


def test_shares_sum_to_one_to_the_last_digit_and_are_the_nearest():
    draws = random.Random(0)
    for count in [*range(1, 12), 139]:
        for power in (0, 1, 4):
            amounts = [draws.expovariate(1) ** power + 1e-9 for _ in range(count)]
            texts = share_texts(amounts)
            digits = max(len(text.partition(".")[2]) for text in texts)
            assert sum(map(Decimal, texts)) == 1
            assert digits <= 12 and "e" not in "".join(texts)
            for amount, text in zip(amounts, texts, strict=True):
                exact = Fraction(amount) / sum(map(Fraction, amounts))
                assert abs(Fraction(text) - exact) <= Fraction(1, 10 ** max(digits, 6))


def test_small_shares_keep_their_digits():
    assert share_texts([1e-7, 1 - 1e-7]) == ["0.0000001", "0.9999999"]
    assert share_texts([0.000012345, 0.999987655]) == ["0.0000123", "0.9999877"]


def test_tokens_are_apportioned_to_the_last_one():
    assert apportion([1 / 3, 1 / 3, 1 / 3], 10**13 + 1) == [3333333333334, 3333333333334, 3333333333333]
    assert sum(apportion([0.1] * 10, 10**15 - 1)) == 10**15 - 1


def test_plain_decimals_are_the_number_itself():
    draws = random.Random(1)
    for exponent in range(18):
        weight = draws.random() * 10**-exponent
        assert float(plain_decimal(weight)) == weight and "e" not in plain_decimal(weight)
