"""One apply in a process of its own: `peer_run.py ours TWIN MARK`, or `peer_run.py netmiko SSH_CONFIG FOLDER`."""

from __future__ import annotations

import io
import sys
from pathlib import Path


def ours(twin: str, mark: str) -> None:
    """The intended texts of a twin's city with a mark in each."""
    from bench_city import unasked, with_mark

    from baubau_ops.core.plan import Status
    from baubau_ops.inventory.load import load
    from baubau_ops.lab.environment import environment, inventory_of
    from baubau_ops.network.change import apply as applying
    from baubau_ops.network.render import configurations

    folder = inventory_of(twin)
    assert folder is not None
    city = load(folder)
    texts = with_mark(configurations.render(city), mark)
    applying.configurations.render = lambda *_: texts
    report = applying.Application(city, environment(twin)).run(unasked)
    assert {outcome.status for outcome in report.outcomes} == {Status.changed}, report.outcomes


def netmiko(ssh_config: str, folder: str) -> None:
    """Every `<router>.conf` in the folder, with Netmiko's settings as they are but for the echo of commands.

    Of the OpenSSH configuration Netmiko does not understand all: keys and ProxyCommand are read for it.
    """
    import paramiko
    from netmiko import ConnectHandler
    from nornir.core import Nornir
    from nornir.core.inventory import Defaults, Groups, Host, Hosts, Inventory
    from nornir.core.task import Result, Task
    from nornir.plugins.runners import ThreadedRunner
    from peers import FORKS, RELOAD

    settings = paramiko.SSHConfig.from_path(ssh_config)
    there = "/tmp/netmiko"

    def change(task: Task) -> Result:
        router = task.host.name
        its = settings.lookup(router)
        with ConnectHandler(
            device_type="linux",
            host=router,  # known_hosts has it by this name
            username=its["user"],
            use_keys=True,
            key_file=its["identityfile"][0].strip('"'),
            ssh_strict=True,
            alt_host_keys=True,
            alt_key_file=its["userknownhostsfile"].strip('"'),
            sock=paramiko.ProxyCommand(its["proxycommand"]),
        ) as connection:
            with connection.remote_conn_pre.open_sftp() as files:
                files.putfo(io.BytesIO(Path(folder, f"{router}.conf").read_bytes()), f"{there}/frr.conf")
            said = connection.send_command(
                f"sudo {RELOAD.format(there)} >{there}/log 2>&1; echo ended with $?",
                expect_string=r"ended with \d+",
                cmd_verify=False,
                read_timeout=120,
            )
        return Result(host=task.host, result=said)

    hosts = {path.stem: Host(name=path.stem) for path in Path(folder).glob("*.conf")}
    nornir = Nornir(Inventory(Hosts(hosts), Groups(), Defaults()), runner=ThreadedRunner(num_workers=FORKS))
    results = nornir.run(task=change)
    results.raise_on_error()
    for router, result in results.items():
        assert "ended with 0" in result[0].result, f"{router}: {result[0].result}"


if __name__ == "__main__":
    {"ours": ours, "netmiko": netmiko}[sys.argv[1]](*sys.argv[2:])
