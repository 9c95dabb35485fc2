from __future__ import annotations

import json
import pickle

import pytest

from baubau_ops.core.errors import InputError
from baubau_ops.core.secrets import MASK, Secret, Secrets


def test_a_secret_does_not_show_itself() -> None:
    secret = Secret("kamali-2026")
    for shown in (str(secret), repr(secret), f"{secret}", f"{[secret]}", f"{secret:>20}"):
        assert "kamali" not in shown
        assert MASK in shown
    assert secret.reveal() == "kamali-2026"
    assert secret == Secret("kamali-2026")
    assert secret != Secret("kamali-2027")
    assert secret != "kamali-2026"


def test_a_secret_is_neither_pickled_nor_written_as_json() -> None:
    with pytest.raises(TypeError, match="a secret is not pickled"):
        pickle.dumps(Secret("kamali-2026"))
    with pytest.raises(TypeError):
        json.dumps(Secret("kamali-2026"))


def test_filled_and_masked_again_is_the_same_text() -> None:
    secrets = Secrets({"ospf": "long-secret", "bgp/ce-dinkes": "long-secret-2"})
    text = "area 0 ${secret:ospf}\nneighbor 1.1.1.1 password ${secret:bgp/ce-dinkes}\n"
    filled = secrets.fill(text)
    assert filled == "area 0 long-secret\nneighbor 1.1.1.1 password long-secret-2\n"
    assert secrets.mask(filled) == text


def test_a_value_is_never_filled_again() -> None:
    secrets = Secrets({"outer": "${secret:inner}", "inner": "the inner one"})
    assert secrets.fill("${secret:outer}") == "${secret:inner}"


def test_no_secrets_leave_a_text_as_it_is() -> None:
    assert Secrets({}).mask("hostname core-1") == "hostname core-1"


def test_equal_values_are_masked_by_the_first_name() -> None:
    secrets = Secrets({"b": "same-value", "a": "same-value"})
    assert secrets.mask("key same-value") == "key ${secret:a}"
    assert dict(secrets) == {"a": Secret("same-value"), "b": Secret("same-value")}


def test_secrets_list_their_names_only() -> None:
    assert repr(Secrets({"ospf": "long-secret"})) == "Secrets(ospf)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("${secret:osfp}", 'There is no secret "osfp". Did you mean "ospf"?'),
        ("${secret:}", 'There is no secret "".'),
        ("x ${secret:ospf\n}", '"${secret:ospf": a placeholder ends with "}".'),
    ],
)
def test_bad_placeholders_are_refused(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Secrets({"ospf": "long-secret"}).fill(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("ospf", "short", "The secret ospf has fewer than 6 characters."),
        ("x", "two\nlines", "The secret x holds a line break, a control character or blanks at an end."),
        ("x", "a blank ", "The secret x holds a line break, a control character or blanks at an end."),
        ("a}b", "long-secret", '"a}b" is not a name for a secret: letters, digits, ".", "_", "/" and "-".'),
    ],
)
def test_values_that_cannot_be_masked_or_sent_are_refused(name: str, value: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        Secrets({name: value})
    assert str(caught.value) == message
