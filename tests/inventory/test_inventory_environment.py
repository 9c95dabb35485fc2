"""`environments/<name>.yml`: how real machines are reached, and what is refused of it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from baubau_ops.cli.app import run
from baubau_ops.core.errors import InvalidInventoryError
from baubau_ops.inventory import environment_file
from baubau_ops.inventory.files import yaml
from baubau_ops.inventory.views.schema import schema

FILE = "city/environments/production.yml"
DOCS = Path(__file__).parents[2] / "docs/production.md"


@pytest.fixture
def machine(city: Path, tmp_path: Path) -> Path:
    """A machine that may reach production: the file, an OpenSSH configuration, the secrets."""
    (city / "environments").mkdir()
    (tmp_path / "ssh_config").write_text("Host *\n  User baubau\n")
    secrets = tmp_path / "secrets.yml"
    secrets.write_text("ospf/wolio: kamali-2026\n")
    secrets.chmod(0o600)
    (city / "environments/production.yml").write_text(
        f"ssh_config: ../../ssh_config\nsecrets: {secrets}\ncommand_timeout: 2m\n"
    )
    return tmp_path


def said(city: Path, state: Path) -> str:
    with pytest.raises(InvalidInventoryError) as caught:
        environment_file.environment("production", city, state)
    (problem,) = caught.value.problems
    return f"{problem.place}  {problem.path}{': ' if problem.path else ''}{problem.message}"


def test_production_is_reached_by_its_file(machine: Path, city: Path) -> None:
    found = environment_file.environment("production", city, machine / "state")
    assert found.name == "production"
    assert found.asks
    assert found.ssh_config == machine / "ssh_config"
    assert found.secrets.fill("key ${secret:ospf/wolio}") == "key kamali-2026"
    assert (found.connect_timeout, found.command_timeout) == (10.0, 120.0)
    assert found.platforms == {}
    assert found.vantage is None
    assert found.injector is None


def test_a_platform_may_stand_in_for_another(machine: Path, city: Path) -> None:
    assert environment_file.platforms("staging", city) == {}
    file = city / "environments/production.yml"
    file.write_text(file.read_text() + "platforms: {routeros: frr}\n")
    assert environment_file.environment("production", city, machine / "state").platforms == {
        "routeros": "frr"
    }
    assert environment_file.platforms("production", city) == {"routeros": "frr"}
    file.write_text(file.read_text().replace("{routeros: frr}", "{junos: frr}"))
    with pytest.raises(InvalidInventoryError):
        environment_file.platforms("production", city)


def test_the_manual_s_file_is_valid(tmp_path: Path) -> None:
    (tmp_path / "environments").mkdir()
    text = DOCS.read_text().split("```yaml\n")[1].split("```")[0]
    (tmp_path / "environments/production.yml").write_text(text)
    assert environment_file.check(tmp_path) == 1
    known = schema("environment")["properties"]
    assert set(yaml.parse(text)) <= set(known)
    assert known["secrets"]["description"].endswith("readable by its owner only.")


def rewritten(old: str, new: str) -> Callable[[Path], None]:
    def spoil(machine: Path) -> None:
        path = machine / FILE
        assert old in path.read_text()
        path.write_text(path.read_text().replace(old, new))

    return spoil


def secret_file(text: str) -> Callable[[Path], None]:
    def spoil(machine: Path) -> None:
        (machine / "secrets.yml").write_text(text)

    return spoil


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (
            rewritten("command_timeout", "comand_timeout"),
            '{file}:3:1  comand_timeout: unknown key "comand_timeout". Did you mean "command_timeout"?',
        ),
        (
            rewritten("ssh_config: ../../ssh_config\n", ""),
            "{file}:1:1  ssh_config: missing; it must be given.",
        ),
        (
            rewritten("2m", "0s"),
            "{file}:3:18  command_timeout: 0s is out of range: it must be greater than 0.",
        ),
        (
            rewritten("../../ssh_config", "../../none"),
            "{file}:1:13  ssh_config: {machine}/none cannot be read: No such file or directory.",
        ),
        (
            lambda machine: (machine / "secrets.yml").chmod(0o644),
            "{file}:2:10  secrets: {machine}/secrets.yml is open to others (mode 0644)."
            " Close it: chmod 600 {machine}/secrets.yml",
        ),
        (
            lambda machine: (machine / "secrets.yml").rename(machine / "gone.yml"),
            "{file}:2:10  secrets: {machine}/secrets.yml cannot be read: No such file or directory.",
        ),
        (
            rewritten("/secrets.yml", "/city/city.yml"),
            "{file}:2:10  secrets: {machine}/city/city.yml lies inside the repository."
            " Keep secrets outside of it.",
        ),
        (
            secret_file("ospf/wolio: 20261122\nisp: [hush-hush]\n"),
            "{file}:2:10  secrets: {machine}/secrets.yml: the value of ospf/wolio, isp is not text."
            " Write it in quotes.",
        ),
        (
            secret_file("ospf/wolio: short\n"),
            "{file}:2:10  secrets: {machine}/secrets.yml: The secret ospf/wolio has fewer than 6 characters.",
        ),
        (
            secret_file('ospf/wolio: "hush-hush\n'),
            "{file}:2:10  secrets: {machine}/secrets.yml is not a YAML file of names and values.",
        ),
    ],
)
def test_what_is_wrong_has_its_place(
    spoil: Callable[[Path], None], message: str, machine: Path, city: Path
) -> None:
    spoil(machine)
    found = said(city, machine / "state")
    assert found == message.replace("{file}", FILE).replace("{machine}", str(machine))
    assert "hush" not in found


def test_no_place_in_the_inventory_s_checkout_is_for_secrets(machine: Path, city: Path) -> None:
    (machine / ".git").mkdir()
    assert said(city, machine / "state").endswith(
        "secrets.yml lies inside the repository. Keep secrets outside of it."
    )


def test_the_check_names_a_misspelt_key_too(
    machine: Path, city: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["inventory", "check", "--inventory", str(city)]) == 0
    rewritten("secrets:", "secret:")(machine)
    assert run(["inventory", "check", "--inventory", str(city)]) == 2
    assert f'{FILE}:2:1  secret: unknown key "secret". Did you mean "secrets"?' in capsys.readouterr().err


def test_production_sends_no_probes(machine: Path, city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ["net", "verify", "--probe", "--env", "production", "--inventory", str(city)]
    assert run(arguments) == 2
    assert "production has no machines to send probes from." in capsys.readouterr().err
    assert (machine / FILE).exists()
