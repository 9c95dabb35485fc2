from __future__ import annotations

import pytest

from baubau_ops.core import errors


def test_an_error_carries_message_remedy_and_exit_code() -> None:
    error = errors.MissingError("nft is not here.", remedy="apt-get install nftables")
    assert (str(error), error.remedy, error.exit_code) == ("nft is not here.", "apt-get install nftables", 2)


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (errors.BaubauError, 1),
        (errors.FailedError, 1),
        (errors.InputError, 2),
        (errors.MissingError, 2),
        (errors.InvalidInventoryError, 2),
        (errors.UnreachableError, 5),
    ],
)
def test_exit_codes(kind: type[errors.BaubauError], code: int) -> None:
    assert kind.exit_code == code


@pytest.mark.parametrize(
    ("count", "files", "message"),
    [(1, 1, "1 error in 1 file."), (3, 94, "3 errors in 94 files.")],
)
def test_an_invalid_inventory_counts_its_problems(count: int, files: int, message: str) -> None:
    problem = errors.Problem("inventory/city.yml:4:2", "link.pop", 'there is no POP "wollio"')
    error = errors.InvalidInventoryError((problem,) * count, files)
    assert str(error) == message
    assert error.problems == (problem,) * count
