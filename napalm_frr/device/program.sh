# The part of the driver that runs on the router, as root: POSIX sh with what a Debian with FRR has
# (coreutils, util-linux, awk, systemd, iproute2, nftables, frr-pythontools).
#
# It is sent in front of every call (`sudo -n /bin/sh -s`), and lies in $STATE/program.sh for the boot unit and
# the revert timer. Sets of start-up files are directories under $STATE/sets; `current` links to the confirmed
# one, and renaming that link is the one commit point. `pending` names a set that is applied but not confirmed.

STATE=/var/lib/napalm-frr
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
umask 077

# Exit codes the driver tells apart.
REFUSED=10   # another commit is pending
MOVED=11     # the running configuration is not the one that was compared
LOST=12      # confirm came after revert, or the other way round
REVERTED=20  # apply failed; the old configuration is back and verified
STUCK=21     # a revert is incomplete; the device keeps trying

say() { printf '%s %s\n' "${MARK:-@@}" "$1"; }
die() { code=$1; shift; say error; printf '%s\n' "$*"; exit "$code"; }
put() { mkdir -p "$WORK/in"; cat > "$WORK/in/$1"; }
begin() { WORK=$(mktemp -d /run/napalm-frr.XXXXXX) || exit 1; trap 'rm -rf "$WORK"' EXIT; }
lock() { exec 9> "$STATE/lock"; flock -w 90 9 || die 1 "the device's lock was not free within 90 s"; }
current() { link=$(readlink "$STATE/current") && printf '%s' "${link##*/}"; }
asked() { [ -e "$WORK/in/$1" ]; }
replace() { cat > "$2.new" && chmod "$1" "$2.new" && sync "$2.new" && mv -T "$2.new" "$2" && sync "${2%/*}"; }
link_to() { ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2" && sync "${2%/*}"; }

# --- reading -------------------------------------------------------------------------------------------------

# A daemon that is down would silently take its lines out of the running configuration.
frr_alive() {
    for daemon in watchfrr zebra staticd $(sed -n 's/^\([a-z0-9]*d\)=yes.*/\1/p' /etc/frr/daemons); do
        read -r pid < "/run/frr/$daemon.pid" && kill -0 "$pid" || { echo "$daemon does not run" >&2; return 1; }
    done 2> "$WORK/alive" || { cat "$WORK/alive" >&2; return 1; }
}

frr_running() { frr_alive && vtysh -c 'show running-config'; }

# One line for each setting, its contexts in front, sorted: equal exactly if the configurations are.
frr_flat() {
    awk '/^ *(!|#|end$|exit|Building conf|Current conf|frr (version|defaults trad)|(no )?ip(v6)? forwarding)/ { next }
         /^ *$/ { next }
         { match($0, /^ */); depth = RLENGTH; header[depth] = substr($0, depth + 1); line = ""
           if (header[depth] ~ /^(interface |address-family |bfd$)/) next
           for (i = 0; i <= depth; i++) line = line header[i] "\t"
           print line }' "$1" | sort -u
}

frr_equal() { frr_flat "$1" > "$WORK/flat.1"; frr_flat "$2" > "$WORK/flat.2"; cmp -s "$WORK/flat.1" "$WORK/flat.2"; }

# Every owned table that exists, without counters. OWNED holds "family name" pairs, separated by commas.
nft_running() {
    have=$(nft list tables) || return 1
    printf '%s\n' "$OWNED" | tr ',' '\n' | while read -r table; do
        case "$have
" in *"table $table
"*) nft -s list table $table || exit 1 ;; esac
    done
}

# A text as one transaction: the owned tables are replaced, nothing else is touched.
nft_transaction() {
    printf '%s\n' "$OWNED" | tr ',' '\n' | while read -r table; do
        printf 'table %s\ndelete table %s\n' "$table" "$table"
    done
    cat "$1"
}

nft_canonical() {
    printf '%s\n' "$OWNED" | tr ',' '\n' > "$WORK/owned"
    unshare -n /bin/sh -c 'nft -f "$1" && while read -r table; do nft -s list table $table 2>/dev/null
        done < "$2"; :' sh "$1" "$WORK/owned"
}

# What `tc` shows of ports (stdin: "port NAME", then qdisc and class lines), as the commands that make it.
qos_commands() {
    awk '$1 == "port" { dev = $2; next }
         $1 == "qdisc" && $3 != "0:" {
             where = ""; rest = ""
             for (i = 4; i <= NF; i++) {
                 if ($i == "root") where = "root"
                 else if ($i == "parent") where = "parent " $(++i)
                 else if ($i ~ /^(refcnt|direct_packets_stat|direct_qlen|ver)$/) i++
                 else rest = rest " " $i
             }
             order = where == "root" ? 0 : 9
             printf "%s %d %s\tqdisc add dev %s %s handle %s %s%s\n", dev, order, $3, dev, where, $3, $2, rest
         }
         $1 == "class" {
             split($3, id, ":"); parent = id[1] ":"; rest = ""; level = 0
             for (i = 4; i <= NF; i++) {
                 if ($i == "parent") parent = $(++i)
                 else if ($i == "level") level = $(++i)
                 else if ($i ~ /^(leaf|linklayer|mpu)$/) i++
                 else if ($i != "root") { sub(/\/[0-9]+$/, "", $i); rest = rest " " $i }
             }
             printf "%s %d %s\tclass add dev %s parent %s classid %s %s%s\n",
                 dev, 8 - level, $3, dev, parent, $3, $2, rest
         }' | sort | cut -f2-
}

qos_running() {
    for port in "$@"; do
        printf 'port %s\n' "$port"; tc qdisc show dev "$port" && tc -d class show dev "$port" || return 1
    done > "$WORK/tc" && qos_commands < "$WORK/tc"
}

qos_canonical() {
    batch=$1; shift
    unshare -n /bin/sh -c 'batch=$1; shift; n=0
        for port; do ip link add "$port" type veth peer name "peer$n" || exit 1; n=$((n + 1)); done
        tc -batch "$batch" || exit 1
        for port; do echo "port $port"; tc qdisc show dev "$port"; tc -d class show dev "$port"; done' \
        sh "$batch" "$@" > "$WORK/tc.scratch" && qos_commands < "$WORK/tc.scratch"
}

# Ports of the candidate (named by the driver) and of the confirmed text.
qos_ports() {
    { cat "$WORK/in/ports" 2>/dev/null
      awk '$3 == "dev" { print $4 }' "$STATE/current/text/qos" 2>/dev/null; } | sort -u
}

# The keys on stdin with their values now; a dotted key is a path, one with slashes keeps its dots.
sysctl_running() {
    awk '{ path = $1; if (path !~ /\//) gsub(/\./, "/", path); file = "/proc/sys/" path; value = ""
           if ((getline value < file) < 0) { print "there is no " $1 " here" > "/dev/stderr"; bad = 1; next }
           close(file); gsub(/[ \t]+/, " ", value); print $1 " = " value }
         END { exit bad }'
}

sysctl_keys() { sed -n 's/^ *\([^ #;=]*\) *=.*/\1/p' "$1"; }

meta() {
    say meta
    echo "program $(sha256sum 2>/dev/null < "$STATE/program.sh" | cut -d' ' -f1)"
    echo "boot $(cat /proc/sys/kernel/random/boot_id)"
    [ -e "$STATE/current" ] || return 0
    echo "current $(current)"
    for name in parent message; do
        [ -e "$STATE/current/$name" ] && echo "$name $(cat "$STATE/current/$name")"
    done
    echo "sections $(cd "$STATE/current/text" && echo *)"
    if [ -e "$STATE/pending" ]; then sed 's/^/pending-/' "$STATE/pending"; echo "now $(date +%s)"; fi
    [ -e "$STATE/outcome" ] && echo "outcome $(cat "$STATE/outcome")"
    (cd "$STATE/current" && sha256sum -c startup.sha256 2>/dev/null | sed -n 's/^\(.*\): FAILED.*/drift \1/p')
}

confirmed_same() { [ -e "$STATE/current/canon/$1" ] && cmp -s "$WORK/in/$1" "$STATE/current/text/$1"; }

# Lint the sections that were sent and show them in canonical form beside what runs. Changes nothing.
examine() {
    meta
    if asked frr; then
        frr_running > "$WORK/run.frr" || die 1 "FRR cannot be read: $(cat "$WORK/alive")"
        say running.frr; cat "$WORK/run.frr"
        confirmed_same frr || vtysh -C -f "$WORK/in/lint" > "$WORK/lint" 2>&1 || { say lint.frr; cat "$WORK/lint"; }
    fi
    if asked nftables; then
        say running.nftables; nft_running || die 1 "nft cannot list its tables"
        if confirmed_same nftables; then say canon.nftables; cat "$STATE/current/canon/nftables"
        elif nft_transaction "$WORK/in/nftables" | nft -c -f - > "$WORK/lint" 2>&1 &&
             nft_canonical "$WORK/in/nftables" > "$WORK/canon" 2> "$WORK/lint"; then
            say canon.nftables; cat "$WORK/canon"
        else say lint.nftables; cat "$WORK/lint"; fi
    fi
    if asked qos; then
        qos_running $(qos_ports) > "$WORK/run.qos" 2> "$WORK/lint" || { say lint.qos; cat "$WORK/lint"; return 0; }
        say running.qos; cat "$WORK/run.qos"
        if confirmed_same qos; then say canon.qos; cat "$STATE/current/canon/qos"
        elif qos_canonical "$WORK/in/qos" $(cat "$WORK/in/ports") > "$WORK/canon" 2> "$WORK/lint"; then
            say canon.qos; cat "$WORK/canon"
        else say lint.qos; cat "$WORK/lint"; fi
    fi
    if asked sysctl; then
        sysctl_keys "$WORK/in/sysctl" | sysctl_running > "$WORK/run" 2> "$WORK/lint" ||
            { say lint.sysctl; cat "$WORK/lint"; }
        say running.sysctl; cat "$WORK/run"
    fi
}

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
    link_to /lib/systemd/system/nftables.service /etc/systemd/system/sysinit.target.wants/nftables.service
}

startup_sums() { (cd "$1" && sha256sum frr/frr.conf nftables.conf sysctl.conf qos.batch > startup.sha256); }

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

# --- transaction ---------------------------------------------------------------------------------------------

# What runs now, as the text that brings it back, and the start-up text as it is now.
snapshot() {
    mkdir -p "$1/text" "$1/frr"
    cp "$STATE/current/frr/vtysh.conf" "$STATE/current/frr/daemons" "$1/frr/"
    cp -a "$STATE/current/frr/frr.conf" "$1/startup.frr.conf"
    if asked frr; then
        frr_running > "$1/text/frr" || die 1 "FRR cannot be read: $(cat "$WORK/alive")"
        cp "$1/text/frr" "$1/frr/frr.conf"
    fi
    if asked nftables; then nft_running > "$1/text/nftables" || die 1 "nft cannot list its tables"; fi
    if asked qos; then
        qos_ports > "$1/ports"; qos_running $(cat "$1/ports") > "$1/text/qos" || die 1 "tc cannot be read"
    fi
    if asked sysctl; then sysctl_keys "$WORK/in/sysctl" | sysctl_running > "$1/text/sysctl" || exit 1; fi
    (cd "$1/text" && sha256sum -- *) > "$1/sums"
    cmp -s "$1/sums" "$WORK/in/expected" ||
        die $MOVED "the device's configuration has changed since it was compared; compare again"
}

# The candidate's start-up files: sections that were not sent stay as they are confirmed.
compose() {
    cp -a "$STATE/current/frr" "$1/frr"
    cp "$STATE/current/nftables.base" "$STATE/current/nftables.conf" "$STATE/current/sysctl.conf" \
        "$STATE/current/qos.batch" "$1/"
    for name in frr nftables qos sysctl; do
        for form in text canon; do
            [ -e "$STATE/current/$form/$name" ] && cp "$STATE/current/$form/$name" "$1/$form/$name"
        done
        if asked $name; then cp "$WORK/in/$name" "$1/text/$name"; rm -f "$1/canon/$name"; fi
    done
    if asked frr; then cat "$WORK/in/frr" > "$1/frr/frr.conf"; else cat "$1/text/frr" > "$1/frr/frr.conf"; fi
    if asked nftables; then { cat "$1/nftables.base"; nft_transaction "$WORK/in/nftables"; } > "$1/nftables.conf"; fi
    if asked sysctl; then cp "$WORK/in/sysctl" "$1/sysctl.conf"; fi
    if asked qos; then cp "$WORK/in/qos" "$1/qos.batch"; fi
    current > "$1/parent"
    startup_sums "$1"
}

refuse_if_pending() {
    [ ! -e "$STATE/pending" ] || { meta; die $REFUSED "a commit is pending"; }
}

# arm ID OWNER SECONDS: from here on the device brings itself back, whatever happens to the driver.
arm() {
    mkdir -p "$STATE"; lock
    if asked program || ! managed; then install; fi
    refuse_if_pending
    managed || convert
    set_dir="$STATE/sets/$1"
    mkdir -p "$set_dir/text" "$set_dir/canon"; chmod 755 "$set_dir"
    snapshot "$set_dir/undo"
    compose "$set_dir"
    cp "$WORK/in/message" "$set_dir/message"
    sync "$set_dir"/*/* "$set_dir"/*.* "$set_dir"/text "$set_dir"/frr "$set_dir" "$STATE/sets"
    printf 'id %s\nowner %s\nuntil %s\n' "$1" "$2" "$(($(date +%s) + $3))" | replace 600 "$STATE/pending"
    systemd-run -q --unit="napalm-frr-revert-$1" --on-active="${3}s" --timer-property=AccuracySec=100ms \
        --property=Restart=on-failure --property=RestartSec=5 \
        /bin/sh "$STATE/program.sh" revert "$1" 2> "$WORK/timer" ||
        { rm -f "$STATE/pending"; die 1 "the revert timer did not start: $(cat "$WORK/timer")"; }
    proof=$(systemctl show -p ActiveState -p NextElapseUSecMonotonic "napalm-frr-revert-$1.timer")
    case $proof in
        *NextElapseUSecMonotonic=[0-9]*) case $proof in *ActiveState=active*) say armed; echo "$proof"; return ;; esac ;;
    esac
    rm -f "$STATE/pending"
    die 1 "the revert timer is not active: $proof"
}

pending_id() { sed -n 's/^id //p' "$STATE/pending" 2>/dev/null; }

# Fail unless this commit is the pending one: somebody else came first.
still_pending() {
    [ "$(pending_id)" = "$1" ] || die $LOST "$1 is not pending any more: $(cat "$STATE/outcome" 2>/dev/null)"
}

apply_sysctl() {
    while read -r key _ value; do
        case $key in ''|'#'*|';'*) continue ;; esac
        path=$key
        case $key in
            */*) ;;
            *) while :; do case $path in *.*) path="${path%%.*}/${path#*.}" ;; *) break ;; esac; done ;;
        esac
        printf '%s\n' "$value" > "/proc/sys/$path" || return 1
    done < "$1"
}

apply_nftables() { nft_transaction "$1" > "$WORK/nft" && nft -f "$WORK/nft"; }

# apply_qos TEXT CANON PORTS…: only ports whose queues differ get new ones.
apply_qos() {
    batch=$1; canon=$2; shift 2
    for port; do
        qos_running "$port" > "$WORK/port.now" || return 1
        grep " dev $port " "$canon" > "$WORK/port.then"
        cmp -s "$WORK/port.now" "$WORK/port.then" && continue
        if [ -s "$WORK/port.now" ]; then tc qdisc del dev "$port" root || return 1; fi
        grep " dev $port " "$batch" > "$WORK/port.batch" || continue
        tc -batch "$WORK/port.batch" || return 1
    done
}

# frr-reload writes the start-up file unless it is given one called frr.conf in the named directory.
frr_reload() { /usr/lib/frr/frr-reload.py --reload --stdout --confdir "$1" "$1/frr.conf" > "$WORK/reload" 2>&1; }

frr_reads_as() { frr_running > "$WORK/run.frr" && frr_equal "$WORK/run.frr" "$1"; }

apply_frr() {
    method=delta
    if [ -s "$WORK/in/delta" ]; then vtysh -f "$WORK/in/delta" > "$WORK/delta.log" 2>&1; fi
    if [ -e "$WORK/in/delta" ] && frr_reads_as "$1/text/frr"; then return 0; fi
    method=reload
    cp "$STATE/current/frr/vtysh.conf" "$STATE/current/frr/daemons" "$1/frr/"
    frr_reload "$1/frr" || { sed -n '/rror\|%/p' "$WORK/reload" "$WORK/delta.log" 2>/dev/null | head -n 20; return 1; }
    frr_reads_as "$1/text/frr" && return 0
    echo "FRR does not show what was sent; lines that differ:"
    diff "$WORK/flat.1" "$WORK/flat.2" | sed -n 's/^</runs: /p; s/^>/sent: /p' | tr '\t' ' ' | head -n 20
    return 1
}

# apply ID: running state only. Whatever fails here brings the old configuration back at once.
apply() {
    lock; still_pending "$1"
    set_dir="$STATE/sets/$1"; failed=
    started=$(date +%s%N)
    if asked sysctl; then apply_sysctl "$set_dir/text/sysctl" > "$WORK/log" 2>&1 || failed=sysctl; fi
    if [ -z "$failed" ] && asked qos; then
        apply_qos "$set_dir/text/qos" "$WORK/in/canon.qos" $(cat "$set_dir/undo/ports") > "$WORK/log" 2>&1 || failed=qos
    fi
    if [ -z "$failed" ] && asked nftables; then
        apply_nftables "$set_dir/text/nftables" > "$WORK/log" 2>&1 || failed=nftables
    fi
    if [ -z "$failed" ] && asked frr; then apply_frr "$set_dir" > "$WORK/log" 2>&1 || failed=frr; fi
    if [ -n "$failed" ]; then
        restore "$1" "applying $failed failed" || die $STUCK "applying $failed failed: $(cat "$WORK/log"); $STUCK_WHY"
        die $REVERTED "applying $failed failed: $(cat "$WORK/log")"
    fi
    say applied; echo "method ${method:-none}"; echo "nanoseconds $(($(date +%s%N) - started))"
    if asked frr; then say running.frr; cat "$WORK/run.frr"; cp "$WORK/run.frr" "$set_dir/canon/frr"; fi
    if asked nftables; then nft_running > "$set_dir/canon/nftables"; say running.nftables; cat "$set_dir/canon/nftables"; fi
    if asked qos; then
        qos_running $(cat "$set_dir/undo/ports") > "$set_dir/canon/qos"; say running.qos; cat "$set_dir/canon/qos"
    fi
    if asked sysctl; then
        sysctl_keys "$set_dir/text/sysctl" | sysctl_running > "$set_dir/canon/sysctl"
        say running.sysctl; cat "$set_dir/canon/sysctl"
    fi
    : > "$set_dir/applied"
    sync "$set_dir"/canon/* "$set_dir/canon" "$set_dir"
}

outcome() { printf '%s %s\n' "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$*" | replace 600 "$STATE/outcome"; }

# The end of a transaction, either way: the marker goes, then the timer.
finish() {
    rm -f "$STATE/pending"; sync "$STATE"
    systemctl stop "napalm-frr-revert-$1.timer" 2>/dev/null
}

# confirm ID: the rename is the commit point.
confirm() {
    [ -e "$STATE/lock" ] || die $LOST "nothing is pending on this device"
    lock; still_pending "$1"
    [ -e "$STATE/sets/$1/applied" ] || die 1 "$1 is armed but was not applied"
    link_to "sets/$1" "$STATE/current"
    outcome "$1 confirmed"
    finish "$1"
    keep=$(cat "$STATE/current/parent")
    for old in "$STATE"/sets/*; do
        case ${old##*/} in "$1"|"$keep") ;; *) rm -rf "$old" ;; esac
    done
    say confirmed
}

# revert ID REASON: bring back what ran before, unless the commit point is passed.
revert() {
    [ -e "$STATE/lock" ] || die $LOST "nothing is pending on this device"
    lock; still_pending "$1"
    if [ "$(current)" = "$1" ]; then
        outcome "$1 confirmed"; finish "$1"; die $LOST "$1 was confirmed before"
    fi
    restore "$1" "$2" || {
        outcome "$1 is being reverted ($2), incomplete: $STUCK_WHY"
        die $STUCK "the revert is incomplete and will be tried again: $STUCK_WHY"
    }
    say reverted
}

restore() {
    undo="$STATE/sets/$1/undo"; STUCK_WHY=
    if [ -e "$undo/text/sysctl" ]; then
        apply_sysctl "$undo/text/sysctl"
        sysctl_keys "$undo/text/sysctl" | sysctl_running | cmp -s - "$undo/text/sysctl" || STUCK_WHY=sysctl
    fi
    if [ -e "$undo/text/nftables" ]; then
        apply_nftables "$undo/text/nftables"
        nft_running | cmp -s - "$undo/text/nftables" || STUCK_WHY="$STUCK_WHY nftables"
    fi
    if [ -e "$undo/text/qos" ]; then restore_qos "$undo" || STUCK_WHY="$STUCK_WHY qos"; fi
    if [ -e "$undo/text/frr" ]; then
        frr_reads_as "$undo/text/frr" || { frr_reload "$undo/frr"; frr_reads_as "$undo/text/frr"; } ||
            { frr_reload "$undo/frr"; frr_reads_as "$undo/text/frr"; } || STUCK_WHY="$STUCK_WHY frr"
    fi > "$WORK/restore" 2>&1
    restore_startup "$undo"
    if [ -n "$STUCK_WHY" ]; then systemctl start --no-block "napalm-frr-revert-$1.service" 2>/dev/null; return 1; fi
    outcome "$1 reverted: $2"
    finish "$1"
    rm -rf "$STATE/sets/$1"
} 

# tc prints rates and bursts rounded: the confirmed text is the exact one if it is what ran.
restore_qos() {
    batch="$1/text/qos"
    if cmp -s "$1/text/qos" "$STATE/current/canon/qos"; then batch="$STATE/current/text/qos"; fi
    apply_qos "$batch" "$1/text/qos" $(cat "$1/ports")
    qos_running $(cat "$1/ports") | cmp -s - "$1/text/qos"
}

# A `write memory` while the commit was pending has put the candidate into the start-up file.
restore_startup() {
    cmp -s "$1/startup.frr.conf" "$STATE/current/frr/frr.conf" ||
        { cat "$1/startup.frr.conf" > "$STATE/current/frr/frr.conf"; sync "$STATE/current/frr/frr.conf"; }
}

# Before anything of the old life starts: finish a conversion, settle what was pending when the power went.
boot() {
    [ -e "$STATE/current" ] || exit 0
    if [ ! -e /etc/frr ] || [ -d /etc/frr.before ]; then link_frr; fi
    id=$(pending_id)
    [ -n "$id" ] || exit 0
    if [ "$(current)" = "$id" ]; then outcome "$id confirmed"
    else
        restore_startup "$STATE/sets/$id/undo"
        outcome "$id discarded: the device started anew before it was confirmed"
        rm -rf "$STATE/sets/$id"
    fi
    rm -f "$STATE/pending"; sync "$STATE"
}

case ${1-} in
    boot) boot ;;
    qos) tc -force -batch "$STATE/current/qos.batch" ;;
    revert) begin; OWNED=$(cat "$STATE/owned"); revert "$2" "the time to confirm ran out" ;;
esac
