#!/usr/bin/env bash
# Boots the test VM and becomes it: the caller's child is QEMU, and ends with a signal to it.
#
#   boot.sh RUN_DIR [QEMU OPTIONS...]
#
# RUN_DIR, which the caller owns, gets the disks' overlays, serial.log and the sockets qmp.sock,
# agent.sock (port org.limiquantix.agent.0), qga.sock (org.qemu.guest_agent.0) and raw.sock
# (org.limiquantix.raw.0, which no service opens). Overlays that are there are used again.
#   IMAGE    what image.sh printed; default: asks it
#   PAYLOAD  a directory that the guest sees as /payload; its install.sh is run at boot
#   MEMORY   MiB, default 1024
#   APPEND   further words for the kernel's command line
set -euo pipefail
here=$(cd -P -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
run=${1:?usage: boot.sh RUN_DIR [QEMU OPTIONS...]}
shift
image=${IMAGE:-$("$here/image.sh")}
memory=${MEMORY:-1024}
mkdir -p "$run"
rm -f "$run"/{qmp,agent,qga,raw}.sock

for disk in root data; do
  [ -e "$run/$disk.qcow2" ] || qemu-img create -q -f qcow2 -F raw -b "$image/$disk.img" "$run/$disk.qcow2"
done
if [ -n "${PAYLOAD:-}" ] && ! [ -e "$run/payload.img" ]; then
  truncate -s "$(($(du -sm "$PAYLOAD" | cut -f1) + 8))M" "$run/payload.img"
  mke2fs -q -t ext4 -L payload -O ^has_journal -m 0 -E root_owner=0:0 -d "$PAYLOAD" "$run/payload.img"
fi

# A guest's reboot takes half a minute under TCG, a new process ten seconds.
arguments=(
  -nodefaults -no-user-config -nographic -display none -accel tcg,thread=multi
  -machine pc,usb=off,vmport=off,smm=off,hpet=off,graphics=off,memory-backend=memory
  -object "memory-backend-memfd,id=memory,size=${memory}M,share=on"
  -cpu max,la57=off -smp 2 -m "$memory" -action reboot=shutdown
  -kernel "$image/vmlinuz" -initrd "$image/initrd.gz"
  -append "console=ttyS0 root=/dev/vda rootfstype=ext4 rw quiet mitigations=off nokaslr tsc=reliable no_timer_check random.trust_cpu=on net.ifnames=0 audit=0 ${APPEND:-}"
  -serial "file:$run/serial.log" -qmp "unix:$run/qmp.sock,server=on,wait=off"
  -drive "if=none,id=root,file=$run/root.qcow2,format=qcow2,cache=unsafe,discard=unmap"
  -device virtio-blk-pci,drive=root
  -drive "if=none,id=data,file=$run/data.qcow2,format=qcow2,cache=unsafe,discard=unmap"
  -device virtio-blk-pci,drive=data,serial=data
  -device virtio-serial-pci,id=serial
  -chardev "socket,id=agent,path=$run/agent.sock,server=on,wait=off"
  -device virtserialport,bus=serial.0,nr=1,chardev=agent,id=agent-port,name=org.limiquantix.agent.0
  -chardev "socket,id=qga,path=$run/qga.sock,server=on,wait=off"
  -device virtserialport,bus=serial.0,nr=2,chardev=qga,id=qga-port,name=org.qemu.guest_agent.0
  -chardev "socket,id=raw,path=$run/raw.sock,server=on,wait=off"
  -device virtserialport,bus=serial.0,nr=3,chardev=raw,id=raw-port,name=org.limiquantix.raw.0
  -device virtio-rng-pci
)
if [ -e "$run/payload.img" ]; then
  arguments+=(
    -drive "if=none,id=payload,file=$run/payload.img,format=raw,cache=unsafe,read-only=on"
    -device virtio-blk-pci,drive=payload,serial=payload)
fi
# Whoever boots a VM and is killed takes it along.
exec setpriv --pdeathsig KILL qemu-system-x86_64 "${arguments[@]}" "$@"
