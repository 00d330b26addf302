# What many containers cost: statistics, health probes, command throughput beside Docker, and the engine's memory and `ps -a` over the number
# of running containers. CPU times are those of the engine's processes and of the children they waited for, in milliseconds a second.
# Sourced by bench.sh.

# pids_of ENGINE: the processes that make up the engine
pids_of() {
  case $1 in
    docker) pgrep -x dockerd; pgrep -x containerd; pgrep -x containerd-shim ;;
    gantry) echo "$gantryd"; pgrep -f "gantry-monitor.*$state" ;;
  esac
}
# cpu_ticks ENGINE: user and system time so far, with that of children
cpu_ticks() {
  local pid total=0
  for pid in $(pids_of "$1"); do total=$((total + $(awk '{ sub(/.*\) /, ""); print $12 + $13 + $14 + $15 }' "/proc/$pid/stat" 2>/dev/null || echo 0))); done
  echo $total
}
# cpu_over NAME SECONDS ENGINE COMMAND...: milliseconds of CPU per second while the command runs
cpu_over() {
  local name=$1 seconds=$2 engine=$3 before
  shift 3
  before=$(cpu_ticks "$engine")
  "$@"
  record "$name" "$engine" "$(awk -v t=$(($(cpu_ticks "$engine") - before)) -v s="$seconds" -v hz="$(getconf CLK_TCK)" 'BEGIN { printf "%.2f", t * 1000 / hz / s }')" ms/s
}
watch_stats() { # a CLI of its own, so that it can be ended by its process id
  local host cli=docker
  case $1 in gantry) host=$gantry_host cli=out/bin/gantry ;; *) host=$docker_host ;; esac
  DOCKER_HOST=$host timeout -s KILL 10 "$cli" stats >/dev/null 2>&1 || true
}
exec_many() { local i pids=(); for i in 1 2 3 4; do (for _ in $(seq 10); do on "$1" exec bench-exec true; done) & pids+=($!); done; wait "${pids[@]}"; }

for engine in "${engines[@]}"; do
  [ "$engine" = podman ] && continue
  : >"$tmp/hundred"
  for i in $(seq 100); do on "$engine" run -d $label --network none bench-busybox sleep 100000 >>"$tmp/hundred"; done
  cpu_over "CPU: stats of 100 containers" 10 "$engine" watch_stats "$engine"
  on "$engine" rm -f $(cat "$tmp/hundred") >/dev/null
  : >"$tmp/probed"
  for i in $(seq 50); do
    on "$engine" run -d $label --network none --health-cmd true --health-interval 1s bench-busybox sleep 100000 >>"$tmp/probed"
  done
  sleep 3
  cpu_over "CPU: 50 health probes a second" 10 "$engine" sleep 10
  on "$engine" rm -f $(cat "$tmp/probed") >/dev/null
  on "$engine" run -d --name bench-exec $label --network none bench-busybox sleep 100000 >/dev/null
done
row "CPU: stats of 100 containers"
row "CPU: 50 health probes a second"
measure "40 execs, 4 at a time" 3 exec_many
for engine in "${engines[@]}"; do on "$engine" rm -f bench-exec >/dev/null; done

engines_all=("${engines[@]}")
engines=(gantry)
list_all() { on "$1" ps -a; }
: >"$tmp/thousand"
for count in 100 300 1000; do
  while [ "$(wc -l <"$tmp/thousand")" -lt "$count" ]; do on gantry run -d $label --network none bench-busybox sleep 100000 >>"$tmp/thousand" || break; done
  record "memory: engine with $count running (RSS)" gantry "$(awk -v k="$(rss_of "$gantryd")" 'BEGIN { printf "%.1f", k / 1024 }')" MiB
  record "memory: monitor with $count running (RSS)" gantry "$(awk -v k="$(rss_of_monitor)" 'BEGIN { printf "%.1f", k / 1024 }')" MiB
  row "memory: engine with $count running (RSS)"
  row "memory: monitor with $count running (RSS)"
  measure "ps -a with $count running" "$runs" list_all
done
xargs -n 100 <"$tmp/thousand" | while read -r ids; do on gantry rm -f $ids >/dev/null; done
engines=("${engines_all[@]}")
