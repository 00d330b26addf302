#!/bin/bash
# Boots a Debian kernel in an emulated machine with the binaries of out/bin and runs check.sh in it: other kernels and cgroup hierarchies
# than this machine's. Slow (no hardware virtualisation is needed): five minutes and more. Exits 0 when every check held.
#   tools/kernels/boot.sh                       the distribution's cloud kernel, cgroup v2
#   tools/kernels/boot.sh linux-image-5.10….deb [v1|hybrid|v2]
# Keeps its root file system in out/kernels between runs.
set -euo pipefail
package=${1:-} hierarchy=${2:-v2}
[ -z "$package" ] || package=$(realpath "$package")
cd "$(dirname "$0")/../.."
. tools/packages.sh
need qemu-system-x86_64:qemu-system-x86 mmdebstrap:mmdebstrap mkfs.ext4:e2fsprogs cpio:cpio busybox:busybox-static depmod:kmod
[ -x out/bin/gantryd ] || { echo "boot.sh: ./build.sh first" >&2; exit 1; }
[ -s out/busybox.tar ] || tools/images/busybox.sh out/busybox.tar
work=$PWD/out/kernels tools=$PWD/tools/kernels
mkdir -p "$work"
[ -s "$work/root.tar" ] || mmdebstrap --quiet --variant=minbase \
  --include=crun,libnftables1,iproute2,kmod,ca-certificates,procps,curl bookworm "$work/root.tar"
if [ -z "$package" ]; then
  name=$(apt-cache depends linux-image-cloud-amd64 | sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p' | head -1)
  (cd "$work" && ls "$name"_*.deb >/dev/null 2>&1 || apt-get download -qq "$name")
  package=$(ls "$work/$name"_*.deb | head -1)
fi
tmp=$(mktemp -d "$work/boot.XXXXXX")
trap 'rm -rf --one-file-system "$tmp"' EXIT
dpkg-deb -x "$package" "$tmp/kernel"
[ -d "$tmp/kernel/lib" ] || ln -s usr/lib "$tmp/kernel/lib"
version=$(ls "$tmp/kernel/lib/modules")

mkdir "$tmp/root"
tar -C "$tmp/root" -xf "$work/root.tar"
cp -a "$tmp/kernel/lib/modules" "$tmp/root/usr/lib/" 2>/dev/null || cp -a "$tmp/kernel/lib/modules" "$tmp/root/lib/"
depmod -b "$tmp/root" "$version"
mkdir "$tmp/root/gantry"
cp out/bin/* out/busybox.tar "$tools/init.sh" "$tools/check.sh" "$tmp/root/gantry/"
truncate -s 3G "$tmp/disk"
mkfs.ext4 -q -F -d "$tmp/root" "$tmp/disk"

# The kernel's disk and file system drivers are modules: a first root in memory loads them.
mkdir -p "$tmp/first/bin" "$tmp/first/modules"
cp "$(command -v busybox)" "$tmp/first/bin/busybox"
modprobe -d "$tmp/root" -S "$version" --show-depends virtio_pci >"$tmp/order"
for module in virtio_blk ext4 crc32c_generic; do
  modprobe -d "$tmp/root" -S "$version" --show-depends "$module" >>"$tmp/order" 2>/dev/null || true
done
sed -n 's/^insmod \([^ ]*\).*/\1/p' "$tmp/order" | awk '!seen[$0]++' | while read -r file; do
  plain=$(basename "$file")
  case $file in
    *.xz) xz -dc "$file" >"$tmp/first/modules/${plain%.xz}" && plain=${plain%.xz} ;;
    *) cp "$file" "$tmp/first/modules/" ;;
  esac
  echo "$plain"
done >"$tmp/first/modules/order"
cat >"$tmp/first/init" <<'INIT'
#!/bin/busybox sh
b=/bin/busybox
$b mkdir -p /proc /sys /dev /disk
$b mount -t proc proc /proc; $b mount -t sysfs sys /sys; $b mount -t devtmpfs dev /dev
while read -r m; do $b insmod /modules/$m; done </modules/order
for i in 1 2 3 4 5; do [ -b /dev/vda ] && break; $b sleep 1; done
$b mount -t ext4 /dev/vda /disk && $b mount --move /dev /disk/dev && exec $b switch_root /disk /gantry/init.sh
INIT
chmod +x "$tmp/first/init"
(cd "$tmp/first" && find . | cpio -o -H newc 2>/dev/null | gzip -1) >"$tmp/first.gz"

echo "==> $version, cgroup $hierarchy"
timeout -s KILL 1500 qemu-system-x86_64 -m 2048 -smp 1 -cpu max -nographic -no-reboot -net none \
  -kernel "$tmp"/kernel/boot/vmlinuz-* -initrd "$tmp/first.gz" -append "console=ttyS0 quiet gantry.cgroup=$hierarchy" \
  -drive "file=$tmp/disk,format=raw,if=virtio" </dev/null | tr -d '\r' | tee "$work/last.log" | grep -aE '^(ok|FAIL|=>|info) ' || true
grep -qa '^=> all held' "$work/last.log"
