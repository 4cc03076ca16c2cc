# shellcheck shell=bash
# A container engine for the compose check, from Debian's packages, without installing one of them.
# Sourced by check.sh. It may write below $W only: the packages are unpacked, the daemon has a socket, a data folder and
# a control group of its own, no bridge and no firewall rule, so that nothing else on the machine can notice it.

UNAVAILABLE=69  # EX_UNAVAILABLE: this machine cannot run containers; says nothing about Ringmaster

unavailable() {
  echo "compose check: no container engine can be had here: $*" >&2
  exit "$UNAVAILABLE"
}

# The archive that this machine's apt is configured for.
archive() {
  local found
  found=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' | grep -v security | head -1)
  [ "$found" ] || unavailable "apt knows no archive"
  echo "${found%/}"
}

require_container_machine() {
  local tool
  for tool in apt-get dpkg-deb setsid perl python3 curl; do
    type -P "$tool" >/dev/null || unavailable "the program $tool is missing"
  done
  grep -qx 'ID=debian' /etc/os-release || unavailable "this is not Debian; the engine comes from Debian's packages"
  grep -qw overlay /proc/filesystems || modprobe overlay 2>/dev/null || unavailable "the kernel has no overlay file system"
  local kind
  kind=$(stat -f -c %T "$W")
  case $kind in
    ext2/ext3 | xfs | btrfs) ;;
    *) unavailable "$W lies on $kind, where overlay2 cannot store images; set W to a folder on ext4 or xfs" ;;
  esac
  [ "$(df --output=avail -BM "$W" | tail -1 | tr -dc 0-9)" -ge 3000 ] || unavailable "$W has less than 3 GB free"
}

# fetch_packages FOLDER PROGRAM PACKAGE...: unpacks packages, and what they need that the machine lacks, unless PROGRAM is
# here already. PATH and LD_LIBRARY_PATH name FOLDER.
fetch_packages() {
  local into=$1 program=$2; shift 2
  type -P "$program" >/dev/null && return
  mkdir -p "$into.debs/partial" "$into"
  apt-get install -y -qq --no-install-recommends --download-only -o Dir::Cache::archives="$into.debs" "$@" >"$W/apt.log" 2>&1 ||
    { apt-get update -qq && apt-get install -y -qq --no-install-recommends --download-only \
        -o Dir::Cache::archives="$into.debs" "$@"; } >"$W/apt.log" 2>&1 || { tail -20 "$W/apt.log"; return 1; }
  local deb
  for deb in "$into.debs"/*.deb; do dpkg-deb -x "$deb" "$into"; done
}

# plugins of the docker client: Debian 12 has neither; those of 13 need nothing but its libc.
fetch_plugins() {
  local plugins=$DOCKER_CONFIG/cli-plugins apt=$W/apt
  test -x "$plugins/docker-compose" && test -x "$plugins/docker-buildx" && return
  mkdir -p "$apt"/{lists/partial,cache} "$plugins"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg check-valid-until=no] $ARCHIVE trixie main" >"$apt/sources.list"
  printf '%s\n' "Dir::Etc::sourcelist \"$apt/sources.list\";" 'Dir::Etc::sourceparts "/dev/null";' \
    "Dir::State::lists \"$apt/lists\";" "Dir::Cache \"$apt/cache\";" 'APT::Sandbox::User "root";' >"$apt/apt.conf"
  (export APT_CONFIG=$apt/apt.conf; cd "$apt" && apt-get update -qq && apt-get download -qq docker-compose docker-buildx) \
    >"$W/apt.log" 2>&1 || { tail -20 "$W/apt.log"; return 1; }
  local deb
  for deb in "$apt"/docker-*.deb; do dpkg-deb -x "$deb" "$apt/x"; done
  cp "$apt"/x/usr/libexec/docker/cli-plugins/docker-{compose,buildx} "$plugins/"
}

start_engine() {
  if docker info >/dev/null 2>&1; then return; fi  # left running by --keep
  mkdir -p "$W"/{d,tmp}
  rm -f "$W/d/pid"
  # Everything runs on the host's network, so the daemon needs no bridge; without one it leaves the firewall alone.
  setsid nohup dockerd --data-root "$W/d/data" --exec-root "$W/d/exec" --pidfile "$W/d/pid" -H "$DOCKER_HOST" \
    --bridge=none --iptables=false --ip-forward=false --cgroup-parent="$CGROUP" \
    >"$W/d/log" 2>&1 </dev/null &
  local _
  for _ in $(seq 120); do
    docker info >/dev/null 2>&1 && return
    kill -0 $! 2>/dev/null || break
    sleep .25
  done
  tail -20 "$W/d/log" >&2
  unavailable "dockerd did not start; its last words are above"
}

stop_engine() {
  local pid _ mounted
  pid=$(cat "$W/d/pid" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || return 0
  for _ in $(seq 120); do kill -0 "$pid" 2>/dev/null || break; sleep .25; done
  # The daemon leaves a network namespace mounted.
  for mounted in $(grep -oE " $W/[^ ]+" /proc/mounts | sort -r); do umount "$mounted"; done
  find /sys/fs/cgroup -depth -type d -path "*/$CGROUP*" -exec rmdir {} + 2>/dev/null
  return 0
}
