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
begin() { WORK=$(mktemp -d /run/napalm-frr.XXXXXX) && mkdir "$WORK/in" || exit 1; trap 'rm -rf "$WORK"' EXIT; }
# Files on stdin, each below a line with the mark and its name.
unpack() { awk -v mark="$MARK" -v dir="$WORK/in/" '$1 == mark { file = dir $2; printf "" > file; next } { print > file }'; }
# What a call says is sent once it has ended and let go of the lock: a change that cuts off this very connection
# must not leave a writer behind that keeps the device from reverting.
answer() {
    ("$@") > "$WORK/answer" 2> "$WORK/complaints"; code=$?
    cat "$WORK/answer"; cat "$WORK/complaints" >&2
    exit "$code"
}
lock() { exec 9> "$STATE/lock"; flock -w 90 9 || die 1 "the device's lock was not free within 90 s"; }
current() { link=$(readlink "$STATE/current") && printf '%s' "${link##*/}"; }
asked() { [ -e "$WORK/in/$1" ]; }
replace() { cat > "$2.new" && chmod "$1" "$2.new" && sync "$2.new" && mv -T "$2.new" "$2" && sync "${2%/*}"; }
link_to() { ln -sfn "$1" "$2.new" && mv -T "$2.new" "$2" && sync "${2%/*}"; }

