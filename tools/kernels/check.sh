#!/bin/bash
# What must hold on every supported kernel and cgroup hierarchy; run inside the emulated machine by init.sh.
failed=0
export DOCKER_HOST=unix:///run/gantry.sock
v2=$([ -f /sys/fs/cgroup/cgroup.controllers ] && echo 1)
engine() {
  gantryd -H $DOCKER_HOST --data-root /var/lib/gantry --exec-root /run/gantry --pidfile /run/gantryd.pid >>/var/log/gantryd 2>&1 &
  for _ in $(seq 120); do gantry version >/dev/null 2>&1 && return; sleep 1; done
  echo "FAIL the engine does not answer"
}
# expect NAME PATTERN COMMAND...: the output (both streams) matches the extended regular expression as a whole, lines joined by spaces
expect() {
  local name=$1 pattern=$2 out
  shift 2
  out=$(timeout 120 "$@" 2>&1 | tr '\n' ' ')
  if [[ $out =~ ^$pattern\ ?$ ]]; then echo "ok   $name"; else echo "FAIL $name: $out"; failed=1; fi
}
limits() {
  if [ "$v2" ]; then
    expect "$1" "$2 $3 $4" gantry exec held sh -c 'cd /sys/fs/cgroup; cat memory.max pids.max cpu.max | tr " " /'
  else
    expect "$1" "$2 $3 $4" gantry exec held sh -c 'cd /sys/fs/cgroup; echo $(cat memory/memory.limit_in_bytes) $(cat pids/pids.max) $(cat cpu*/cpu.cfs_quota_us | head -1)/$(cat cpu*/cpu.cfs_period_us | head -1)'
  fi
}

echo "info $(uname -r)"
engine
gantry import -c 'CMD ["sh"]' -c 'ENV PATH=/bin:/usr/bin:/sbin:/usr/sbin' /gantry/busybox.tar busybox >/dev/null
expect "runs" "hello" gantry run --rm busybox echo hello
expect "exit code" "7" bash -c 'gantry run --rm busybox sh -c "exit 7"; echo $?'
expect "no warnings about the host" "" bash -c 'gantry info 2>&1 | grep -i warning'
gantry run -d --name held --memory 64m --cpus 0.5 --pids-limit 5 busybox sleep 100000 >/dev/null
limits "limits" 67108864 5 50000/100000
expect "no more processes than allowed" ".*can't fork.*" gantry exec held sh -c 'for i in 1 2 3 4 5 6 7 8; do sleep 3 & done; wait'
expect "update" "held" gantry update --memory 100m --memory-swap -1 --pids-limit 77 --cpus 1 held
limits "limits after update" 104857600 77 100000/100000
expect "out of memory" "true 137" bash -c 'gantry run --name big --memory 16m --memory-swap 16m busybox tail /dev/zero >/dev/null 2>&1; gantry inspect -f "{{.State.OOMKilled}} {{.State.ExitCode}}" big'
expect "stats" "held [0-9.]+[KM]iB / 100MiB [1-9][0-9]*" gantry stats --no-stream --format '{{.Name}} {{.MemUsage}} {{.PIDs}}' held
expect "pause" "held Up .*\(Paused\)" bash -c 'gantry pause held; gantry ps --format "{{.Status}}"'
expect "unpause" "held" gantry unpause held
expect "a device not allowed" ".*Operation not permitted" gantry run --rm --cap-add SYS_ADMIN busybox sh -c 'mknod /tmp/k c 1 11 && head -c0 /tmp/k'
expect "a device allowed" "yes" gantry run --rm --cap-add SYS_ADMIN --device-cgroup-rule 'c 1:11 r' busybox sh -c 'mknod /tmp/k c 1 11; head -c0 /tmp/k && echo yes'
expect "privileged" "yes" gantry run --rm --privileged busybox sh -c 'mknod /tmp/k c 1 11; head -c0 /tmp/k && echo yes'
expect "read-only bind" ".*Read-only file system" gantry run --rm -v /var/log:/log:ro busybox touch /log/x
gantry run -d --name web -p 8080:80 busybox sh -c 'mkdir /w; echo page > /w/index.html; httpd -f -p 80 -h /w' >/dev/null
expect "published port" "page" bash -c 'for i in 1 2 3 4 5 6 7 8 9; do curl -sS http://127.0.0.1:8080/ && break; sleep 1; done'
gantry network create own >/dev/null
gantry run -d --name named --network own busybox sleep 100000 >/dev/null
expect "name resolution" ".* 0% packet loss.*" gantry run --rm --network own busybox ping -c 1 named
expect "build" ".*Successfully tagged made:latest" bash -c 'printf "FROM busybox\nRUN echo a > /a\nRUN rm -r /var && echo b >> /a\n" | gantry build --progress plain -t made - 2>&1 | tail -1; gantry images -q made >/dev/null && echo Successfully tagged made:latest'
expect "built layers" "a b" gantry run --rm made cat /a
for i in $(seq 40); do echo "RUN echo $i > /f$i"; done | sed '1i FROM busybox' | gantry build -q -t deep - >/dev/null
expect "forty layers" "40 1" gantry run --rm deep sh -c 'cat /f40 /f1'
kill -9 "$(cat /run/gantryd.pid)"
sleep 1
engine
expect "containers after the engine was killed" "held named web" bash -c 'gantry ps --format "{{.Names}}" | sort'
expect "exit code learnt after that" "137" bash -c 'gantry kill held >/dev/null; gantry wait held'
gantry rm -f $(gantry ps -aq) >/dev/null
expect "nothing left of the containers" "" bash -c 'find /sys/fs/cgroup -type d | grep -E "[0-9a-f]{64}"; grep -E "overlay|shm .*/containers/" /proc/mounts'
grep -E 'level=(warning|error)' /var/log/gantryd | sed 's/^/info log: /'
if [ $failed = 0 ]; then echo "=> all held"; else echo "=> not all held"; fi
