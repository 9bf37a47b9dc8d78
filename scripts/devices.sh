#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# devices.sh SERIES: run the suite devices, kunit/devices/, in Debian's kernel of this series,
# which has the drivers, without and with an IOMMU.  Print the results as KTAP.  The
# kernels' logs are build/devices/SERIES/SUITE.log.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

series=$1
out=build/devices/$series$suffix
files=(selftest edu heap camera)
# Drivers of Debian, those that tests load themselves, and QEMU's devices for them.
drivers=(vgem cirrus brd)
in_tests=(vivid)
devices=("-device cirrus-vga" "-device edu,dma_mask=0xffffffff")
reserved=$(printf %#x $((ram + 0x20000000)))
append=
# On arm64, QEMU's cirrus shows no picture, and the module asks before it takes a PCI card's memory.
case $arch in
x86)
	files+=(scanout bar soft_reserved)
	in_tests+=(dax_hmem device_dax)
	devices+=("-object memory-backend-ram,size=16M,id=bar -device ivshmem-plain,memdev=bar")
	append="intel_iommu=on memmap=128M%0x30000000-1+0xefffffff"
	port=/dev/ttyS2
	;;
arm64)
	files+=(noncoherent)
	port=/dev/ttyS1
	;;
esac

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
# For screen.py: QEMU's monitor, and the guest's third serial port.
devices+=("-qmp unix:$work/qmp,server=on,wait=off"
	"-chardev socket,id=port,path=$work/port,server=on,wait=off"
	"-device pci-serial,chardev=port")
mkdir -p "$out"
kernel=$(scripts/kernels/debian-kernel.sh "$series")
read -r image kdir <<<"$kernel"
say "Debian's $series kernel: building the modules" >&2
# Debian 13's headers are for its own compiler.
built=build/debian-$series$suffix
scripts/kernels/modules.sh "${built#build/}" "$kdir" TESTS=devices CC="${cross}gcc" \
	CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=
debian_modules "$image" "${drivers[@]}" "${in_tests[@]}"
names=("${modules[@]##*/}")
for driver in "${in_tests[@]}"; do
	names=("${names[@]/#$driver.ko/}")
done
kernel_source "$series"

# program COMPILER NAME FILE FLAG...: the kernel's source has the headers of DRM.
program() {
	"$1" -O2 -static -D__user= -idirafter "$source/include/uapi" "${@:4}" -o "$out/$2" "$3"
}
# The test needs 33 MiB: the one of 6.12 keeps its first buffer.
program "${cross}gcc" dmabuf-heap "$source/tools/testing/selftests/dmabuf-heaps/dmabuf-heap.c" -w
program "${cross}gcc" scanout kunit/devices/scanout.c -Wall -Wextra -Werror
# This machine computes the picture, too.
program gcc picture kunit/devices/scanout.c -Wall -Wextra -Werror

# boot SUITE MACHINE [QEMUOPTION...]: fails as the guest does.
boot() {
	local suite=$1 machine=$2 status=0

	shift 2
	rm -f "$work"/*
	kunit/devices/screen.py "$work" "$out/picture" >&2 &
	ENVIRONMENT="SUITE=$suite FILES='${files[*]}' DRIVERS='${names[*]}'
		REGIONS=reserved:64M@$reserved,kernel:40M PORT=$port" \
	APPEND="printk.devkmsg=on $append" RESERVE="128M@$reserved" \
	LOG=$log MACHINE=$machine QEMU="$* ${devices[*]}" \
		scripts/guest/guest.sh devices "$image" "$built"/{,Documentation/examples/,kunit/devices/}*.ko "${modules[@]}" \
		kunit/devices/*.sh kunit/lib/ktap.sh "$user"/* "$out"/{dmabuf-heap,scanout} >&2 || status=1
	kill $! 2>/dev/null || true
	return $status
}

# run SUITE MACHINE [QEMUOPTION...]
run() {
	local log=$out/$1.log tries

	say "Debian's $series kernel: $1" >&2
	# Under emulation, 6.12 now and then ends in its own boot, while it patches its code.
	for tries in 1 2 3; do
		boot "$@" && break
		if grep -q '^\(\[ *[0-9.]*\] \)\?    KTAP version' "$log" || [ "$tries" = 3 ]; then
			failed=1
			break
		fi
		say "the kernel did not come to its first test: once more" >&2
	done
	number=$((number + 1))
	results_of "$log" $number
}

number=0 failed=0
printf 'KTAP version 1\n1..2\n'
case $arch in
x86)
	run devices q35
	run devices_iommu q35 -device intel-iommu
	;;
arm64)
	run devices virt
	run devices_iommu iommu=smmuv3
	;;
esac
exit $failed
