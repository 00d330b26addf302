# Log throughput of one container by driver, beside Docker, and the end of a log of a gigabyte. Sourced by bench.sh.
log_line=$(printf 'x%.0s' $(seq 80))
write_log() { # ENGINE DRIVER
  local id
  id=$(on "$1" run -d $label --network none --log-driver "$2" --log-opt max-size=2g bench-busybox sh -c "yes $log_line | head -n 1000000")
  [ "$(on "$1" wait "$id")" = 0 ] && on "$1" rm "$id"
}
log_json() { write_log "$1" json-file; }
log_local() { write_log "$1" local; }
measure "a million log lines written, json-file" 3 log_json
measure "a million log lines written, local" 3 log_local

engines_all=("${engines[@]}")
engines=(gantry)
for driver in json-file local; do
  on gantry run -d --name "bench-big-$driver" $label --network none --log-driver "$driver" --log-opt max-size=2g bench-busybox sh -c "yes $log_line | head -n 7000000" >/dev/null
  on gantry wait "bench-big-$driver" >/dev/null
done
tail_json() { on "$1" logs --tail 10 bench-big-json-file; }
tail_local() { on "$1" logs --tail 10 bench-big-local; }
measure "logs --tail 10 of 1 GB, json-file" "$runs" tail_json
measure "logs --tail 10 of 1 GB, local" "$runs" tail_local
on gantry rm -f bench-big-json-file bench-big-local >/dev/null
engines=("${engines_all[@]}")
