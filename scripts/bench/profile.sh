#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# profile.sh WORK [ORDER]: the instructions of each of the module's functions, per
# call of one that a driver calls: "pairs" or "bulk" of ORDER, "fragmented", "pool"
# or "request", see kunit/bench/bench_profile.c.  QEMU logs the address of every piece of
# code that it enters; what lies in the kernel, such as taking the lock, is not in
# there, nor are the inline functions.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh

case ${1-} in
pairs | bulk)		: "${2:?an order}" ;;
fragmented | pool | request) ;;
*)			die "what to profile: pairs ORDER, bulk ORDER, fragmented, pool or request" ;;
esac
kernel=$(scripts/kernels/debian-kernel.sh)
read -r image kdir <<<"$kernel"
scripts/kernels/modules.sh debian "$kdir" TESTS=bench
ICOUNT=1 SMP=1 ENVIRONMENT="WORK=$1 ORDER=${2-0}" \
	QEMU="-d exec,nochain -dfilter 0xffffffffc0000000..0xffffffffc2000000 -D $PWD/build/profile.exec" \
	APPEND="nokaslr init_on_alloc=0 mitigations=off" \
	scripts/guest/guest.sh profile "$image" build/debian/buddypool.ko \
	build/debian/kunit/bench/bench_profile.ko >build/profile.symbols
objdump -d --no-show-raw-insn build/debian/buddypool.ko |
	python3 scripts/bench/profile.py build/profile.symbols build/profile.exec
