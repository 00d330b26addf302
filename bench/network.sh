# Networks beside Docker: names, ports, networks and connections. Costs, so that less is better in every row: microseconds a name query,
# milliseconds to bring a gigabyte through a published port. Sourced by bench.sh. Clients are iperf3 and dnsperf of the host, run inside the
# containers' network namespaces; the foreign client is in a namespace of its own on a link of its own.
need iperf3:iperf3 dnsperf:dnsperf nsenter:util-linux ip:iproute2

outside=gantry-bench
ip netns add "$outside"
ip link add gbench0 type veth peer name gbench1 netns "$outside"
ip addr add 198.51.100.1/30 dev gbench0 && ip link set gbench0 up
ip -n "$outside" addr add 198.51.100.2/30 dev gbench1 && ip -n "$outside" link set gbench1 up && ip -n "$outside" link set lo up
leave_network() { ip link del gbench0 2>/dev/null; ip netns del "$outside" 2>/dev/null; }
trap 'leave_network; tidy' EXIT

pid_of() { on "$1" inspect -f '{{.State.Pid}}' "$2"; }
in_container() { local pid; pid=$(pid_of "$1" "$2"); shift 2; nsenter -t "$pid" -n "$@"; }

# Names: a client and a server on a network of their own
printf 'bench-named A\n' >"$tmp/names"
for engine in "${engines[@]}"; do
  on "$engine" network create bench-names >/dev/null
  for name in bench-named bench-asking; do on "$engine" run -d --name $name $label --network bench-names bench-busybox sleep 100000 >/dev/null; done
  in_container "$engine" bench-asking dnsperf -s 127.0.0.11 -d "$tmp/names" -l 4 -c 4 -T 2 >"$tmp/dnsperf" 2>&1
  record "name query in a container" "$engine" "$(awk '/Queries per second/ { if ($4 > 0) printf "%.2f", 1000000 / $4 }' "$tmp/dnsperf")" us
done
row "name query in a container"

connect_once() { on "$1" network connect bench-other bench-named && on "$1" network disconnect bench-other bench-named; }
for engine in "${engines[@]}"; do on "$engine" network create bench-other >/dev/null; done
measure "network connect + disconnect" "$runs" connect_once
for engine in "${engines[@]}"; do
  on "$engine" rm -f bench-named bench-asking >/dev/null
  on "$engine" network rm bench-names bench-other >/dev/null
done
twenty_networks() {
  local i names=()
  for i in $(seq 20); do names+=("bench-net-$i"); on "$1" network create "bench-net-$i" || return; done
  on "$1" network rm "${names[@]}"
}
measure "20 networks made and removed" 3 twenty_networks

# Throughput through a published port
for engine in "${engines[@]}"; do
  on "$engine" run -d --name bench-iperf $label -p 25201:5201 bench-busybox sleep 100000 >/dev/null
  for way in "loopback 127.0.0.1" "another namespace 198.51.100.1"; do
    in_container "$engine" bench-iperf iperf3 -s -1 >/dev/null 2>&1 &
    server=$!
    sleep 0.5
    client=(iperf3 -c "${way##* }" -p 25201 -t 4 -J)
    case $way in another*) client=(ip netns exec "$outside" "${client[@]}") ;; esac
    "${client[@]}" >"$tmp/iperf" 2>&1
    kill "$server" 2>/dev/null
    wait "$server" 2>/dev/null
    record "a gigabyte through a port, ${way% *}" "$engine" \
      "$(python3 -c 'import json, sys; print("%.1f" % (8e12 / json.load(open(sys.argv[1]))["end"]["sum_received"]["bits_per_second"]))' "$tmp/iperf" 2>/dev/null || echo failed)" ms
  done
  on "$engine" rm -f bench-iperf >/dev/null
done
row "a gigabyte through a port, loopback"
row "a gigabyte through a port, another namespace"

one_port() { on "$1" run --rm $label -p 127.0.0.1:21000:80 bench-busybox true; }
many_ports() { on "$1" run --rm $label -p 127.0.0.1:21000-21499:1000-1499 bench-busybox true; }
measure "start: 1 published port" "$runs" one_port
engines_all=("${engines[@]}")
engines=(gantry) # Docker starts a proxy process for each port
measure "start: 500 published ports" 3 many_ports
engines=("${engines_all[@]}")
leave_network
trap tidy EXIT
