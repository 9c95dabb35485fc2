# --- examining a candidate ------------------------------------------------------------------------------------

meta() {
    say meta
    sum=$(sha256sum 2>/dev/null < "$STATE/program.sh"); echo "program ${sum%% *}"
    read -r boot < /proc/sys/kernel/random/boot_id; echo "boot $boot"
    [ -e "$STATE/current" ] || return 0
    echo "current $(current)"
    for name in parent message; do
        [ -e "$STATE/current/$name" ] && echo "$name $(cat "$STATE/current/$name")"
    done
    echo "sections $(cd "$STATE/current/text" && echo *)"
    if [ -e "$STATE/pending" ]; then sed 's/^/pending-/' "$STATE/pending"; echo "now $(date +%s)"; fi
    [ -e "$STATE/outcome" ] && echo "outcome $(cat "$STATE/outcome")"
    drift=$(cd "$STATE/current" && sha256sum -c startup.sha256 2>/dev/null | sed -n 's/^\(.*\): FAILED.*/drift \1/p')
    [ -z "$drift" ] || echo "$drift"
}

drifted() { case "$drift
" in *"drift $1
"*) ;; *) return 1 ;; esac; }

# After `meta`: the start-up text of a section, in the form it is compared in; nothing to show is a difference.
startup() {
    case $1 in
        frr) say startup.frr; awk 1 /etc/frr/frr.conf ;;
        sysctl) say startup.sysctl; cat "$STATE/current/sysctl.conf" 2>/dev/null ;;
        units) say startup.units; cat "$STATE/current/text/units" 2>/dev/null ;;
        nftables|qos)
            say "startup.$1"
            case $1 in nftables) file=nftables.conf ;; qos) file=qos.batch ;; esac
            [ ! -e "$STATE/current/canon/$1" ] || drifted "$file" || cat "$STATE/current/canon/$1" ;;
    esac
}

confirmed_same() { [ -e "$STATE/current/canon/$1" ] && cmp -s "$WORK/in/$1" "$STATE/current/text/$1"; }

# Lint the sections that were sent and show them in canonical form beside what runs. Changes nothing.
examine() {
    meta
    for name in frr nftables qos sysctl units; do if asked $name; then startup $name; fi; done
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
    if asked units; then
        say running.units; units_running
        confirmed_same units || units_lint || { say lint.units; cat "$WORK/lint"; }
    fi
}

# The text that undoes the confirmed commit.
previous() {
    meta
    for file in "$STATE"/current/undo/text/*; do
        [ -e "$file" ] || die 1 "there is no earlier configuration on the device"
        say "undo.${file##*/}"; cat "$file"
    done
}

