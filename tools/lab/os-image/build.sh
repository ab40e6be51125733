#!/usr/bin/env bash
# Builds an operating system that fits into a few MiB: build.sh WORK RAMDISK LOADERS OUT
# WORK is an empty folder, RAMDISK and LOADERS what the builds of ramdisk and boot loaders put out. OUT gets os.raw, os.qcow2, live.iso and
# esp.img (a boot loader for virtual media). The disk boots by UEFI, with secure boot or without, and by BIOS; no loop device is needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$1 ramdisk=$2 loaders=$3 out=$4
mib=1048576
efi_mib=40 root_mib=16 bios_sector=40
say() { printf '%s\n' "$*"; }

# A busybox and the modules that a disk and a config drive need. acpid, which hears the power button, ends where it has no /var/log.
mkdir -p "$work/initrd"/{bin,var/log,var/run} "$work/root"/{bin,sbin,etc,proc,sys,dev,run,tmp,var/log,var/run}
cp "$ramdisk/busybox" "$work/initrd/bin/"
cp "$ramdisk/busybox" "$work/root/bin/"
install -m 755 "$here/initrd" "$work/initrd/init"
install -m 755 "$here/init" "$work/root/sbin/init"
tar -C "$work/initrd" -xf "$ramdisk/modules.tar"
# None of the machines here has anything of these.
find "$work/initrd/lib/modules" -type d \( -path '*/drivers/usb' -o -path '*/net/ethernet' -o -path '*/drivers/gpu' \) -prune -exec rm -rf {} +
(cd "$work/initrd" && find . | LC_ALL=C sort | cpio --quiet --create --format=newc --owner=0:0 | zstd -q -6 >"$work/initrd.img")

# GRUB finds its configuration by a file only this image has.
cat >"$work/early.cfg" <<'END'
search --no-floppy --set=root --file /lab-os/grub.cfg
configfile ($root)/lab-os/grub.cfg
END
cat >"$work/grub.cfg" <<'END'
set timeout=0
menuentry 'lab-os' {
  linux /lab-os/vmlinuz console=ttyS0 quiet panic=5
  initrd /lab-os/initrd.img
}
END
modules=(part_gpt part_msdos fat iso9660 search search_fs_file search_label configfile normal linux echo test)
truncate -s ${efi_mib}M "$work/efi.img"
mformat -i "$work/efi.img" -v EFI ::
mmd -i "$work/efi.img" ::/EFI ::/EFI/BOOT ::/EFI/debian ::/lab-os
# Firmware loads the shim, the shim GRUB, which looks for its configuration where Debian has it. The table (UTF-16) tells the agent which of
# the two makes a boot entry.
printf '\xff\xfe' >"$work/BOOTX64.CSV"
printf 'BOOTX64.EFI,lab-os,,the operating system of the lab\n' | iconv -t UTF-16LE >>"$work/BOOTX64.CSV"
mcopy -i "$work/efi.img" "$loaders/shimx64.efi" ::/EFI/BOOT/BOOTX64.EFI
mcopy -i "$work/efi.img" "$loaders/grubx64.efi" "$work/BOOTX64.CSV" ::/EFI/BOOT/
mcopy -i "$work/efi.img" "$work/early.cfg" ::/EFI/debian/grub.cfg
mcopy -i "$work/efi.img" "$work/grub.cfg" "$ramdisk/vmlinuz" "$work/initrd.img" ::/lab-os/

truncate -s ${root_mib}M "$work/root.img"
mkfs.ext4 -q -L lab-root -d "$work/root" "$work/root.img"

image=$out/os.raw
truncate -s $((efi_mib + root_mib + 2))M "$image"
sfdisk --quiet "$image" <<END
label: gpt
first-lba: 34
start=2048, size=$((efi_mib * 2048)), type=uefi, name=EFI
start=$(((efi_mib + 1) * 2048)), size=$((root_mib * 2048)), type=linux, name=root
start=$bios_sector, size=$((2048 - bios_sector)), type=21686148-6449-6E6F-744E-656564454649, name=bios
END
dd if="$work/efi.img" of="$image" bs=$mib seek=1 conv=notrunc,sparse status=none
dd if="$work/root.img" of="$image" bs=$mib seek=$((efi_mib + 1)) conv=notrunc,sparse status=none
# For BIOS: GRUB's core between partition table and first partition, and in the first sector the code that loads it. This is what
# grub-install does, without the devices that it wants: sector numbers are little-endian, 8 bytes at 92 of the boot sector, and at 500
# of the core's first sector for the rest of it, followed by 2 bytes with the number of sectors.
little_endian() { # little_endian NUMBER BYTES
  local number=$1 byte
  for ((byte = 0; byte < $2; byte++)); do printf "\\x$(printf %02x $((number >> (8 * byte) & 255)))"; done
}
patch() { dd of="$image" bs=1 seek="$1" conv=notrunc status=none; } # patch POSITION <BYTES
grub-mkimage -O i386-pc -o "$work/core.img" -c "$work/early.cfg" -p /lab-os biosdisk "${modules[@]}"
sectors=$((($(stat -c %s "$work/core.img") + 511) / 512))
[[ $sectors -le $((2048 - bios_sector)) ]] || { say "GRUB's core has $sectors sectors, which do not fit"; exit 1; }
dd if=/usr/lib/grub/i386-pc/boot.img of="$image" bs=440 count=1 conv=notrunc status=none
little_endian $bios_sector 8 | patch 92
# Hard disks only: the check for floppies is jumped over.
printf '\x90\x90' | patch 102
dd if="$work/core.img" of="$image" bs=512 seek=$bios_sector conv=notrunc status=none
little_endian $((bios_sector + 1)) 8 | patch $((bios_sector * 512 + 500))
little_endian $((sectors - 1)) 2 | patch $((bios_sector * 512 + 508))

qemu-img convert -f raw -O qcow2 -c "$image" "$out/os.qcow2"

# The boot loader that goes onto every boot medium.
cat >"$work/medium.cfg" <<'END'
search --no-floppy --set=root --hint=cd0 --file /isolinux/isolinux.cfg
configfile ($root)/boot/grub/grub.cfg
END
grub-mkimage -O x86_64-efi -o "$work/MEDIUM.EFI" -c "$work/medium.cfg" -p /boot/grub "${modules[@]}"
truncate -s 4M "$out/esp.img"
mformat -i "$out/esp.img" -v ESP ::
mmd -i "$out/esp.img" ::/EFI ::/EFI/BOOT
mcopy -i "$out/esp.img" "$work/MEDIUM.EFI" ::/EFI/BOOT/BOOTX64.EFI
# The same system as a live ISO: everything in memory, nothing written.
cat >"$work/live-early.cfg" <<'END'
search --no-floppy --set=root --hint=cd0 --file /lab-os/live.cfg
configfile ($root)/lab-os/live.cfg
END
mkdir -p "$work/live/lab-os" "$work/live/boot"
sed -e 's/quiet/quiet lab-live/' "$work/grub.cfg" >"$work/live/lab-os/live.cfg"
cp "$ramdisk/vmlinuz" "$work/initrd.img" "$work/live/lab-os/"
grub-mkimage -O x86_64-efi -o "$work/LIVE.EFI" -c "$work/live-early.cfg" -p /lab-os "${modules[@]}"
truncate -s 4M "$work/live/boot/efi.img"
mformat -i "$work/live/boot/efi.img" -v LIVE ::
mmd -i "$work/live/boot/efi.img" ::/EFI ::/EFI/BOOT
mcopy -i "$work/live/boot/efi.img" "$work/LIVE.EFI" ::/EFI/BOOT/BOOTX64.EFI
xorriso -report_about FAILURE -as mkisofs -r -V LAB_LIVE -o "$out/live.iso" -e boot/efi.img -no-emul-boot "$work/live"
say "operating system image of $(($(stat -c %s "$image") / mib)) MiB, $(($(stat -c %s "$out/os.qcow2") / mib)) MiB as qcow2"
