# --- what the getters read -----------------------------------------------------------------------------------

show() { say output; vtysh -c "$1" > "$WORK/out" 2>&1 || die 1 "$(cat "$WORK/out")"; awk 1 "$WORK/out"; }

ping_from() { say output; ping "$@" 2>&1; :; }

block() { say "$1"; shift; "$@" || die 1 "$* failed"; }

facts() {
    block hostname uname -n
    say fqdn; hostname -f 2>/dev/null || uname -n
    block version vtysh -c 'show version'
    block uptime cat /proc/uptime
    block links ip -j link show
    block os sed -n 's/^PRETTY_NAME=//p' /etc/os-release
    block serial cat /etc/machine-id
}

interfaces() {
    block links ip -j -d link show
    block running vtysh -c 'show interface json'
    block clock date '+%Y/%m/%d %H:%M:%S'
    say speeds; for path in /sys/class/net/*/speed; do
        read -r speed 2>/dev/null < "$path" || speed=-1
        name=${path%/speed}; echo "${name##*/} $speed"
    done
}

addresses() { block addresses ip -j address show; }

bgp() {
    block summary vtysh -c 'show bgp vrf all summary json'
    block neighbors vtysh -c 'show bgp vrf all neighbors json'
}

# routes FAMILY DESTINATION [longer-prefixes]
routes() {
    family=$1; shift
    case $family in ip) afi=ipv4 ;; *) afi=ipv6 ;; esac
    block routes vtysh -c "show $family route $* json"
    say bgp; vtysh -c "show bgp $afi unicast $* json" 2>/dev/null | sed '/^%/d'
}

# The texts of all sections the device ever got through the driver, running and start-up.
texts() {
    meta
    frr_running > "$WORK/run" || die 1 "FRR cannot be read: $(cat "$WORK/alive")"
    say running.frr; cat "$WORK/run"; say startup.frr; awk 1 /etc/frr/frr.conf
    for name in nftables qos sysctl units; do
        [ -e "$STATE/current/text/$name" ] || continue
        say "startup.$name"; cat "$STATE/current/text/$name"
        say "running.$name"
        case $name in
            nftables) nft_running ;;
            qos) qos_running $(qos_ports) ;;
            sysctl) sysctl_keys "$STATE/current/text/sysctl" | sysctl_running ;;
            units) units_running ;;
        esac
    done
}

