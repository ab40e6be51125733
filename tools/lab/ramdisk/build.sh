#!/usr/bin/env bash
# Builds the agent's kernel and ramdisk: build.sh WORK OUT
# WORK is an empty folder to work in, OUT gets vmlinuz, initramfs, contents.txt (every package inside, with its version), and for the
# operating system's image modules.tar (the kernel's modules) and busybox.
# Nothing of the result is ever run on this machine but Python, to compile its modules and to see that the agent can be imported.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
work=$1 out=$2
tree=$work/tree
say() { printf '%s\n' "$*"; }
listed() { grep -vE '^(#|$)' "$here/$1"; }

# Wheels come from somewhere else than Debian's packages: both at once.
python_packages() {
  python3 -m venv "$work/venv"
  "$work/venv/bin/pip" install --quiet --disable-pip-version-check --no-compile --require-hashes --only-binary=:all: --no-deps \
    --platform manylinux_2_28_x86_64 --platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 \
    --python-version 3.11 --implementation cp --target "$work/dist-packages" --requirement "$here/requirements.txt"
}
say 'fetching Debian and Python packages'
python_packages &
pip=$!
mirror=()
[[ -z ${METAL3_DEBIAN_MIRROR:-} ]] || mirror=("deb $METAL3_DEBIAN_MIRROR bookworm main")
mmdebstrap --quiet --mode=root --variant=extract --format=directory \
  --aptopt='APT::Install-Recommends "false"' --aptopt='Acquire::Languages "none"' \
  --include="$(listed packages.txt | paste -sd,)" \
  --extract-hook="ls \"\$1/var/cache/apt/archives\" | sed -n 's/\.deb\$//p' | sed 's/%3a/:/' >\"$out/contents.txt\"" \
  --setup-hook='for d in bin sbin lib lib64; do mkdir -p "$1/usr/$d"; ln -s "usr/$d" "$1/$d"; done' \
  bookworm "$tree" "${mirror[@]}"
wait "$pip"
mkdir -p "$tree/usr/local/lib/python3.11"
mv "$work/dist-packages" "$tree/usr/local/lib/python3.11/dist-packages"

say 'putting the ramdisk together'
listed requirements.txt | cut -d' ' -f1 >>"$out/contents.txt"
release=$(basename "$tree"/lib/modules/*)
cp "$tree/boot/vmlinuz-$release" "$out/vmlinuz"

# Of the kernel's modules those listed and what they need.
depmod -b "$tree" "$release"
mkdir -p "$work/modules"
listed modules.txt | while read -r module; do
  modprobe --dirname "$tree" --set-version "$release" --show-depends "$module" 2>/dev/null | awk '$1 == "insmod" { print $2 }'
done | sort -u | while read -r file; do
  install -D -m 644 "$file" "$work/modules/${file#"$tree"}"
done
find "$tree/lib/modules/$release" -maxdepth 1 -name 'modules.builtin*' -exec cp {} "$work/modules/" \;
cp "$tree/lib/modules/$release/modules.order" "$work/modules/"
rm -rf "$tree/lib/modules"
mkdir -p "$tree/lib/modules"
mv "$work/modules/usr/lib/modules/$release" "$tree/lib/modules/" 2>/dev/null || mv "$work/modules/lib/modules/$release" "$tree/lib/modules/"
cp "$work/modules/"modules.* "$tree/lib/modules/$release/"
depmod -b "$tree" "$release"
listed modules.txt >"$tree/etc/modules"
tar -C "$tree/usr" -cf "$out/modules.tar" lib/modules
cp "$tree/usr/bin/busybox" "$out/busybox"

# What a provisioning agent never reads.
rm -rf "$tree"/boot "$tree"/usr/share/{doc,man,info,locale,zoneinfo,lintian,bash-completion,zsh,perl,perl5,bug,icons,i18n,common-licenses,pixmaps,initramfs-tools} \
  "$tree"/usr/lib/x86_64-linux-gnu/{gconv,perl,perl-base} "$tree"/usr/lib/udev/hwdb* "$tree"/var/{lib,cache}/{apt,dpkg,debconf} \
  "$tree"/usr/lib/{apt,dpkg} "$tree"/usr/bin/perl* "$tree"/usr/lib/systemd/{system,user} "$tree"/usr/lib/python3/dist-packages/*/tests
find "$tree/usr/local/lib/python3.11/dist-packages" -depth -type d \( -name tests -o -name test \) -exec rm -rf {} +

# What the packages' own scripts would have made.
cp "$tree/usr/share/base-passwd/passwd.master" "$tree/etc/passwd"
cp "$tree/usr/share/base-passwd/group.master" "$tree/etc/group"
[[ -e $tree/etc/nsswitch.conf ]] || printf 'passwd: files\ngroup: files\nhosts: files dns\n' >"$tree/etc/nsswitch.conf"
mkdir -p "$tree"/{proc,sys,dev,run,tmp,root} "$tree"/etc/{ssl/certs,ironic-python-agent.d}
chmod 1777 "$tree/tmp"
find "$tree/usr/share/ca-certificates" -name '*.crt' -exec cat {} + >"$tree/etc/ssl/certs/ca-certificates.crt"
printf '127.0.0.1 localhost\n' >"$tree/etc/hosts"
for applet in awk clear ip-wait less ping udhcpc vi which wget; do
  [[ -e $tree/usr/bin/$applet || -e $tree/usr/sbin/$applet ]] || ln -s busybox "$tree/usr/bin/$applet"
done
install -m 755 "$here/init" "$tree/init"
install -m 755 "$here/udhcpc.script" "$tree/etc/udhcpc.script"
install -D -m 755 "$here/poweroff" "$tree/usr/local/sbin/poweroff"
install -D -m 755 "$here/reboot" "$tree/usr/local/sbin/reboot"
install -D -m 755 "$here/ironic-python-agent" "$tree/usr/local/bin/ironic-python-agent"
install -D -m 755 "$here/configure-network" "$tree/usr/local/sbin/configure-network"

ldconfig -r "$tree"
chroot "$tree" /usr/bin/python3 -m compileall -q -j 2 /usr/lib/python3.11 /usr/local/lib/python3.11/dist-packages || say 'some modules do not compile (templates of packages): they are left as they are'
# The agent reads the kernel's command line when it is loaded.
: >"$tree/proc/cmdline"
chroot "$tree" /usr/bin/python3 -B -c 'import ironic_python_agent.cmd.agent'
rm "$tree/proc/cmdline"

say 'packing'
(cd "$tree" && find . -print0 | LC_ALL=C sort -z | cpio --quiet --null --create --format=newc --owner=0:0 | zstd -q -6 -T2 >"$out/initramfs")
say "ramdisk of $(($(stat -c %s "$out/initramfs") / 1048576)) MiB, kernel $release"
