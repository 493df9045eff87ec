#!/usr/bin/env bash
# Builds what the VM tests boot: a Debian root filesystem, an initramfs and an empty data disk. Prints
# the directory in which they lie. Built once for each state of this script and of the kernel, and kept
# in LIMIQUANTIX_VM_CACHE (default: ~/.cache/limiquantix-agent/vm).
#
#   image.sh          build if need be; installs missing Debian packages (root)
#   image.sh --check  only say whether this machine can do it: exit code 0, or 69 and the reason
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)

suite=bookworm
guest_packages=systemd,systemd-sysv,udev,dbus,openjdk-17-jre-headless,kmod,iproute2,procps,python3-minimal,e2fsprogs,qemu-guest-agent
host_packages=(debootstrap qemu-system-x86 qemu-utils linux-image-cloud-amd64 busybox-static cpio e2fsprogs kmod)
# virtio-blk is a module of this kernel; the others are loaded when their devices appear.
boot_modules="virtio_pci virtio_blk"
guest_modules="$boot_modules virtio_console virtio_rng vsock vsock_loopback vmw_vsock_virtio_transport"

cannot() {
  printf 'no VM tests here: %s\n' "$*" >&2
  exit 69 # EX_UNAVAILABLE of sysexits.h
}

check() {
  [ "$(uname -sm)" = "Linux x86_64" ] || cannot "the image is for x86_64 Linux, this is $(uname -sm)"
  [ "$(id -u)" = 0 ] || cannot "building the image needs root, for chroot and mknod"
  local package lacking=()
  for package in "${host_packages[@]}"; do
    dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || lacking+=("$package")
  done
  if [ "${#lacking[@]}" -gt 0 ]; then
    command -v apt-get >/dev/null || cannot "missing ${lacking[*]}, and no apt-get to install them"
    [ "${1:-}" != install ] || install_packages "${lacking[@]}"
  fi
}

install_packages() {
  {
    apt-get update
    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "$@"
  } >&2 || cannot "apt-get could not install $*"
}

kernel_version() {
  find /boot -name 'vmlinuz-*-cloud-amd64' -printf '%f\n' | sed 's/^vmlinuz-//' | sort -V | tail -n1
}

# The files of these modules and of all that they need, in the order in which they load.
module_files() {
  local module
  for module in "$@"; do
    modprobe -S "$kernel" --show-depends "$module" 2>/dev/null || true
  done | awk '$1 == "insmod" && !seen[$2]++ { print $2 }'
}

build_root() {
  local root=$1 mirror module relative unit
  # The mirror that this machine's apt is set up with.
  mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' | head -n1)
  mkdir -p "$cache/debs" "$root/usr/share/man/man1"
  debootstrap --variant=minbase --cache-dir="$cache/debs" --include="$guest_packages" \
    "$suite" "$root" "$mirror" >"$work/debootstrap.log" 2>&1 \
    || { tail -n 20 "$work/debootstrap.log" >&2; return 1; }
  rm -rf "$root"/var/cache/apt/archives/*.deb "$root"/var/lib/apt/lists/* \
    "$root"/usr/share/{doc,man,info,locale}/* "$root"/var/log/apt
  echo vmtest >"$root/etc/hostname"
  printf '127.0.0.1 localhost vmtest\n' >"$root/etc/hosts"
  # Without an id of its own and these two marks systemd takes each boot for the first one.
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  touch "$root/etc/.updated" "$root/var/.updated"
  chroot "$root" passwd -d root >/dev/null
  chroot "$root" useradd -m -s /bin/bash tester
  for unit in apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
    e2scrub_reap.service fstrim.timer getty@tty1.service systemd-pstore.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  mkdir -p "$root/etc/systemd/journald.conf.d" "$root/payload" "$root/mnt/data"
  printf '[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n' >"$root/etc/systemd/journald.conf.d/vm.conf"
  {
    echo 'LABEL=payload /payload ext4 ro,nofail 0 0'
    echo 'LABEL=data /mnt/data ext4 rw,nofail 0 0'
  } >"$root/etc/fstab"
  cp "$here/guest/payload.service" "$root/etc/systemd/system/"
  chroot "$root" systemctl enable payload.service 2>/dev/null

  rm -rf "$root/lib/modules"
  # shellcheck disable=SC2086 # several words
  module_files $guest_modules | while read -r module; do
    relative=${module#/lib/modules/"$kernel"/}
    install -D -m644 "$module" "$root/lib/modules/$kernel/$relative"
  done
  cp /lib/modules/"$kernel"/modules.{order,builtin,builtin.modinfo} "$root/lib/modules/$kernel/"
  depmod -b "$root" "$kernel"
}

build_initramfs() {
  local tree=$1 out=$2 module
  mkdir -p "$tree"/{bin,dev,proc,newroot,modules}
  cp -L "$(command -v busybox)" "$tree/bin/busybox"
  ln -s busybox "$tree/bin/sh"
  # shellcheck disable=SC2086 # several words
  module_files $boot_modules | while read -r module; do
    cp "$module" "$tree/modules/"
    basename "$module" >>"$tree/modules/order"
  done
  install -m755 "$here/guest/init" "$tree/init"
  (cd "$tree" && find . | cpio -o -H newc --quiet) | gzip -9 >"$out"
}

# mke2fs fills the filesystem itself, so nothing is mounted here.
make_filesystem() {
  local out=$1 label=$2 mib=$3
  shift 3
  truncate -s "${mib}M" "$out"
  mke2fs -q -t ext4 -L "$label" -O ^has_journal,^metadata_csum -m 0 \
    -E lazy_itable_init=0,root_owner=0:0 "$@" "$out"
}

case ${1:-} in
  --check) check; exit 0 ;;
  '') ;;
  *) echo "usage: image.sh [--check]" >&2; exit 64 ;;
esac

check install
kernel=$(kernel_version)
[ -n "$kernel" ] || cannot "no cloud kernel in /boot"
cache=${LIMIQUANTIX_VM_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/limiquantix-agent/vm}
key=$( (cat "${BASH_SOURCE[0]}" "$here"/guest/*; echo "$kernel") | sha256sum | cut -c1-16)
image=$cache/$key
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # two builds at once would each take twice as long
if ! [ -e "$image/root.img" ]; then
  work=$(mktemp -d "$cache/build.XXXXXX")
  trap 'rm -rf -- "$work"' EXIT
  echo "building the VM image for kernel $kernel in $image" >&2
  build_root "$work/root" 9>&-
  build_initramfs "$work/initramfs" "$work/initrd.gz" 9>&-
  used=$(du -sm --apparent-size "$work/root" | cut -f1)
  make_filesystem "$work/root.img" root $((used + used / 6 + 300)) -d "$work/root"
  make_filesystem "$work/data.img" data 256
  rm -rf "$work/root" "$work/initramfs"
  ln -s "/boot/vmlinuz-$kernel" "$work/vmlinuz"
  rm -rf "$image"
  mv "$work" "$image"
  trap - EXIT
fi
echo "$image"
