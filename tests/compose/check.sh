#!/usr/bin/env bash
# Builds and starts the containers of docker-compose.yml as they are, places a real SIP call through them, and restarts
# the PBX under the engine. Needs root on Debian 12 or 13, its archive and PyPI; no Docker, no image registry.
# Exit: 0 all passed; 1 a check or a step failed; 69 no container engine can be had on this machine.
# usage: check.sh [--keep]      --keep leaves everything running for a look (DOCKER_HOST is printed)
#        check.sh --stop        ends what --keep left
# W (default /var/tmp/ringmaster-compose, about 2.5 GB, on ext4 or xfs) holds all that this makes; it may be deleted when
# nothing runs. The second run takes a fraction of the first.
set -euo pipefail
HERE=$(cd "$(dirname "$0")" && pwd)
PROJECT=$(cd "$HERE/../.." && pwd)
W=${W:-/var/tmp/ringmaster-compose}
# shellcheck source=tests/compose/container_engine.sh
. "$HERE/container_engine.sh"
# shellcheck source=tests/compose/base_images.sh
. "$HERE/base_images.sh"
[ "$(id -u)" = 0 ] || unavailable "it takes root (this is $(id -un)); try: sudo $0"
mkdir -p "$W"/{tmp,cfg,d}
W=$(cd "$W" && pwd -P)
TRIPLET=$(uname -m)-linux-gnu
CGROUP=ringmaster-compose
export CHECK_RULES=$W/rules
export TMPDIR=$W/tmp DOCKER_HOST=unix://$W/d/docker.sock DOCKER_CONFIG=$W/cfg DOCKER_BUILDKIT=1
export COMPOSE_PROJECT_NAME=ringmaster-check COMPOSE_FILE=$PROJECT/docker-compose.yml:$HERE/override.yml
export PATH=$W/tools/usr/sbin:$W/tools/usr/bin:$PATH:/usr/sbin:/sbin
export LD_LIBRARY_PATH=$W/tools/usr/lib/$TRIPLET:$W/tools/lib/$TRIPLET

STARTED=$(date +%s)
step() { echo "== [$(($(date +%s) - STARTED)) s] $*"; }
die() { echo "compose check failed: $*" >&2; exit 1; }

finish() {
  local code=$?
  set +e
  if [ "${KEEP:-}" ]; then
    echo "still running: export DOCKER_HOST=$DOCKER_HOST DOCKER_CONFIG=$DOCKER_CONFIG; end it with $0 --stop"
    return
  fi
  docker compose --profile monitoring --profile scale down -v --remove-orphans -t 2 >/dev/null 2>&1
  stop_engine
  step "containers and container engine stopped"
  exit "$code"
}

KEEP=
case ${1:-} in
  --keep) KEEP=yes ;;
  --stop) finish ;;
  "") ;;
  *) echo "usage: $0 [--keep | --stop]" >&2; exit 2 ;;
esac

step "a container engine, in $W"
require_container_machine
ARCHIVE=$(archive)
fetch_packages "$W/tools" dockerd docker.io mmdebstrap || unavailable "its packages could not be fetched"
fetch_plugins || unavailable "compose and buildx could not be fetched"
trap finish EXIT
trap 'exit 130' INT TERM
start_engine
docker info --format 'dockerd {{.ServerVersion}}, {{.Driver}}, cgroup v{{.CgroupVersion}}' 2>/dev/null
cd "$PROJECT"
docker compose config -q || die "docker-compose.yml is not valid"
docker compose --env-file docker/scale.env config -q || die "docker-compose.yml is not valid with docker/scale.env"

step "base images"
monitoring=$(docker compose --profile monitoring config --images)
base_images "$(grep '^prom/prometheus:' <<<"$monitoring")" "$(grep '^prom/alertmanager:' <<<"$monitoring")" || die "a base image could not be made"

step "build"
docker compose --profile scale build >"$W/build.log" 2>&1 || { tail -40 "$W/build.log" >&2; die "the images do not build"; }

step "start"
rm -rf "$CHECK_RULES" && cp -r dialplan/rules "$CHECK_RULES" && chmod -R a+rX "$CHECK_RULES"
docker compose --profile monitoring --profile scale down -v --remove-orphans -t 2 >/dev/null 2>&1  # an interrupted run's
for port in 5060 5038 4573 9100 9090 9093; do
  if (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
    die "port $port is in use: $(ss -Hltnp "sport = :$port" | head -1)"
  fi
done
if ! docker compose up -d --no-build --pull never --wait --wait-timeout 120; then
  docker compose ps -a >&2
  docker compose logs --no-color --tail 40 >&2
  die "the services did not become healthy"
fi
# Of the profile `monitoring` what Debian has; there is no Grafana to be had without a registry.
docker compose --profile monitoring up -d --no-build --pull never alertmanager || die "the Alertmanager did not start"
# Of the profile `scale` the edge; PostgreSQL's image is to be had in a registry only, and the second engine needs it.
docker compose --profile scale up -d --no-build --pull never --no-deps kamailio || die "Kamailio did not start"
docker compose ps --format '{{.Service}} {{.Image}} {{.Status}}'

step "checks"
passed=0 failed=0
# check WHAT COMMAND...: passes when the command succeeds, at the first try
check() {
  local what=$1 output began; shift
  began=$(date +%s)
  if output=$("$@" 2>&1); then passed=$((passed + 1)); echo "ok    $what ($(($(date +%s) - began)) s)"
  else failed=$((failed + 1)); echo "FAIL  $what"; sed 's/^/      /' <<<"$output" | tail -30; fi
}
# soon SECONDS COMMAND...: succeeds as soon as the command does
soon() {
  local deadline=$(($(date +%s) + $1)); shift
  until "$@"; do [ "$(date +%s)" -lt "$deadline" ] || return 1; sleep .5; done
}
# shellcheck source=tests/compose/checks.sh
. "$HERE/checks.sh"

step "$passed of $((passed + failed)) checks passed"
echo "$passed passed, $failed failed"
[ "$failed" = 0 ]
