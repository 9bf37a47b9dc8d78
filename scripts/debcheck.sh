#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# debcheck.sh: install the package of `make deb` in a new root of each Debian RELEASE, together
# with an older kernel; upgrade the kernel; build the examples against the package alone; boot
# the root by GRUB, as Documentation/install.rst says; purge the package.  At the end, build
# the examples against what `make modules_install` installs.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/root.sh

read -ra releases <<<"${RELEASE:-bookworm trixie}"

# try WHAT COMMAND...: the output goes to $log.  The command stands alone, for set -e does
# nothing in a function that is part of a condition.
try() {
	what=$1
	shift
	printf '\n== %s\n' "$what" >>"$log"
	"$@" >>"$log" 2>&1
	echo "$release: $what"
	what=
}

# at_exit: tell what failed.
at_exit() {
	[ -z "$what" ] || { tail -n 20 "$log"; die "$release: failed: $what, see $log"; }
}
what=
trap at_exit EXIT

install_packages() {
	in_root DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends "$@"
}

purge_packages() {
	in_root DEBIAN_FRONTEND=noninteractive apt-get -q -y purge "$@"
}

# kernels: set $old and $new to the two newest versions of the kernel of the release.
kernels() {
	local versions

	in_root apt-get -q -q update
	new=$(in_root apt-cache depends linux-image-amd64 |
		sed -n 's/.*Depends: linux-image-\([0-9].*\)$/\1/p')
	mapfile -t versions < <(in_root apt-cache search --names-only '^linux-image-[^a-z]*' |
		sed -n "s/^linux-image-\(${new%%.*}\.[^ ]*-amd64\) .*/\1/p" | sort -V |
		grep -v -- '-[a-z]*-amd64' | grep -B1 -Fx "$new")
	old=${versions[0]}
	[ "$old" != "$new" ]
}

# built KERNEL: DKMS has built, signed and installed the module.
built() {
	in_root dkms status -k "$1" | grep '^buddypool/.*: installed$'
	[ "$(in_root modinfo -k "$1" -F signer buddypool)" = 'DKMS module signing key' ]
}

# build_examples KERNEL: a warning is a symbol or a header that is missing.
build_examples() {
	rm -rf "$root/root/examples"
	cp -r "$root/usr/share/doc/buddypool-dkms/examples" "$root/root/" 2>/dev/null ||
		cp -r Documentation/examples "$root/root/"
	in_root make -C "/lib/modules/$1/build" M=/root/examples W=1 modules 2>&1 |
		tee build/debcheck.out
	[ "$(grep -ci 'warning:\|error:' build/debcheck.out)" -eq 0 ]
	[ -e "$root/root/examples/by_name.ko" ]
}

# make_disk: a disk with the root, and the job as a service.
make_disk() {
	local units=$root/etc/systemd/system

	install -m 755 scripts/guest/jobs/debcheck "$root/root/job"
	sed -n 's/^ *\(GRUB_CMDLINE_LINUX=.*\)/\1/p' Documentation/install.rst >"$root/root/grub"
	[ "$(wc -l <"$root/root/grub")" -eq 1 ]
	echo '/dev/vda1 / ext4 defaults 0 1' >"$root/etc/fstab"
	printf '[Service]\nType=oneshot\nExecStart=/root/job\n' >"$units/debcheck.service"
	mkdir -p "$units/multi-user.target.wants"
	ln -sf ../debcheck.service "$units/multi-user.target.wants/"
	umount -R "$root/dev" "$root/proc"
	rm -f "$disk"
	truncate -s 6G "$disk"
	echo 'start=2048, type=83, bootable' | sfdisk -q "$disk"
	mkfs.ext4 -q -E offset=$((2048 * 512)) -d "$root" "$disk" 6100000k
	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	rm -r "$units/debcheck.service" "$units/multi-user.target.wants/debcheck.service" \
		"$root/root/job" "$root/root/grub"
}

# boot ARGUMENT...: until the guest is off.
boot() {
	local job=build/debcheck-$release.job

	timeout 900 qemu-system-x86_64 -machine q35 -cpu max -m 1536 -smp 2 -display none \
		-no-reboot -nic none -drive "file=$disk,format=raw,if=virtio" \
		-serial stdio -serial "file:$job" "$@" </dev/null
	cat "$job"
	grep -q '^debcheck: done' "$job"
}

# no_trace: nothing of the package is left in the root.
no_trace() {
	local left

	left=$(in_root find / -xdev '(' -path /proc -o -path /dev -o -path /var/log -o \
		-path /var/cache ')' -prune -o -name '*buddypool*' -print
	in_root grep -rl buddypool /etc /lib/modules /var/lib/dpkg/status || true
	in_root dkms status)
	echo "$left"
	[ -z "$left" ]
}

# only_new: the older kernel is gone, and DKMS has the module for the other one alone.
only_new() {
	[ "$(in_root dkms status | wc -l)" -eq 1 ]
	[ "$(ls "$root/lib/modules")" = "$new" ]
}

# from_sources: what modules_install leaves without the package.
from_sources() {
	git clone -q . "$root/root/sources"
	in_root make -C /root/sources "KDIR=/lib/modules/$new/build" modules_install
	rm -rf "$root/root/sources"
	build_examples "$new"
}

check() {
	local package disk=$roots/disk

	log=build/debcheck-$release.log
	: >"$log"
	make_root "$release" systemd-sysv,udev,kmod "$log"
	package=(build/buddypool-dkms_*.deb)
	cp "${package[0]}" "$root/tmp/buddypool-dkms.deb"
	try "apt knows two kernels" kernels
	try "Linux $old is installed" install_packages initramfs-tools grub-pc \
		"linux-image-$old" "linux-headers-$old"
	try "the package is installed" install_packages /tmp/buddypool-dkms.deb
	rm "$root/tmp/buddypool-dkms.deb"
	try "the module is built and signed for $old" built "$old"
	try "the kernel is upgraded" install_packages linux-image-amd64 linux-headers-amd64
	try "the module is built and signed for $new" built "$new"
	try "examples build against the package alone" build_examples "$new"
	try "a disk" make_disk
	try "a boot, in which the machine is set up" boot -append 'root=/dev/vda1 console=ttyS0' \
		-kernel "$root/boot/vmlinuz-$new" -initrd "$root/boot/initrd.img-$new"
	try "a boot by GRUB: a reserved region, heaps, their group, an example" boot
	rm -rf "$root/root/examples"
	try "the older kernel is purged" purge_packages "linux-image-$old" "linux-headers-$old"
	try "the module is left for $new alone" only_new
	try "the package is purged" purge_packages buddypool-dkms
	try "no trace is left" no_trace
	try "examples build against make modules_install" from_sources
	rm -rf "$disk"
}

scripts/deb.sh
for release in "${releases[@]}"; do
	check
done
