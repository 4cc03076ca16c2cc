# shellcheck shell=bash
# What must hold of the running containers. Sourced by check.sh, which has check() and soon().

SERVICES="asterisk engine wallboard prometheus alertmanager kamailio"
HTTP=http://127.0.0.1:9100
PROM=http://127.0.0.1:9090
WEB_PORT=${RINGMASTER_WEB_PORT:-8088}  # as docker-compose.yml has it
STATE=/var/lib/ringmaster/state

ready() { curl -fsS -m 2 -o /dev/null "$HTTP/readyz"; }

# Sum of a counter's series at the engine, 0 when it has none.
counted() { curl -fsS -m 5 "$HTTP/metrics" | awk -v name="$1" 'index($0, name "{") == 1 { sum += $NF } END { print sum + 0 }'; }

# prometheus_says QUERY CONDITION: its one value fulfils an awk condition on v.
prometheus_says() {
  curl -fsS -m 5 "$PROM/api/v1/query" --data-urlencode "query=$1" |
    python3 -c 'import json, sys; r = json.load(sys.stdin)["data"]["result"]; print(*[s["value"][1] for s in r])' |
    awk -v ok=1 "NF != 1 { ok = 0 } { v = \$1; if (!($2)) { ok = 0; print \"value: \" v } } END { exit !(NR && ok) }"
}

hardened() { # SERVICE
  local status
  status=$(docker compose exec -T "$1" cat /proc/self/status) || return 1
  grep -E '^(Uid|CapEff|CapBnd|NoNewPrivs)' <<<"$status"
  grep -qE '^CapEff:\s+0+$' <<<"$status" && grep -qE '^CapBnd:\s+0+$' <<<"$status" &&
    grep -qE '^NoNewPrivs:\s+1$' <<<"$status" && ! grep -qE '^Uid:\s+0\s' <<<"$status" &&
    [ "$(docker inspect -f '{{.HostConfig.ReadonlyRootfs}}' "$(docker compose ps -q "$1")")" = true ] &&
    cannot_write "$1"
}

# The root is read-only in truth, and what may be written to in memory runs nothing.
cannot_write() { # SERVICE
  docker compose exec -T "$1" sh -c '
    ! touch /usr/here /etc/here 2>/dev/null && cp /bin/true /tmp/here && ! /tmp/here 2>/dev/null; found=$?; rm -f /tmp/here; exit $found' ||
    { echo "$1 can write to its root, or run what it wrote to /tmp"; return 1; }
}

# Every socket of the containers that takes something from outside. Asterisk's resolver has two unnamed UDP sockets of the
# kernel's own range, which nothing is read from but answers to its questions.
only_loopback() {
  local service pid pids='' listening
  for service in $SERVICES; do
    for pid in $(docker top "$(docker compose ps -q "$service")" -o pid | tail -n +2); do pids+="|pid=$pid,"; done
  done
  listening=$(ss -Hltunp | grep -E "${pids#|}" | awk '{ print $1, $5, $7 }')
  echo "$listening"
  for port in 5060 5080 5038 4573 "$WEB_PORT" 9100 9090 9093; do grep -q ":$port " <<<"$listening" || { echo "nobody listens on $port"; return 1; }; done
  ! awk '$2 !~ /^(127\.[0-9.]+|\[::1\]|\[::ffff:127\.[0-9.]+\]):/ { split($2, a, ":"); if (!($1 == "udp" && a[length(a)] >= 32768)) print }' \
    <<<"$listening" | grep .
}

private_files() {
  local open
  docker compose exec -T engine test -s "$STATE/secrets.json" || return 1
  open=$(docker compose exec -T engine find "$STATE" -maxdepth 1 -type f \
    \( -name '*.json' -o -name '*.csv' \) -perm /077) && [ -z "$open" ] || { echo "readable by others: $open"; return 1; }
  [ "$(docker compose exec -T engine stat -c %a "$STATE")" = 700 ]
}

# A citizen's and an agent's SIP phone in the engine's container, through the PBX of the other one.
# An agent's answer alone would not do: without the engine the PBX's own queues give one, too.
answered_call() { # AGENT
  local told step
  told=$(docker compose exec -T engine ringmaster call --press 1,2 --at-agent "$1" --talk 3 --timeout 60 2>&1) ||
    { echo "$told"; return 1; }
  echo "$told"
  for step in 'heard .*greeting' 'pressed +1' 'queued +queue' "ringing +agent $1" "talking +agent $1"; do
    grep -qE " $step" <<<"$told" || { echo "missing: $step"; return 1; }
  done
}

engine_pid() { docker compose exec -T engine python3 -c "import json; print(json.load(open('$STATE/ready.json'))['pid'])"; }

new_engine() { local now; now=$(engine_pid) && [ "$now" != "$1" ] && ready; }

# A new agent in the rules is an endpoint in the PBX, which is another container than the one that is told to reload.
hired() {
  sed -i -E '/^  1001: /{p;s/1001/1999/;s/(name: )[^,]+/\1상담사 99/}' "$CHECK_RULES/agents.yaml"
  docker compose exec -T engine ringmaster reload && soon 15 known_phone 1999
}
known_phone() {
  docker compose exec -T asterisk asterisk -C "$STATE/asterisk/etc/asterisk.conf" -rx "pjsip show endpoint $1" |
    grep -E "Endpoint: +$1/"
}

check "the PBX is Asterisk 22" sh -c 'docker compose exec -T asterisk asterisk -V | grep "^Asterisk 22\."'
check "no engine, PBX, wallboard, Prometheus, Alertmanager or Kamailio runs as root or with a capability" eval 'for s in $SERVICES; do hardened $s || exit 1; done'
check "everything listens on loopback only" only_loopback
check "Kamailio finds the PBX" soon 20 docker compose exec -T kamailio /usr/local/bin/healthy 200
check "Kamailio has no secret within reach" docker compose exec -T kamailio sh -c '! ls /var/lib/ringmaster 2>/dev/null'
check "secrets are in the volume, for their owner only" private_files
check "a call is greeted, routed and answered by an agent" answered_call 1001
check "the engine has counted it" eval '[ "$(counted acd_contacts_answered_total)" = 1 ]'
check "the wallboard is served" docker compose exec -T wallboard python3 -c "
import urllib.request; print(urllib.request.urlopen('http://127.0.0.1:$WEB_PORT/healthz', timeout=10).read())"
check "Prometheus scrapes the engine" soon 30 prometheus_says 'up{job="ringmaster"}' 'v == 1'
check "Prometheus has the answered call" soon 30 prometheus_says 'sum(acd_contacts_answered_total)' 'v == 1'

check "a reload makes a new agent's account in the PBX" hired

killed=$(engine_pid)
docker compose exec -T engine python3 -c "import os; os.kill($killed, 9)"
check "a killed engine is replaced, in the same container" soon 20 new_engine "$killed"

docker compose restart -t 3 asterisk >/dev/null 2>&1
reconnected() { ready && [ "$(counted acd_ami_reconnects_total)" -ge 1 ]; }
check "the engine is ready again after the PBX restarts" soon 30 reconnected
check "a call is answered after the restart" answered_call 1001
