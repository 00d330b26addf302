# Resident memory of the engines at rest, and what one more running container adds to it. Sourced by bench.sh.

# rss_kb PATTERN...: sum of VmRSS over the processes whose executable name is one of these and that belong to the engine measured
rss_kb() {
  local total=0 pid name
  for name in "$@"; do
    for pid in $(pgrep -x "$name"); do
      total=$((total + $(awk '/^VmRSS/ { n = $2 } END { print n + 0 }' "/proc/$pid/status" 2>/dev/null || echo 0)))
    done
  done
  echo $total
}
engine_rss() {
  case $1 in
    docker) rss_kb dockerd containerd containerd-shim ;;
    gantry) echo $(($(rss_of "$gantryd") + $(rss_of_monitor))) ;;
  esac
}
for engine in "${engines[@]}"; do
  [ "$engine" = podman ] && continue
  sleep 8 # what the figures before took has been given back, or never will be
  idle=$(engine_rss "$engine")
  record "memory: engine idle (RSS)" "$engine" "$(awk -v k="$idle" 'BEGIN { printf "%.1f", k / 1024 }')" MiB
  for i in $(seq 20); do on "$engine" run -d $label bench-busybox sleep 100000 >>"$tmp/sleepers-$engine"; done
  sleep 8
  busy=$(engine_rss "$engine")
  record "memory: per running container (RSS)" "$engine" "$(awk -v a="$idle" -v b="$busy" 'BEGIN { printf "%.2f", (b - a) / 1024 / 20 }')" MiB
  on "$engine" rm -f $(cat "$tmp/sleepers-$engine") >/dev/null
done
row "memory: engine idle (RSS)"
row "memory: per running container (RSS)"
