# Measuring helpers of bench.sh. Times are wall-clock milliseconds; each figure is the median of its runs, the engines in turn.

now_us() { local t=${EPOCHREALTIME/./}; echo "$t"; }

# median FILE: the middle one of the numbers in FILE
median() { sort -n "$1" | awk '{ v[NR] = $1 } END { if (NR) printf "%.2f", (NR % 2) ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

# measure NAME RUNS FUNCTION: calls `FUNCTION engine` RUNS times for every engine in turn, one warm-up each, and records the median.
# A run that fails is reported and makes the figure "failed".
measure() {
  local name=$1 runs=$2 work=$3 engine i start
  for engine in "${engines[@]}"; do
    : >"$tmp/$engine"
    "$work" "$engine" >"$tmp/out" 2>&1 || { echo "  $name on $engine failed:" >&2; tail -3 "$tmp/out" >&2; rm -f "$tmp/$engine"; }
  done
  for ((i = 0; i < runs; i++)); do
    for engine in "${engines[@]}"; do
      [ -e "$tmp/$engine" ] || continue
      declare -F "before_$work" >/dev/null && "before_$work" "$engine"
      start=$(now_us)
      "$work" "$engine" >"$tmp/out" 2>&1 || { tail -3 "$tmp/out" >&2; rm -f "$tmp/$engine"; continue; }
      echo $((($(now_us) - start))) | awk '{ print $1 / 1000 }' >>"$tmp/$engine"
    done
  done
  for engine in "${engines[@]}"; do
    if [ -e "$tmp/$engine" ]; then record "$name" "$engine" "$(median "$tmp/$engine")" ms; else record "$name" "$engine" failed ms; fi
  done
  row "$name"
}

# record NAME ENGINE VALUE UNIT
record() {
  values["$1/$2"]=$3
  printf '{"name":"%s","engine":"%s","value":%s,"unit":"%s"}\n' "$1" "$2" "$([ "$3" = failed ] && echo null || echo "$3")" "$4" >>"$results"
  units["$1"]=$4
}

# row NAME: prints the figure of each engine and the ratio of gantry to docker, with the aim where there is one
row() {
  local name=$1 engine line
  line=$(printf '%-44s' "$name")
  for engine in "${engines[@]}"; do line+=$(printf '%14s' "${values[$name/$engine]:-–}"); done
  local g=${values[$name/gantry]:-} d=${values[$name/docker]:-}
  if [ -n "$g" ] && [ -n "$d" ] && [ "$g" != failed ] && [ "$d" != failed ]; then
    line+=$(awk -v g="$g" -v d="$d" -v t="${aims[$name]:-}" 'BEGIN { r = d ? g / d : 0; printf "%9.3f", r; if (t != "") printf "   %s %s", (r <= t) ? "ok" : "MISSED", "(aim " t ")" }')
  fi
  echo "$line ${units[$name]}"
}

# rss_of PID, rss_of_monitor: resident kilobytes
rss_of() { awk '/^VmRSS/ { print $2 }' "/proc/$1/status" 2>/dev/null || echo 0; }
rss_of_monitor() {
  local pid total=0
  for pid in $(pgrep -f "gantry-monitor.*$state"); do total=$((total + $(rss_of "$pid"))); done
  echo $total
}
