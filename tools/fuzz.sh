#!/bin/bash
# Guided fuzzing of the parsers that strangers reach: AFL++ with SharpFuzz's instrumentation of our assemblies.
#   tools/fuzz.sh                    every target for a minute
#   tools/fuzz.sh -s 600 tar "DNS query"   these for ten minutes each
# Findings are kept in out/fuzz/TARGET/default/crashes and hangs; exits 1 when there are any. The unguided run of the same targets is in ./test.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
. tools/packages.sh
seconds=60
[ "${1:-}" = -s ] && { seconds=$2; shift 2; }
need /usr/bin/afl-fuzz:afl++
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1
dotnet tool restore >/dev/null
dotnet build tests/Gantry.Fuzz.Tests -c Release -v q -nologo -o out/fuzz/plain
rm -rf out/fuzz/host
cp -a out/fuzz/plain out/fuzz/host
for library in out/fuzz/host/Gantry.*.dll; do
  case $library in */Gantry.Fuzz.Tests.dll) continue ;; esac
  dotnet tool run sharpfuzz "$library" >/dev/null
done
# Instrumented code runs only under AFL++: it writes to memory shared with it.
plain="dotnet out/fuzz/plain/Gantry.Fuzz.Tests.dll" host="dotnet out/fuzz/host/Gantry.Fuzz.Tests.dll"
if [ $# -eq 0 ]; then mapfile -t targets < <($plain list); else targets=("$@"); fi
export AFL_SKIP_BIN_CHECK=1 AFL_SKIP_CPUFREQ=1 AFL_NO_UI=1 AFL_NO_AFFINITY=1 AFL_I_DONT_CARE_ABOUT_MISSING_CRASHES=1 AFL_QUIET=1
failed=0
for target in "${targets[@]}"; do
  directory="out/fuzz/${target// /-}"
  rm -rf "$directory"
  $plain seeds "$target" "$directory/seeds"
  afl-fuzz -i "$directory/seeds" -o "$directory" -m none -t 2000 -V "$seconds" -- $host run "$target" >"$directory/log" 2>&1 || { tail -5 "$directory/log"; failed=1; continue; }
  stats=$directory/default/fuzzer_stats
  crashes=$(find "$directory/default/crashes" -type f ! -name README.txt | wc -l) hangs=$(find "$directory/default/hangs" -type f | wc -l)
  printf '%-20s %9s runs %5s paths %3d crashes %3d hangs\n' "$target" "$(awk '$1 == "execs_done" { print $3 }' "$stats")" "$(awk '$1 == "corpus_count" { print $3 }' "$stats")" "$crashes" "$hangs"
  [ $((crashes + hangs)) -eq 0 ] || failed=1
done
exit $failed
