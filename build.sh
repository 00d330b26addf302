#!/bin/bash
# Builds the native binaries into out/bin: gantry, gantryd, gantry-monitor, gantry-init (and docker, a link to gantry).
#   ./build.sh            publish with NativeAOT; any warning is an error
#   ./build.sh --size     the same, then print the sizes
set -euo pipefail
cd "$(dirname "$0")"
. tools/packages.sh
need gcc:gcc /usr/include/stdio.h:libc6-dev
command -v dotnet >/dev/null || { echo "build.sh: the .NET 10 SDK (dotnet) is needed on PATH" >&2; exit 1; }
export DOTNET_CLI_TELEMETRY_OPTOUT=1 DOTNET_NOLOGO=1 DOTNET_CLI_USE_MSBUILD_SERVER=0 MSBUILDDISABLENODEREUSE=1
mkdir -p out/bin
for app in gantry-init gantry-monitor gantry gantryd; do
  echo "==> publishing $app"
  dotnet publish "src/apps/$app" -c Release -o "out/publish/$app" -v q -nologo
  for file in out/publish/"$app"/*; do
    case $file in *.dbg|*.xml|*.pdb|*.json) continue ;; esac
    # A running binary can't be written, but it can be replaced.
    cp "$file" "out/bin/.new.$$" && mv -f "out/bin/.new.$$" "out/bin/$(basename "$file")"
  done
done
ln -sfn gantry out/bin/docker
[ "${1:-}" = --size ] && ls -l out/bin
echo "==> out/bin is ready"
