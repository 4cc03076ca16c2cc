#!/usr/bin/env bash
# Tries the product's own way (no container, no root) on Debian 13: a root folder made from its packages, an ordinary
# user in it, the last commit in its home. Root on Debian makes the folder; nothing in it runs as root.
# usage: debian13.sh                 validate, explain, up twice, a call: with their times
#        debian13.sh -- COMMAND...   that command in the copy, as the ordinary user
# Not part of CI: it fetches everything anew. W (default /var/tmp/ringmaster-debian13, about 1.5 GB) may be deleted.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
PROJECT=$(cd "$HERE/../.." && pwd)
W=${W:-/var/tmp/ringmaster-debian13}
ROOT=$W/root
[ "$(id -u)" = 0 ] || { echo "debian13.sh: it takes root to make the root folder" >&2; exit 69; }
mkdir -p "$W"
# shellcheck source=tests/compose/container_engine.sh
. "$HERE/container_engine.sh"
ARCHIVE=$(archive)

make_root() {
  PATH=$PATH:$W/tools/usr/bin
  fetch_packages "$W/tools" mmdebstrap mmdebstrap
  rm -rf "$ROOT"
  # What a Debian 13 machine has before its owner installs anything but python3-venv.
  # A network that re-signs TLS needs its own authorities in there; elsewhere there are none to copy.
  mmdebstrap --variant=minbase --include=apt,dpkg,ca-certificates,python3,python3-venv \
    --customize-hook='mkdir -p "$1/usr/local/share/ca-certificates"; cp /usr/local/share/ca-certificates/*.crt "$1/usr/local/share/ca-certificates/" 2>/dev/null; chroot "$1" update-ca-certificates' \
    --customize-hook='echo "citizen:x:1000:1000::/home/citizen:/bin/bash" >>"$1/etc/passwd"; echo "citizen:x:1000:" >>"$1/etc/group"; install -d -o 1000 -g 1000 "$1/home/citizen"' \
    trixie "$ROOT" "$ARCHIVE" >"$W/mmdebstrap.log" 2>&1 || { tail -20 "$W/mmdebstrap.log"; exit 1; }
  touch "$ROOT/etc/ready"
}

# What a newcomer's clone would have: the last commit, not the work tree.
fresh_copy() {
  local copy=$ROOT/home/citizen/ringmaster
  rm -rf "$copy"
  install -d -o 1000 -g 1000 "$copy"
  git -C "$PROJECT" archive HEAD | tar -C "$copy" --no-same-owner -x
  chown -R 1000:1000 "$copy"
}

# Mounts and processes of its own: whatever is mounted or left running ends with the command.
inside() {
  unshare --mount --pid --fork --kill-child bash -euc '
    root=$1; shift
    mount -t proc proc "$root/proc"
    mount --rbind /dev "$root/dev"
    mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
    exec chroot --userspec=1000:1000 "$root" /usr/bin/env -i HOME=/home/citizen USER=citizen LANG=C.UTF-8 \
      PATH=/usr/local/bin:/usr/bin:/bin bash -c "cd ~/ringmaster; exec \"\$@\"" inside "$@"' inside "$ROOT" "$@"
}

[ -e "$ROOT/etc/ready" ] || make_root
cp /etc/resolv.conf /etc/hosts "$ROOT/etc/"
fresh_copy
if [ "${1:-}" = -- ]; then
  shift
  inside "$@"
  exit
fi

# timed WHAT LIMIT_S COMMAND...: tells how long it took, or what the command itself says after "took"; a step over its
# limit fails the whole, at the end.
late=0
timed() {
  local what=$1 limit=$2 started ended; shift 2
  started=$(date +%s.%N)
  inside "$@" >"$W/last.log" 2>&1 || { tail -30 "$W/last.log"; echo "FAIL $what"; exit 1; }
  ended=$(date +%s.%N)
  awk -v took="$(awk -v a="$started" -v b="$ended" '/^took / { said = $2 } END { print said ? said : b - a }' "$W/last.log")" \
    -v limit="$limit" -v what="$what" \
    'BEGIN { printf "%-40s %6.2f s (at most %d s)\n", what, took, limit; exit took > limit }' || late=1
}

# Starts it, tells when calls are taken, runs the arguments, and ends it by SIGTERM to the one pid.
up='started=$(date +%s.%N)
  ./ringmaster up --sip-port 0 --http-port 0 --ami-port 0 --agi-port 0 --at 2026-11-24T10:00 & up=$!
  until [ -s .ringmaster/state/ready.json ]; do kill -0 $up 2>/dev/null || { wait $up; exit 1; }; sleep .05; done
  ended=$(date +%s.%N)
  "$@"; code=$?
  kill $up; wait $up || code=$?
  awk -v a=$started -v b=$ended "BEGIN { print \"took \" b - a }"
  exit $code'

timed "up on an empty machine: calls are taken" 90 bash -c "$up" up true
timed "up the second time: calls are taken" 8 bash -c "$up" up true
timed "up the third time, with a call" 8 bash -c "$up" up ./ringmaster call --press 1,2 --at-agent 1001 --talk 3
grep -E '^ +[0-9.]+ s ' "$W/last.log"
timed "validate" 1 ./ringmaster validate
timed "explain" 1 ./ringmaster explain --at 2026-12-25T08:30 --language ja --json
exit "$late"
