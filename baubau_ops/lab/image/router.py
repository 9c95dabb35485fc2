"""The image that every router of the twin boots: Debian with FRR and SSH, without anything city-specific."""

from __future__ import annotations

from baubau_ops.lab.image.image import HOST_KEY, LOGIN, Debian, Image

SUITE = "bookworm"
"""Debian 12: FRR 8.4.4, as on the city's routers."""

PACKAGES = (
    "conntrack",
    "conntrackd",
    "frr",
    "frr-pythontools",
    "iproute2",
    "iputils-ping",
    "netbase",
    "nftables",
    "openssh-server",
    "procps",
    "sudo",
    "systemd",
    "systemd-sysv",
    "tcc",  # removed again
)

MASKED = (
    # A container has no login console and no hardware; the rest is maintenance that 100 nodes would all run at
    # the same moment.
    "apt-daily-upgrade.timer",
    "apt-daily.timer",
    "console-getty.service",
    # This is the package's unit; a router's own configuration starts ours.
    "conntrackd.service",
    "dev-hugepages.mount",
    "dev-mqueue.mount",
    "dpkg-db-backup.timer",
    "e2scrub_all.timer",
    "e2scrub_reap.service",
    "fstrim.timer",
    "getty-static.service",
    "getty.target",
    "logrotate.timer",
    "modprobe@.service",
    "systemd-ask-password-console.path",
    "systemd-ask-password-wall.path",
    "systemd-firstboot.service",
    "systemd-initctl.socket",
    "systemd-journal-flush.service",
    "systemd-logind.service",
    "systemd-machine-id-commit.service",
    "systemd-modules-load.service",
    "systemd-pstore.service",
    "systemd-remount-fs.service",
    "systemd-sysusers.service",
    "systemd-tmpfiles-clean.timer",
    "systemd-update-utmp-runlevel.service",
    "systemd-update-utmp.service",
    "systemd-user-sessions.service",
)

FILES = {
    "/etc/ssh/sshd_config.d/baubau.conf": (
        f"HostKey {HOST_KEY}\n"
        "PasswordAuthentication no\n"
        "KbdInteractiveAuthentication no\n"
        "PermitRootLogin no\n"
        "UseDNS no\n"
        "UsePAM no\n"
        "X11Forwarding no\n"
        "PrintMotd no\n"
        # The cheapest of the secure algorithms: many simultaneous logins share two cores.
        "KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org\n"
        "Ciphers aes128-gcm@openssh.com,aes256-gcm@openssh.com,chacha20-poly1305@openssh.com\n"
        "MaxStartups 100\n"
    ),
    "/etc/systemd/journald.conf.d/baubau.conf": "[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\nAudit=no\n",
    "/etc/tmpfiles.d/baubau.conf": "d /run/sshd 0755 root root -\n",
    "/etc/hosts": "127.0.0.1 localhost\n",
    # Debian's example would load its own table.
    "/etc/nftables.conf": "#!/usr/sbin/nft -f\nflush ruleset\n",
}

DAEMONS = ("bgpd", "ospfd", "bfdd")

AT_ONCE = "/usr/local/sbin/at-once"
"""Starts a program that gets the processor without waiting for others.

A real router has its own processor; here dozens share one with everything else, and FRR's niceness has no effect
between sessions where the kernel groups them (sched_autogroup). At a load of 40, BFD of 3 × 30 ms went down 56 times
a minute, and not once when bfdd was started this way.
"""

LIBRARY = "/usr/local/lib/patient-poll.so"
PATIENT_POLL = """\
struct timespec { long tv_sec, tv_nsec; };
long syscall(long number, ...);

int ppoll(void *fds, unsigned long count, const struct timespec *wait, const void *mask)
{
    static int in_vain;
    struct timespec left;
    int at_once = 0, ready;

    if (wait) {
        left = *wait;
        at_once = !left.tv_sec && !left.tv_nsec;
        if (at_once && in_vain)
            left.tv_nsec = 300000;
    }
#ifdef __aarch64__
    ready = syscall(73L, fds, count, wait ? &left : 0, mask, 8L);
#else
    ready = syscall(271L, fds, count, wait ? &left : 0, mask, 8L);
#endif
    in_vain = at_once && !ready;
    return ready;
}
"""
"""Library that is preloaded into bfdd: it sleeps for the last fraction of a millisecond, where FRR 8.4 busy-waits.

FRR waits in whole milliseconds, rounded down (lib/thread.c: fd_poll), and spins until the rest has passed: each
packet sent costs half a millisecond of the processor. A real router can spare it; dozens on one machine cannot.
"""

SETUP = f"""\
set -e
export DEBIAN_FRONTEND=noninteractive LC_ALL=C
sed -i {" ".join(f"-e s/^{daemon}=no/{daemon}=yes/" for daemon in DAEMONS)} /etc/frr/daemons
cat > {AT_ONCE} <<'END'
#!/bin/sh
chrt --rr --pid 1 $$ 2>/dev/null
LD_PRELOAD={LIBRARY} exec "$@"
END
chmod 755 {AT_ONCE}
cat > /tmp/poll.c <<'END'
{PATIENT_POLL}END
tcc -nostdlib -shared -o {LIBRARY} /tmp/poll.c
rm /tmp/poll.c
dpkg --purge tcc >/dev/null
echo 'bfdd_wrap={AT_ONCE}' >> /etc/frr/daemons
useradd --uid 1000 --user-group --create-home --shell /bin/sh --password '*' {LOGIN}
install -d -m 700 -o {LOGIN} -g {LOGIN} /home/{LOGIN}/.ssh
echo '{LOGIN} ALL=(root) NOPASSWD: /bin/sh -s' > /etc/sudoers.d/{LOGIN}
chmod 440 /etc/sudoers.d/{LOGIN}
visudo -cq
systemctl mask {" ".join(MASKED)} 2>/dev/null
systemctl set-default multi-user.target 2>/dev/null
systemctl enable nftables.service 2>/dev/null
rm -f /etc/ssh/ssh_host_* /etc/hostname /etc/resolv.conf /etc/frr/frr.conf
rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/*.log /usr/share/doc /usr/share/man
: > /etc/machine-id
"""
"""Commands that sh runs in the new root. No host key stays: each node gets its own, known before it boots."""

ROUTER = Image("router", Debian(SUITE, PACKAGES), FILES, SETUP)
