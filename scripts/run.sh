#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh run|shell: the module in Debian's kernel, with the ranges that REGIONS
# names by address reserved at boot.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

regions=${REGIONS:-carveout:128M@0x20000000,kernel:64M}
trace=${TRACE:-kunit/replay/traces/pages-shell.trace.gz}
pools=${POOLS:-kunit/replay/traces/nginx-pools.trace.gz}

kernel=$(scripts/kernels/debian-kernel.sh)
read -r image kdir <<<"$kernel"
say "building the modules for ${image##*/vmlinuz-}"
scripts/kernels/modules.sh debian "$kdir" TESTS=replay

# unpack FILE TO: gzip recognises what it did not pack, and copies it.
unpack() {
	gzip -dcf "$1" >"$2" || die "$1 cannot be read"
}
unpack "$trace" build/trace
unpack "$pools" build/pools

reserve=
IFS=, read -ra entries <<<"$regions"
for entry in "${entries[@]}"; do
	case $entry in
	*@*)	size=${entry##*:}
		reserve+=" memmap=${size/@/\$}" ;;
	esac
done

say "booting ${image##*/}, ${MEM:-1G} of memory, ${SMP:-2} vCPUs"
APPEND="init_on_alloc=0$reserve" \
ENVIRONMENT="REGIONS='$regions' TRACE='${trace##*/}' POOLS='${pools##*/}'" \
	scripts/guest/guest.sh "$1" "$image" build/debian/buddypool.ko \
	build/debian/kunit/buddypool_replay.ko build/trace build/pools
