#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# profile.sh ORDER [bulk]: the instructions of each of the module's functions, per
# allocation and per free: pairs, or with "bulk" 256 of each.  QEMU logs the
# address of every piece of code that it enters; what lies in the kernel, such as
# taking the lock, is not in there.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

order=${1:?an order} bulk=0
[ "${2-}" = bulk ] && bulk=1
kernel=$(scripts/debian-kernel.sh)
read -r image kdir <<<"$kernel"
scripts/modules.sh debian "$kdir"
ICOUNT=1 SMP=1 ENVIRONMENT="ORDER=$order BULK=$bulk" \
	QEMU="-d exec,nochain -dfilter 0xffffffffc0000000..0xffffffffc2000000 -D $PWD/build/profile.exec" \
	APPEND="nokaslr init_on_alloc=0 mitigations=off" \
	scripts/guest.sh profile "$image" build/debian/buddypool.ko \
	build/debian/kunit/bench_profile.ko >build/profile.symbols
objdump -d --no-show-raw-insn build/debian/buddypool.ko |
	python3 scripts/profile.py build/profile.symbols build/profile.exec
