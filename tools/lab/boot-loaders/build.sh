#!/usr/bin/env bash
# Fetches the boot loaders that firmware with secure boot trusts: build.sh WORK OUT
# OUT gets shimx64.efi (signed by Microsoft, whose keys firmware comes with) and grubx64.efi (signed by Debian, whom the shim trusts),
# as Debian packages them. The kernel of the ramdisk is Debian's too, and signed.
set -euo pipefail
work=$1 out=$2
tree=$work/tree
mirror=()
[[ -z ${METAL3_DEBIAN_MIRROR:-} ]] || mirror=("deb $METAL3_DEBIAN_MIRROR bookworm main")
echo 'fetching shim and GRUB from Debian'
# Unpacked, not installed: nothing of them is to touch how this machine boots.
mmdebstrap --quiet --mode=root --variant=extract --format=directory \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
  --setup-hook='for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done' \
  --include=shim-signed,grub-efi-amd64-signed bookworm "$tree" "${mirror[@]}"
cp "$tree/usr/lib/shim/shimx64.efi.signed" "$out/shimx64.efi"
cp "$tree/usr/lib/grub/x86_64-efi-signed/grubx64.efi.signed" "$out/grubx64.efi"
