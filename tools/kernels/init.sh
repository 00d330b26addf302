#!/bin/bash
# The first process of the emulated machine (boot.sh): mounts what an init system would, runs the checks, switches the machine off.
export PATH=/gantry:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root
mount -t proc proc /proc
mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts
for place in /dev/shm /run /tmp; do mount -t tmpfs tmpfs "$place"; done
root=/sys/fs/cgroup
hierarchy=$(sed -n 's/.*gantry\.cgroup=\([a-z0-9]*\).*/\1/p' /proc/cmdline)
if [ "$hierarchy" = v2 ]; then
  mount -t cgroup2 cgroup2 $root
else
  mount -t tmpfs tmpfs $root
  for controllers in cpu,cpuacct cpuset memory devices freezer blkio pids; do
    mkdir "$root/$controllers" && mount -t cgroup -o "$controllers" cgroup "$root/$controllers" 2>/dev/null || rmdir "$root/$controllers"
  done
  ln -s cpu,cpuacct $root/cpu
  ln -s cpu,cpuacct $root/cpuacct
  mkdir $root/systemd && mount -t cgroup -o none,name=systemd cgroup $root/systemd
  [ "$hierarchy" = hybrid ] && mkdir $root/unified && mount -t cgroup2 cgroup2 $root/unified
fi
ip link set lo up
hostname machine
for module in bridge veth nf_tables nft_chain_nat nft_masq nft_ct overlay; do modprobe $module 2>/dev/null; done
bash /gantry/check.sh 2>&1
sync
echo o >/proc/sysrq-trigger
sleep 30
