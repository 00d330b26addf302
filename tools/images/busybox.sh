#!/bin/bash
# Writes a tar of a small busybox root file system, made from Debian's busybox-static, to the file named.
#   tools/images/busybox.sh out/busybox.tar
set -euo pipefail
out=$(realpath -m "${1:?usage: busybox.sh FILE}")
cd "$(dirname "$0")/../.."
. tools/packages.sh
need /usr/share/doc/busybox-static:busybox-static
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT
chmod 755 "$root"
mkdir -p "$root"/{bin,etc,tmp,root,home,var,usr,sbin} "$(dirname "$out")"
cp "$(command -v busybox)" "$root/bin/busybox"
for applet in $(busybox --list); do
  [ "$applet" = busybox ] || ln -s busybox "$root/bin/$applet"
done
printf 'root:x:0:0:root:/root:/bin/sh\ndaemon:x:1:1:daemon:/usr/sbin:/bin/false\nnobody:x:65534:65534:nobody:/home:/bin/false\n' >"$root/etc/passwd"
printf 'root:x:0:\ndaemon:x:1:\nnogroup:x:65534:\n' >"$root/etc/group"
chmod 1777 "$root/tmp"
tar --numeric-owner --owner=0 --group=0 -C "$root" -cf "$out.tmp" . && mv "$out.tmp" "$out"
