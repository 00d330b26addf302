#!/bin/bash
# Runs the same commands on Gantry and on a real Docker Engine (and podman where it is) in turn, prints medians and the ratio of
# Gantry to Docker, and keeps the figures as data in bench/results/.
#   ./bench.sh                      a Docker Engine at BENCH_DOCKER_HOST, or on the standard socket; the docker CLI on PATH
#   BENCH_RUNS=20 ./bench.sh        more runs of each quick figure (default 10)
#   BENCH_PODMAN="podman" ./bench.sh   also podman, as this command line
#   ./bench.sh run exec             only the groups whose names match: run exec list build logs images memory network many scale
set -uo pipefail
cd "$(dirname "$0")"
. tools/packages.sh
. bench/lib.sh
[ "$(id -u)" = 0 ] || { echo "bench.sh: root is needed" >&2; exit 1; }
need crun:crun '/usr/lib/*/libnftables.so.1:libnftables1' curl:curl
[ -x out/bin/gantryd ] || ./build.sh || exit 1
runs=${BENCH_RUNS:-10}
tmp=$(mktemp -d)
results=bench/results/$(date -u +%Y%m%dT%H%M%SZ).jsonl
declare -A values units aims=(
  ["run --rm busybox true, bridge"]=0.12 ["run --rm busybox true, network none"]=0.10 ["exec true"]=0.2 ["ps"]=0.5 ["create + rm"]=0.25
  ["10 containers in parallel, run --rm"]=0.12 ["Flask build, no cache"]=0.45 ["Flask build, fully cached"]=0.5
  ["200,000 log lines written and read"]=0.3 ["memory: engine idle (RSS)"]=0.3 ["memory: per running container (RSS)"]=0.1
  ["a million log lines written, json-file"]=0.2 ["a million log lines written, local"]=0.2 ["CPU: stats of 100 containers"]=0.2
  ["name query in a container"]=0.1 ["a gigabyte through a port, loopback"]=0.5 ["a gigabyte through a port, another namespace"]=1)

state=$(mktemp -d /tmp/gantry-bench.XXXXXX)
gantry_host=unix://$state/gantry.sock
out/bin/gantryd -H "$gantry_host" --data-root "$state/data" --exec-root "$state/run" --pidfile "$state/gantryd.pid" >"$state/log" 2>&1 &
gantryd=$!
docker_host=${BENCH_DOCKER_HOST:-unix:///var/run/docker.sock}
engines=(gantry)
DOCKER_HOST=$docker_host docker version >/dev/null 2>&1 && engines=(docker gantry)
[ -n "${BENCH_PODMAN:-}" ] && engines+=(podman)
on() {
  local engine=$1
  shift
  case $engine in
    gantry) DOCKER_HOST=$gantry_host out/bin/gantry "$@" ;;
    docker) DOCKER_HOST=$docker_host DOCKER_BUILDKIT=0 docker "$@" ;;
    podman) $BENCH_PODMAN "$@" ;;
  esac
}
tidy() {
  local engine
  for engine in "${engines[@]}"; do
    on "$engine" ps -aq --filter label=gantry-bench >"$tmp/ids" 2>/dev/null
    [ -s "$tmp/ids" ] && on "$engine" rm -f $(cat "$tmp/ids") >/dev/null 2>&1
    on "$engine" rmi -f bench-flask bench-deep >/dev/null 2>&1
  done
  kill "$gantryd" 2>/dev/null
  wait "$gantryd" 2>/dev/null
  rm -rf "$tmp"
  rm -rf --one-file-system "$state"
}
trap tidy EXIT
for _ in $(seq 100); do on gantry version >/dev/null 2>&1 && break; sleep 0.1; done
on gantry version >/dev/null || { cat "$state/log" >&2; exit 1; }

[ -s out/busybox.tar ] || tools/images/busybox.sh out/busybox.tar
wanted() { [ ${#groups[@]} -eq 0 ] && return 0; local g; for g in "${groups[@]}"; do [ "$g" = "$1" ] && return 0; done; return 1; }
groups=("$@")
for engine in "${engines[@]}"; do
  on "$engine" image inspect bench-busybox >/dev/null 2>&1 || on "$engine" import -c 'CMD ["sh"]' -c 'ENV PATH=/bin:/usr/bin:/sbin:/usr/sbin' out/busybox.tar bench-busybox >/dev/null
done
mkdir -p bench/results
printf '%-44s' "median of $runs runs"
printf '%14s' "${engines[@]}"
echo "    ratio"

label="--label gantry-bench"
run_bridge() { on "$1" run --rm $label bench-busybox true; }
run_none() { on "$1" run --rm --network none $label bench-busybox true; }
exec_true() { on "$1" exec bench-sleep true; }
list() { on "$1" ps; }
create_rm() { on "$1" rm "$(on "$1" create $label bench-busybox true)"; }
parallel() { local i pids=(); for i in 1 2 3 4 5 6 7 8 9 10; do run_bridge "$1" & pids+=($!); done; wait "${pids[@]}"; }
build_cold() { on "$1" build --no-cache -q -t bench-flask examples/flask; }
build_cached() { on "$1" build -q -t bench-flask examples/flask; }
log_lines() {
  on "$1" rm -f bench-logs >/dev/null 2>&1
  on "$1" run --name bench-logs $label bench-busybox seq 1 200000 >/dev/null && [ "$(on "$1" logs bench-logs | tail -1)" = 200000 ]
}

if wanted run; then
  measure "run --rm busybox true, bridge" "$runs" run_bridge
  measure "run --rm busybox true, network none" "$runs" run_none
  measure "10 containers in parallel, run --rm" 5 parallel
fi
if wanted exec || wanted list; then
  for engine in "${engines[@]}"; do on "$engine" run -d --name bench-sleep $label bench-busybox sleep 100000 >/dev/null; done
  wanted exec && measure "exec true" "$runs" exec_true
  if wanted list; then
    measure "ps" "$runs" list
    measure "create + rm" "$runs" create_rm
  fi
  for engine in "${engines[@]}"; do on "$engine" rm -f bench-sleep >/dev/null; done
fi
if wanted build; then
  [ -s out/python.tar ] || tools/images/python.sh out/python.tar
  for engine in "${engines[@]}"; do
    on "$engine" import -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' -c 'CMD ["python3"]' out/python.tar python:3.9 >/dev/null
  done
  measure "Flask build, no cache" 5 build_cold
  measure "Flask build, fully cached" "$runs" build_cached
fi
if wanted logs; then
  measure "200,000 log lines written and read" 3 log_lines
  for engine in "${engines[@]}"; do on "$engine" rm -f bench-logs >/dev/null 2>&1; done
  . bench/logs.sh
fi
wanted images && . bench/images.sh
wanted memory && . bench/memory.sh
wanted network && . bench/network.sh
wanted many && . bench/many.sh
wanted scale && . bench/scale.sh
echo "kept in $results"
