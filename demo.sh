#!/bin/bash
# The whole main job on this machine: installs what is missing, builds the native binaries into out/bin, then builds the Flask
# example, runs it, fetches its page and shows ps, images and logs. The engine has its data in out/demo and is stopped at the end.
#   ./demo.sh                      (as root)
#   GANTRY_DEMO_KEEP=1 ./demo.sh   leaves the engine and the container running
set -euo pipefail
cd "$(dirname "$0")"
. tools/packages.sh
[ "$(id -u)" = 0 ] || { echo "demo.sh: root is needed (namespaces, mounts, networks)" >&2; exit 1; }
need gcc:gcc /usr/include/stdio.h:libc6-dev crun:crun '/usr/lib/*/libnftables.so.1:libnftables1' curl:curl ps:procps \
  /etc/ssl/certs/ca-certificates.crt:ca-certificates
[ -n "${GANTRY_DEMO_NO_BUILD:-}" ] || ./build.sh
state=$PWD/out/demo
mkdir -p "$state"
export PATH=$PWD/out/bin:$PATH DOCKER_HOST=unix://$state/gantry.sock

gantryd -H "$DOCKER_HOST" --data-root "$state/data" --exec-root "$state/run" --pidfile "$state/gantryd.pid" >"$state/gantryd.log" 2>&1 &
engine=$!
cleanup() {
  if [ -n "${GANTRY_DEMO_KEEP:-}" ]; then
    echo "==> left running, for you: export DOCKER_HOST=$DOCKER_HOST"
    return
  fi
  gantry rm -f flask-demo >/dev/null 2>&1 || true
  kill "$engine" 2>/dev/null || true
  wait "$engine" 2>/dev/null || true
}
trap cleanup EXIT
for _ in $(seq 100); do gantry version >/dev/null 2>&1 && break; sleep 0.1; done
gantry version >/dev/null || { echo "demo.sh: the engine did not start:" >&2; cat "$state/gantryd.log" >&2; exit 1; }

if gantry image inspect python:3.9 >/dev/null 2>&1; then
  echo "==> base image python:3.9 is already in the engine's store"
elif timeout 120 gantry pull python:3.9; then
  echo "==> base image and pip index: from the public registries"
else
  echo "==> no registry can be reached: base image python:3.9 and the pip index are made from Debian packages"
  [ -s out/python.tar ] || tools/images/python.sh out/python.tar
  gantry import -c 'ENV PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin' -c 'CMD ["python3"]' out/python.tar python:3.9
fi

say() { printf '\n$ %s\n' "$*"; "$@"; }
say gantry build -t flask-app-example examples/flask
say gantry images
gantry rm -f flask-demo >/dev/null 2>&1 || true
say gantry run --name flask-demo -p 127.0.0.1:5000:5000 -d flask-app-example
for _ in $(seq 100); do curl -fs http://127.0.0.1:5000/ >/dev/null && break; sleep 0.1; done
say curl -fsS http://127.0.0.1:5000/
echo
say gantry ps
say gantry logs flask-demo
echo
echo "==> done"
