"""`baubau net`, without a twin: which routers are meant, and what is said of their texts."""

from __future__ import annotations

import shutil
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


def test_losses_are_tried_on_a_twin_alone_and_only_as_many_as_there_are(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    city = tmp_path / "city"
    shutil.copytree(CITY[1], city)
    (city / "environments").mkdir()
    (tmp_path / "ssh_config").touch()
    (tmp_path / "secrets.yml").touch(mode=0o600)
    (tmp_path / "secrets.yml").write_text("{}\n")
    (city / "environments/production.yml").write_text(
        f"ssh_config: {tmp_path}/ssh_config\nsecrets: {tmp_path}/secrets.yml\n"
    )
    here = ["--inventory", str(city), "--env", "production"]
    assert run(["net", "verify", "--fail", "999", *here]) == 2
    assert capsys.readouterr().err == "error: There are 41 single losses in this city, not 999.\n"
    assert run(["net", "verify", "--fail", "3", *here]) == 2
    assert capsys.readouterr().err == (
        "error: Nothing is broken on purpose in production: that is for a twin alone.\n       Use --env lab:NAME.\n"
    )
