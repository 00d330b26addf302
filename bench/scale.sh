# Start time of one container beside 200 others, beside 100 published ports, and of an image of 100 layers. Sourced by bench.sh.
engines_all=("${engines[@]}")
engines=(gantry)
run_deep() { on "$1" run --rm $label bench-deep true; }

measure "start: nothing else" "$runs" run_bridge
on gantry run -d --name bench-ports $label $(for p in $(seq 20000 20099); do printf -- '-p 127.0.0.1:%d:%d ' "$p" "$p"; done) bench-busybox sleep 100000 >/dev/null
measure "start: 100 published ports" "$runs" run_bridge
on gantry rm -f bench-ports >/dev/null
mkdir -p "$tmp/deep"
{ echo "FROM bench-busybox"; for i in $(seq 99); do echo "COPY f$i /f$i"; echo "$i" >"$tmp/deep/f$i"; done; } >"$tmp/deep/Dockerfile"
on gantry build -q -t bench-deep "$tmp/deep" >/dev/null
measure "start: image of 100 layers" "$runs" run_deep
for i in $(seq 200); do on gantry run -d $label bench-busybox sleep 100000; done >"$tmp/many"
measure "start: 200 other containers" "$runs" run_bridge
on gantry rm -f $(cat "$tmp/many") >/dev/null
engines=("${engines_all[@]}")
