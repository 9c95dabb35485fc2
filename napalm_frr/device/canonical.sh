# --- reading -------------------------------------------------------------------------------------------------

# A daemon that is down would silently take its lines out of the running configuration.
frr_alive() {
    for daemon in watchfrr zebra staticd $(sed -n 's/^\([a-z0-9]*d\)=yes.*/\1/p' /etc/frr/daemons); do
        read -r pid < "/run/frr/$daemon.pid" && kill -0 "$pid" || { echo "$daemon does not run" >&2; return 1; }
    done 2> "$WORK/alive" || { cat "$WORK/alive" >&2; return 1; }
}

# Without vtysh's preamble, which frr-reload takes for a command.
frr_running() {
    frr_alive && vtysh -c 'show running-config' > "$WORK/vtysh" &&
        awk '/^(Building|Current) configuration/ || (!begun && /^$/) { next } { begun = 1; print }' "$WORK/vtysh"
}

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

# Every owned table that exists, without counters. OWNED (set by the driver) holds "family name" pairs,
# separated by commas.
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

