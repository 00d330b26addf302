#!/bin/bash
# Sets up what the tests need and runs all of them; the last line is "N passed, N failed, N skipped".
#   ./test.sh                 everything (root, a real kernel)
#   ./test.sh Images Cli      only the test projects whose names contain one of these words
set -uo pipefail
cd "$(dirname "$0")"
. tools/packages.sh
[ "$(id -u)" = 0 ] || { echo "test.sh: root is needed: the tests make namespaces, mounts and networks" >&2; exit 1; }
need gcc:gcc /usr/include/stdio.h:libc6-dev crun:crun runc:runc '/usr/lib/*/libnftables.so.1:libnftables1' nft:nftables ip:iproute2 \
  /usr/share/doc/busybox-static:busybox-static xz:xz-utils bzip2:bzip2 skopeo:skopeo docker-registry:docker-registry ps:procps python3:python3 tar:tar curl:curl git:git \
  /usr/lib/python3/dist-packages/docker/__init__.py:python3-docker docker-compose:docker-compose || exit 1
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1
started=$SECONDS
./build.sh --size || { echo "0 passed, 1 failed"; exit 1; }
export GANTRY_BIN=$PWD/out/bin
[ -s out/busybox.tar ] || tools/images/busybox.sh out/busybox.tar || exit 1
# dockerode is used where node is there; without it its tests are skipped and say why.
if command -v npm >/dev/null && [ ! -d out/npm/node_modules/dockerode ]; then
  npm install --prefix out/npm --no-audit --no-fund --silent dockerode@5 || echo "test.sh: npm could not install dockerode"
fi
[ -s out/python.tar ] || tools/images/python.sh out/python.tar || exit 1

# Every test project runs in mount, network and process namespaces of its own, so that whatever it leaves behind after a failure
# (mounts, bridges, nft tables, processes) ends with it and nothing of the machine's is in its way. Their first process is one that reaps:
# a container whose monitor was killed ends only when somebody has waited for the processes in it.
isolated() {
  unshare --mount --net --pid --fork --kill-child --mount-proc --propagation private \
    bash -c 'ip link set lo up && exec "$@"' isolated "$PWD/out/bin/gantry-init" -- "$@"
}
passed=0 failed=0 skipped=0 broken=()
mkdir -p out/test-logs
for project in tests/*/*.csproj; do
  name=$(basename "$project" .csproj)
  if [ $# -gt 0 ]; then
    chosen=
    for word in "$@"; do case $name in *"$word"*) chosen=1 ;; esac; done
    [ -n "$chosen" ] || continue
  fi
  filter=$(awk -v p="$name" '$1 == p { print $2 }' tests/left-out.txt)
  if [ -n "$filter" ]; then
    echo "left out  $(grep "^$name " tests/left-out.txt)"
    case $filter in *=None) skipped=$((skipped + 1)); continue ;; esac
  fi
  # The network tests make their own namespaces and must see their own changes by process id.
  wrap=isolated
  [ "$name" = Gantry.Networks.Tests ] && wrap=env
  log=out/test-logs/$name.log
  at=$SECONDS
  if ! dotnet build "$project" -v q -nologo >"$log" 2>&1; then
    grep -E 'error' "$log" | sort -u | head -20
    echo "FAIL  $name: does not build"; failed=$((failed + 1)); broken+=("$name"); continue
  fi
  $wrap timeout -k 10 1200 dotnet test "$project" --no-build ${filter:+--filter "$filter"} --nologo --logger 'console;verbosity=normal' --blame-hang-timeout 5min --blame-hang-dump-type none >"$log" 2>&1
  code=$?
  p=$(sed -n 's/^ *Passed: *\([0-9]*\).*/\1/p' "$log" | tail -1) f=$(sed -n 's/^ *Failed: *\([0-9]*\)$/\1/p' "$log" | tail -1) s=$(sed -n 's/^ *Skipped: *\([0-9]*\).*/\1/p' "$log" | tail -1)
  passed=$((passed + ${p:-0})) failed=$((failed + ${f:-0})) skipped=$((skipped + ${s:-0}))
  if [ $code -ne 0 ] && [ "${f:-0}" = 0 ]; then failed=$((failed + 1)); fi
  if [ $code -ne 0 ]; then
    broken+=("$name")
    grep -aE -A 14 '^ *(Failed [A-Za-z]|Error Message|\[xUnit.*FAIL\])' "$log" | head -200
    tail -5 "$log"
  fi
  printf '%s  %-32s %4d passed, %d failed, %d skipped, %d s\n' "$([ $code -eq 0 ] && echo ok || echo FAIL)" "$name" "${p:-0}" "${f:-0}" "${s:-0}" $((SECONDS - at))
done
echo "==> $((SECONDS - started)) s"
if [ ${#broken[@]} -gt 0 ]; then
  echo "==> not green: ${broken[*]} (logs in out/test-logs)"
  for name in "${broken[@]}"; do sed -n 's/^ *\(Failed [A-Za-z].*\)/      \1/p' "out/test-logs/$name.log" | cut -c1-200; done
fi
echo "$passed passed, $failed failed, $skipped skipped"
[ $failed -eq 0 ] && [ ${#broken[@]} -eq 0 ] && [ $passed -gt 0 ]
