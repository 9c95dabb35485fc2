# --- transaction ---------------------------------------------------------------------------------------------

# What runs now, as the text that brings it back, and the start-up text as it is now.
snapshot() {
    mkdir -p "$1/text" "$1/frr"
    cp -a "$STATE/current/frr/vtysh.conf" "$STATE/current/frr/daemons" "$1/frr/"
    cp -a "$STATE/current/frr/frr.conf" "$1/startup.frr.conf"
    if asked frr; then
        frr_running > "$1/text/frr" || die 1 "FRR cannot be read: $(cat "$WORK/alive")"
        cp "$1/text/frr" "$1/frr/frr.conf"
        cp "$WORK/in/undo" "$1/delta"
    fi
    if asked nftables; then nft_running > "$1/text/nftables" || die 1 "nft cannot list its tables"; fi
    if asked qos; then
        qos_ports > "$1/ports"; qos_running $(cat "$1/ports") > "$1/text/qos" || die 1 "tc cannot be read"
    fi
    if asked sysctl; then sysctl_keys "$WORK/in/sysctl" | sysctl_running > "$1/text/sysctl" || exit 1; fi
    if asked units; then units_running > "$1/text/units"; fi
    (cd "$1/text" && sha256sum -- *) > "$1/sums"
    cmp -s "$1/sums" "$WORK/in/expected" ||
        die $MOVED "the device's configuration has changed since it was compared; compare again"
}

# The candidate's start-up files: sections that were not sent stay as they are confirmed.
compose() {
    (cd "$STATE/current" && cp -a frr text canon nftables.base nftables.conf sysctl.conf qos.batch "$1/")
    for name in frr nftables qos sysctl units; do
        if asked $name; then cp "$WORK/in/$name" "$1/text/$name"; rm -f "$1/canon/$name" "$1/canon/$name.mark"; fi
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
    mkdir -p "$set_dir"; chmod 755 "$set_dir"
    snapshot "$set_dir/undo"
    compose "$set_dir"
    cp "$WORK/in/message" "$set_dir/"
    if asked frr; then cp "$WORK/in/clear" "$set_dir/"; fi
    sync "$set_dir"/*/* "$set_dir"/*.* "$set_dir"/text "$set_dir"/frr "$set_dir" "$STATE/sets"
    systemd-run -q --unit="napalm-frr-revert-$1" --on-active="${3}s" --timer-property=AccuracySec=100ms \
        --property=Restart=on-failure --property=RestartSec=5 --property=SuccessExitStatus=$LOST \
        /bin/sh "$STATE/program.sh" revert "$1" 2> "$WORK/timer" ||
        die 1 "the revert timer did not start: $(cat "$WORK/timer")"
    proof=$(systemctl show -p ActiveState -p NextElapseUSecMonotonic "napalm-frr-revert-$1.timer")
    case $proof in
        *NextElapseUSecMonotonic=[0-9]*ActiveState=active* | *ActiveState=active*NextElapseUSecMonotonic=[0-9]*) ;;
        *) die 1 "the revert timer is not active: $proof" ;;
    esac
    # The marker comes last: a timer without it does nothing, it without a timer would lock the device.
    printf 'id %s\nowner %s\nuntil %s\n' "$1" "$2" "$(($(date +%s) + $3))" | replace 600 "$STATE/pending"
    say armed; echo "$proof"
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

# What BGP must be told besides (the driver knows): either way, applied or taken back.
frr_clear() { while read -r command; do frr_ask bgpd "$command"; done < "$1/clear"; }

apply_frr() { apply_frr_text "$1" && frr_clear "$1"; }

apply_frr_text() {
    method=delta
    if frr_entered "$WORK/in/delta" > "$WORK/run.frr" && frr_equal "$WORK/run.frr" "$1/text/frr"; then return 0; fi
    cp "$WORK/vtysh" "$WORK/delta.log"
    method=reload
    cp "$STATE/current/frr/vtysh.conf" "$STATE/current/frr/daemons" "$1/frr/"
    if ! frr_reload "$1/frr"; then
        cat "$WORK/delta.log" "$WORK/reload" 2>/dev/null | grep 'rror\|%' || tail -n 5 "$WORK/reload"
        return 1
    fi
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
    if [ -z "$failed" ] && asked units; then
        apply_units "$set_dir/text/units" > "$WORK/log" 2>&1 || failed=units
    fi
    if [ -n "$failed" ]; then
        restore "$1" "applying $failed failed" || die $STUCK "applying $failed failed: $(cat "$WORK/log"); $STUCK_WHY"
        die $REVERTED "applying $failed failed: $(cat "$WORK/log")"
    fi
    say applied; echo "method ${method:-none}"; echo "nanoseconds $(($(date +%s%N) - started))"
    if asked units; then units_running > "$set_dir/canon/units"; say running.units; cat "$set_dir/canon/units"; fi
    if asked frr; then
        say running.frr; cat "$WORK/run.frr"; cp "$WORK/run.frr" "$set_dir/canon/frr"
        frr_mark > "$WORK/mark"
        if frr_vouched "$WORK/run.frr"; then cp "$WORK/mark" "$set_dir/canon/frr.mark"; fi
    fi
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

