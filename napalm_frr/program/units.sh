# --- units: the router's own helpers, systemd services that run from /run ---------------------------------------

UNITS=/run/napalm-frr/units

# unpack_units TEXT DIRECTORY
unpack_units() {
    rm -rf "$2"; mkdir -p "$2"; chmod 755 "${2%/*}" "$2"
    awk -v dir="$2" '/^#@ file / { name = dir "/" $3; printf "" > name; next } /^#@ state / { next } { print > name }' "$1"
    for file in "$2"/*; do [ ! -e "$file" ] || chmod 644 "$file"; done
}

services_in() { for file in "$1"/*.service; do [ ! -e "$file" ] || echo "${file##*/}"; done; }

# What a service is made of: its unit and all files with its name and another ending.
made_of() { for file in "$1/${2%.service}".*; do [ ! -e "$file" ] || { echo "$file" | sed 's,.*/,,'; cat "$file"; }; done; }

# The files in the order of their names; a service that does not run is not as it was sent.
units_running() {
    set -- $(services_in "$UNITS")
    [ $# -eq 0 ] || set -- $(systemctl is-active "$@")
    for file in "$UNITS"/*; do
        [ -e "$file" ] || continue
        echo "#@ file ${file##*/}"; cat "$file"
        case $file in *.service) [ "$1" = active ] || echo "#@ state $1"; shift ;; esac
    done
}

units_lint() {
    unpack_units "$WORK/in/units" "$WORK/units"
    for name in $(services_in "$WORK/units"); do systemd-analyze verify "$WORK/units/$name" || return 1; done > "$WORK/lint" 2>&1
}

# Only what changed is stopped or started.
apply_units() {
    unpack_units "$1" "$UNITS.new"; mkdir -p "$UNITS" /run/systemd/system
    gone=; begun=
    for name in $(services_in "$UNITS"); do [ -e "$UNITS.new/$name" ] || gone="$gone $name"; done
    for name in $(services_in "$UNITS.new"); do
        [ "$(made_of "$UNITS" "$name")" = "$(made_of "$UNITS.new" "$name")" ] && systemctl -q is-active "$name" ||
            begun="$begun $name"
    done
    if [ -n "$gone" ]; then
        systemctl stop $gone || return 1
        for name in $gone; do rm -f "/run/systemd/system/$name"; done
    fi
    rm -rf "$UNITS"; mv -T "$UNITS.new" "$UNITS"
    for name in $(services_in "$UNITS"); do
        cp "$UNITS/$name" "/run/systemd/system/$name"; chmod 644 "/run/systemd/system/$name"
    done
    [ -z "$gone$begun" ] || systemctl daemon-reload || return 1
    [ -z "$begun" ] || systemctl restart $begun
}

restore_units() {
    apply_units "$1"
    units_running | grep -v '^#@ state ' > "$WORK/run.units"
    grep -v '^#@ state ' "$1" | cmp -s - "$WORK/run.units"
}
