from __future__ import annotations

from baubau_ops.core.suggest import did_you_mean, nearest


def test_the_nearest_word_is_found_whatever_its_case() -> None:
    assert nearest("Wollio", ["murhum", "Wolio", "bungi"]) == "Wolio"
    assert did_you_mean("wollio", ["murhum", "wolio"]) == ' Did you mean "wolio"?'


def test_nothing_is_suggested_when_nothing_is_near() -> None:
    assert nearest("xyz", ["murhum", "wolio"]) is None
    assert did_you_mean("xyz", []) == ""
