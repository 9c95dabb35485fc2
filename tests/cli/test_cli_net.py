"""`baubau net`, without a twin: which routers are meant, and what is said of their texts."""

from __future__ import annotations

from pathlib import Path

import pytest

from baubau_ops.cli.app import run

CITY = ["--inventory", str(Path(__file__).parents[2] / "examples/small")]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("rsud", 'There is no router "rsud". Did you mean "ce-rsud"?'),
        ("wollio", 'There is no router "wollio". Did you mean "wolio"?'),
        ("pop-wollio", 'There is no router "pop-wollio". Did you mean "pop-wolio"?'),
        ("isp-1", 'There is no router "isp-1".'),
    ],
)
def test_a_wrong_router_is_answered_with_a_name_that_works(
    given: str, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["net", "render", given, *CITY]) == 2
    assert capsys.readouterr() == ("", f"error: {message}\n")


def test_one_text_is_one_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["net", "render", "wolio", "-o", str(tmp_path / "texts"), *CITY]) == 0
    assert capsys.readouterr().out == f"1 text written to {tmp_path}/texts.\n"
    assert [file.name for file in (tmp_path / "texts").iterdir()] == ["pop-wolio.conf"]


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    for command in (["net", "render"], ["inventory", "schema"]):
        assert run([*command, "-o", str(tmp_path / "file/x"), *CITY]) == 1
        last = capsys.readouterr().err.splitlines()[-1]
        assert last.startswith(f"error: {tmp_path}/file/x cannot be ")
