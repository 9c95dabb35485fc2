# --- reading -------------------------------------------------------------------------------------------------

# A daemon that is down would silently take its lines out of the running configuration.
frr_alive() {
    for daemon in watchfrr zebra staticd $(sed -n 's/^\([a-z0-9]*d\)=yes.*/\1/p' /etc/frr/daemons); do
        read -r pid < "/run/frr/$daemon.pid" && kill -0 "$pid" || { echo "$daemon does not run" >&2; return 1; }
    done 2> "$WORK/alive" || { cat "$WORK/alive" >&2; return 1; }
}

# What the daemons themselves hold, as a checksum: while it is the same, so is what vtysh makes of it.
frr_mark() {
    set --
    for socket in /run/frr/*.vty; do daemon=${socket##*/}; set -- "$@" "${daemon%.vty}" 'show running-config'; done
    frr_ask "$@" > "$WORK/raw" 2>&1; sha256sum "$WORK/raw" /etc/frr/vtysh.conf /proc/sys/kernel/hostname | cut -c 1-64
}

# Whether a text holds the same lines as the answers that the last mark was made of. A change in between would
# have the mark vouch for a text that it does not belong to.
frr_vouched() {
    awk '/^ *(!|$)/ || /^(# .*|end|service integrated-vtysh-config)$/ { next }
         FNR == NR { text[$0]; next }
         FNR > 1 { said[$0]; if (!($0 in text)) exit bad = 1 }
         END { for (line in text) if (!(line in said)) bad = 1; exit bad }' "$1" "$WORK/raw"
}

# A vtysh costs 50 ms of a processor: while the daemons hold what was confirmed, its text is known.
frr_running() {
    frr_alive || return
    if [ -e "$STATE/current/canon/frr.mark" ] && frr_mark | cmp -s - "$STATE/current/canon/frr.mark"; then
        cat "$STATE/current/canon/frr"
    else vtysh -c 'show running-config' > "$WORK/vtysh" && frr_text; fi
}

# Enter the lines of a file, whatever is said to them, and show the configuration then, in the same vtysh.
frr_entered() {
    frr_alive || return
    { echo 'configure terminal'; cat "$1"; echo end; echo 'show running-config'; } |
        vtysh -H /dev/null > "$WORK/vtysh" 2>&1 && frr_text
}

# What vtysh showed, without its preamble, which frr-reload takes for a command.
frr_text() {
    awk '!begun { begun = /^Current configuration/; next }
         !shown && /^$/ { next }
         { shown = 1; print }
         /^end$/ { exit }' "$WORK/vtysh"
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
    nft -s list ruleset > "$WORK/ruleset" || return 1
    awk -v owned="$OWNED" '/^table / { table = $2 " " $3 } { text[table] = text[table] $0 "\n" }
        END { count = split(owned, name, ","); for (i = 1; i <= count; i++) printf "%s", text[name[i]] }' "$WORK/ruleset"
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

# A single tc shows all ports; of each, first the root queue, which every port has.
qos_running() {
    for port; do printf 'qdisc show dev %s\nclass show dev %s\n' "$port" "$port"; done > "$WORK/tc.ask"
    tc -d -batch "$WORK/tc.ask" > "$WORK/tc" || return 1
    awk -v ports="$*" 'BEGIN { split(ports, port) } $1 == "qdisc" && $4 == "root" { print "port", port[++n] } 1' \
        "$WORK/tc" | qos_commands
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

