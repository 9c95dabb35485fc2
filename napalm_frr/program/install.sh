# --- first contact -------------------------------------------------------------------------------------------

unit() { replace 644 "/etc/systemd/system/$1"; link_to "/etc/systemd/system/$1" "/etc/systemd/system/$2.wants/$1"; }

install() {
    mkdir -p "$STATE/sets" /etc/systemd/system/sysinit.target.wants /etc/systemd/system/multi-user.target.wants
    chmod 755 "$STATE" "$STATE/sets"
    if asked program; then replace 600 "$STATE/program.sh" < "$WORK/in/program"; fi
    unit napalm-frr-boot.service sysinit.target <<'UNIT'
[Unit]
Description=Discard a configuration that was never confirmed
DefaultDependencies=no
RequiresMountsFor=/var/lib/napalm-frr
After=systemd-remount-fs.service
Before=systemd-sysctl.service nftables.service frr.service napalm-frr-qos.service sysinit.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /var/lib/napalm-frr/program.sh boot

[Install]
WantedBy=sysinit.target
UNIT
    unit napalm-frr-qos.service multi-user.target <<'UNIT'
[Unit]
Description=Queues of this router's ports
After=napalm-frr-boot.service network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /var/lib/napalm-frr/program.sh qos

[Install]
WantedBy=multi-user.target
UNIT
    unit napalm-frr-units.service multi-user.target <<'UNIT'
[Unit]
Description=This router's own helpers
After=napalm-frr-boot.service network.target frr.service nftables.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh /var/lib/napalm-frr/program.sh units

[Install]
WantedBy=multi-user.target
UNIT
    link_to /lib/systemd/system/nftables.service /etc/systemd/system/sysinit.target.wants/nftables.service
}

startup_sums() {
    (cd "$1" && sha256sum frr/frr.conf nftables.conf sysctl.conf qos.batch $(ls text/units 2>/dev/null) > startup.sha256)
}

# Make the present start-up files the first confirmed set and put links in their places. The boot unit is on
# disk before /etc/frr is moved away and mends a power cut between the two renames.
convert() {
    first="$STATE/sets/original"
    rm -rf "$first"; mkdir -p "$first/text" "$first/canon"; chmod 755 "$first"
    cp -a /etc/frr "$first/frr"
    cp "$first/frr/frr.conf" "$first/text/frr"
    cp -L /etc/nftables.conf "$first/nftables.base" 2>/dev/null || : > "$first/nftables.base"
    cp -L /etc/sysctl.d/90-napalm-frr.conf "$first/sysctl.conf" 2>/dev/null || : > "$first/sysctl.conf"
    cp "$first/nftables.base" "$first/nftables.conf"
    : > "$first/qos.batch"
    startup_sums "$first"
    sync -f "$STATE"
    link_to sets/original "$STATE/current"
    link_to "$STATE/current/nftables.conf" /etc/nftables.conf
    link_to "$STATE/current/sysctl.conf" /etc/sysctl.d/90-napalm-frr.conf
    link_frr
}

link_frr() {
    if [ -d /etc/frr ] && [ ! -L /etc/frr ]; then rm -rf /etc/frr.before; mv -T /etc/frr /etc/frr.before; fi
    link_to "$STATE/current/frr" /etc/frr
    rm -rf /etc/frr.before
}

managed() { [ -e "$STATE/current" ] && [ -L /etc/frr ] && [ -L /etc/nftables.conf ]; }

