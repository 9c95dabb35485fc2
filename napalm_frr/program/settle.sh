# --- the end of a transaction: confirm, revert, or a new start of the device -----------------------------------

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
    if [ -e "$undo/text/units" ]; then restore_units "$undo/text/units" > "$WORK/restore" 2>&1 || STUCK_WHY=units; fi
    if [ -e "$undo/text/sysctl" ]; then
        apply_sysctl "$undo/text/sysctl"
        sysctl_keys "$undo/text/sysctl" | sysctl_running | cmp -s - "$undo/text/sysctl" || STUCK_WHY="$STUCK_WHY sysctl"
    fi
    if [ -e "$undo/text/nftables" ]; then restore_nftables "$undo" || STUCK_WHY="$STUCK_WHY nftables"; fi
    if [ -e "$undo/text/qos" ]; then restore_qos "$undo" || STUCK_WHY="$STUCK_WHY qos"; fi
    restore_startup "$undo"
    if [ -e "$undo/text/frr" ]; then restore_frr "$undo" || STUCK_WHY="$STUCK_WHY frr"; fi > "$WORK/restore" 2>&1
    if [ -n "$STUCK_WHY" ]; then systemctl start --no-block "napalm-frr-revert-$1.service" 2>/dev/null; return 1; fi
    outcome "$1 reverted: $2"
    finish "$1"
    rm -rf "$STATE/sets/$1"
} 

# From the gentlest means to the surest; frr-reload 8.4.4 cannot take back every line (a BFD profile's values).
restore_frr() {
    restore_frr_text "$1" && frr_clear "$1/.."
}

restore_frr_text() {
    frr_reads_as "$1/text/frr" && return
    if [ -s "$1/delta" ]; then vtysh -f "$1/delta"; frr_reads_as "$1/text/frr" && return; fi
    frr_reload "$1/frr"; frr_reads_as "$1/text/frr" && return
    if [ -s "$1/delta" ]; then vtysh -f "$1/delta"; frr_reads_as "$1/text/frr" && return; fi
    frr_equal "$STATE/current/frr/frr.conf" "$1/text/frr" || return
    systemctl restart frr.service
    for _ in 1 2 3 4 5 6 7 8 9 10; do frr_reads_as "$1/text/frr" && return; sleep 0.5; done
    return 1
}

# What nft lists is not what it lists again after reading that (`{ a-b }` becomes `a-b`): the confirmed text is
# the exact one if it is what ran, and of another listing the second form counts.
restore_nftables() {
    text="$1/text/nftables"
    nft_running | cmp -s - "$text" && return
    if cmp -s "$text" "$STATE/current/canon/nftables"; then apply_nftables "$STATE/current/text/nftables"
    else apply_nftables "$text"; fi
    nft_running > "$WORK/run.nftables" && cmp -s "$WORK/run.nftables" "$text" && return
    nft_canonical "$text" > "$WORK/again" && cmp -s "$WORK/run.nftables" "$WORK/again"
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

