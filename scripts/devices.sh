#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# devices.sh SERIES: run the suite devices, kunit/devices/, in Debian's kernel of this series,
# which has the drivers, without and with an IOMMU.  Print the results as KTAP.  The
# kernels' logs are build/devices/SUITE-SERIES.log.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

series=$1
out=build/devices
files=(selftest)
# Drivers of Debian, and what they drive.
drivers=(vgem)
devices=()

mkdir -p $out
kernel=$(scripts/kernels/debian-kernel.sh "$series")
read -r image kdir <<<"$kernel"
say "Debian's $series kernel: building the modules" >&2
# Debian 13's headers are for its own compiler.
scripts/kernels/modules.sh "debian-$series" "$kdir" TESTS=devices CC=gcc \
	CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=
debian_modules "$image" "${drivers[@]}"
kernel_source "$series"
gcc -O2 -static -w -D__user= -idirafter "$source/include/uapi" -o $out/dmabuf-heap \
	"$source/tools/testing/selftests/dmabuf-heaps/dmabuf-heap.c"

# boot SUITE QEMUOPTION...
boot() {
	local suite=$1

	shift
	say "Debian's $series kernel: $suite" >&2
	ENVIRONMENT="SUITE=$suite FILES='${files[*]}' DRIVERS='${modules[*]##*/}' REGIONS=reserved:64M@0x20000000,kernel:32M" \
	APPEND="printk.devkmsg=on intel_iommu=on memmap=64M\$0x20000000" \
	LOG=$out/$suite-$series.log QEMU="-machine q35 $* ${devices[*]}" \
		scripts/guest/guest.sh devices "$image" "build/debian-$series/buddypool.ko" \
		"${modules[@]}" kunit/devices/*.sh kunit/lib/ktap.sh $out/dmabuf-heap >&2 || failed=1
	# Each suite has the number 1 in its own log.
	number=$((number + 1))
	sed "s/\r\$//; s/^\[ *[0-9.]*\] //; s/^\(not \)\?ok 1 /\1ok $number /" "$out/$suite-$series.log"
}

number=0 failed=0
printf 'KTAP version 1\n1..2\n'
boot devices
boot devices_iommu -device intel-iommu
exit $failed
