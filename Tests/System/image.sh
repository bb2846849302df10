#!/usr/bin/env bash
# Builds the machine's parts, from Debian's packages: image.sh FOLDER
#   kernel, initramfs   what qemu starts
#   root.ext4           its root file system
#   key                 lets the one who runs the tests in as root
# As root, on Debian: the machine is of the same release, so that programs built here run there. In a mount namespace
# of its own: it mounts a file system in memory to work in.
set -euo pipefail
umask 022

folder=$(realpath "$1")
work=$folder/work
root=$work/root
release=$(. /etc/os-release && echo "$VERSION_CODENAME")

# What the machine needs, and then what the programs under test need of the system.
machine=systemd,systemd-sysv,dbus,udev,kmod,iproute2,procps,openssh-server
programs=libhdf5-103-1,libsqlite3-0,libsystemd0,libstdc++6,hdf5-tools

# Disk and network, in the order in which they need each other, loaded before systemd begins: nothing has to wait for
# them. (ext4 is built in.)
modules="virtio_ring virtio virtio_pci_legacy_dev virtio_pci_modern_dev virtio_pci virtio_blk"
modules+=" failover net_failover virtio_net"

say() { echo "# image: $*, after $SECONDS s"; }

# A Debian package's files, without installing it.
unpack() {
  (cd "$work" && apt-get download -qq -o APT::Sandbox::User=root "$1" && dpkg -x "$1"_*.deb "$2")
}

get_kernel() {
  local package
  package=$(apt-cache depends linux-image-cloud-amd64 | awk '/Depends: linux-image-/ { print $2; exit }')
  [ -n "$package" ] || { echo "apt knows no linux-image-cloud-amd64" >&2; exit 1; }
  unpack "$package" kernel
  unpack busybox-static busybox
  cp "$work"/kernel/boot/vmlinuz-* "$folder/kernel"
  version=$(ls "$work/kernel/lib/modules")
  say "have the kernel $version"
}

make_initramfs() {
  local tree=$work/initramfs module busybox=$work/busybox/bin/busybox
  mkdir -p "$tree"/{bin,dev,modules,root}
  cp "$busybox" "$tree/bin/"
  for module in $modules; do
    find "$work/kernel/lib/modules" -name "$module.ko" -exec cp {} "$tree/modules/" \; -quit
    [ -e "$tree/modules/$module.ko" ] || { echo "the kernel has no module $module" >&2; exit 1; }
  done
  cat >"$tree/init" <<INIT
#!/bin/busybox sh
/bin/busybox mount -t devtmpfs devtmpfs /dev
for module in $modules; do /bin/busybox insmod /modules/\$module.ko; done
/bin/busybox mount -t ext4 -o noatime /dev/vda /root
/bin/busybox mount -t devtmpfs devtmpfs /root/dev
exec /bin/busybox switch_root /root /sbin/init
INIT
  chmod 755 "$tree/init"
  (cd "$tree" && find . | "$busybox" cpio -o -H newc 2>/dev/null) >"$folder/initramfs"
}

make_root() {
  # What nobody reads is left out, and nothing is synced: a build that is cut off begins anew.
  mmdebstrap --quiet --mode=root --variant=minbase --include="$machine,$programs" \
    --dpkgopt='force-unsafe-io' --dpkgopt='path-exclude=/usr/share/doc/*' \
    --dpkgopt='path-exclude=/usr/share/man/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    --aptopt='Acquire::Languages "none"' "$release" "$root"
  cp -a "$work/kernel/lib/modules" "$root/usr/lib/"
  chroot "$root" depmod -a "$version"
  say "have the root"
}

# One network interface, over which only the host comes in, as root, with the key.
open_door() {
  ssh-keygen -q -t ed25519 -N '' -C '' -f "$folder/key"
  install -D -m 600 "$folder/key.pub" "$root/root/.ssh/authorized_keys"
  cat >"$root/etc/systemd/system/network.service" <<'UNIT'
[Unit]
Description=The one interface
Before=ssh.service
[Service]
Type=oneshot
ExecStart=ip address add 10.0.2.15/24 dev eth0
ExecStart=ip link set eth0 up
[Install]
WantedBy=multi-user.target
UNIT
  ln -s ../network.service "$root/etc/systemd/system/multi-user.target.wants/"
  printf 'UsePAM no\nUseDNS no\nPermitRootLogin prohibit-password\n' >"$root/etc/ssh/sshd_config.d/tests.conf"
}

configure() {
  echo '/dev/vda / ext4 noatime 0 1' >"$root/etc/fstab"
  echo machine >"$root/etc/hostname"
  : >"$root/etc/machine-id"
  rm -f "$root/etc/resolv.conf"
  mkdir "$root/trial"
  local unit
  for unit in serial-getty@ttyS0.service getty@tty1.service systemd-networkd-wait-online.service \
    systemd-timesyncd.service systemd-update-utmp.service apt-daily.timer apt-daily-upgrade.timer \
    dpkg-db-backup.timer e2scrub_all.timer e2scrub_reap.service fstrim.timer \
    systemd-tmpfiles-clean.timer; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
}

mkdir "$work"
mount -t tmpfs -o mode=755,size=2G work "$work"
get_kernel
make_initramfs
make_root
open_door
configure
# Without a journal: what is on the disk never outlives a run.
mkfs.ext4 -q -F -O ^has_journal -d "$root" "$folder/root.ext4" 1536M >/dev/null
umount "$work"
rmdir "$work"
say "have the disk"
