#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# devicetree.sh: run the suite devicetree, kunit/devicetree/, on arm64: in Debian's kernel, and
# in the debug kernel, which takes an overlay at run time.  The guest is QEMU's machine "virt",
# whose tree has the nodes of kunit/devicetree/regions.dts.  Print the results as KTAP.  The
# kernels' logs are build/devicetree/NAME.log.
set -euo pipefail
shopt -s nullglob
cd "$(dirname "$0")/.."
export ARCH=arm64
. scripts/lib.sh

out=build/devicetree
files=(regions refused unbind consumer overlay)

mkdir -p $out
late=kunit/devicetree/late.dts
dtc -q -I dts -O dtb -o $out/late.dtbo $late
sed 's/heap;/memory-region-names = "another";/' $late | dtc -q -I dts -O dtb -o $out/another.dtbo
sed 's/heap;/heap; uncached;/' $late | dtc -q -I dts -O dtb -o $out/uncached.dtbo

# run NAME IMAGE KDIR
run() {
	local log=$out/$1.log built=$out/$1

	say "arm64, $1 kernel: the suite devicetree" >&2
	scripts/kernels/modules.sh "${built#build/}" "$3" TESTS="devicetree watched"
	ENVIRONMENT="FILES='${files[*]}'" APPEND="printk.devkmsg=on" LOG=$log \
	OVERLAY=kunit/devicetree/regions.dts \
		scripts/guest/guest.sh devicetree "$2" "$built"/buddypool.ko \
		"$built"/kunit/{buddy/watch_load,devicetree/overlay*}.ko \
		"$built"/Documentation/examples/{consumer,by_name}.ko \
		kunit/devicetree/*.sh kunit/lib/ktap.sh "$user"/heap_client $out/*.dtbo \
		>&2 || failed=1
	number=$((number + 1))
	results_of "$log" $number
}

number=0 failed=0
printf 'KTAP version 1\n1..2\n'
kernel=$(scripts/kernels/debian-kernel.sh)
read -r image kdir <<<"$kernel"
run debian "$image" "$kdir"
kernel=$(scripts/kernels/test-kernel.sh debug)
read -r image kdir <<<"$kernel"
run debug "$image" "$kdir"
exit $failed
