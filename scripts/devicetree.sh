#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# devicetree.sh: run the suite devicetree, kunit/devicetree/, in Debian's kernel for arm64 in
# QEMU's machine "virt", whose tree has the nodes of kunit/devicetree/regions.dts.  Print the
# results as KTAP.  The kernel's log is build/devicetree.log.
set -euo pipefail
cd "$(dirname "$0")/.."
export ARCH=arm64
. scripts/lib.sh

log=build/devicetree.log
built=build/devicetree
files=(regions refused unbind consumer)

kernel=$(scripts/kernels/debian-kernel.sh)
read -r image kdir <<<"$kernel"
say "Debian's kernel for arm64: building the modules" >&2
scripts/kernels/modules.sh "${built#build/}" "$kdir" TESTS="devicetree watched"
user_programs

status=0
ENVIRONMENT="FILES='${files[*]}'" APPEND="printk.devkmsg=on" LOG=$log \
OVERLAY=kunit/devicetree/regions.dts \
	scripts/guest/guest.sh devicetree "$image" "$built"/{buddypool,kunit/buddy/watch_load}.ko \
	"$built"/Documentation/examples/{consumer,by_name}.ko kunit/devicetree/*.sh \
	kunit/lib/ktap.sh "$user"/heap_client >&2 || status=1
printf 'KTAP version 1\n1..1\n'
sed -n 's/\r$//; s/^\[ *[0-9.]*\] //; /^    KTAP version/,$ p' "$log"
exit $status
