#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# All suites, or the one that SUITE names, in the test kernels that KERNEL and
# CONFIG name: each of these in each of those.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels.sh

cells=()
for kernel in ${KERNEL:-$own_kernel}; do
	for config in ${CONFIG:-debug kasan}; do
		reason=$(no_such_kernel "$config" "$kernel") && die "$reason"
		cells+=("$config $kernel")
	done
done

all_suites
if [ -n "${SUITE-}" ]; then
	[[ " ${suites[*]} " == *" $SUITE "* ]] ||
		die "there is no suite '$SUITE', only: ${suites[*]}"
	suites=("$SUITE")
fi

# count WORD FILE: the number in "Testing complete. Ran 6 tests: passed: 5, failed: 1"
count() {
	tail -n 3 "$2" | grep -oP "(?<=$1: )[0-9]+" || echo 0
}

passed=0 failed=0
for cell in "${cells[@]}"; do
	read -r config kernel <<<"$cell"
	cell_name "$config" "$kernel"
	paths=$(scripts/test-kernel.sh "$config" "$kernel")
	read -r image kdir <<<"$paths"
	say "$name kernel: building the modules"
	scripts/modules.sh "$name" "$kdir"

	say "$name kernel: booting, ${SMP:-2} vCPUs"
	bad=0
	# A thousand rounds of insmod take longer than all else: in one kernel.  KASAN's
	# quarantine keeps freed memory, up to a 32nd of all: what is lost shows less.
	rounds=50 noise=2000
	[ "$name" = debug ] && rounds=1000
	[ "$config" = kasan ] && noise=34000
	ENVIRONMENT="SUITES='${suites[*]}' SEED='${SEED-}' ROUNDS=$rounds NOISE=$noise" \
	APPEND="printk.devkmsg=on kasan_multi_shot memmap=16M\$0x10000000" \
	LOG=build/$name.log TIMEOUT=${TIMEOUT:-1200} \
		scripts/guest.sh check "$image" "build/$name/buddypool.ko" \
		"build/$name"/kunit/*.ko kunit/*_test.sh kunit/ktap.sh || bad=1

	# KUnit's own parser prints the results and finds what did not run.  It
	# is given what follows the kernel's own, empty, plan; and suites that
	# are modules each count from 1, which it takes for lost ones, and since
	# 6.12 each have a plan, which is not the whole.
	sed '1,/\] 1\.\.0/d; s/\r$//' "build/$name.log" |
		awk '/\] (not )?ok [0-9]+ / { sub(/ok [0-9]+/, "ok " ++n) }
			/\] KTAP version 1/ && version++ || /\] 1\.\./ && plan++ { next }
			{ print }' >"build/$name.ktap"
	# It also fails when there was a reason to skip each single test.
	python3 "$kdir/source/tools/testing/kunit/kunit.py" parse \
		"$top/build/$name.ktap" >"build/$name.out" ||
		grep -q 'Ran [1-9][0-9]* tests: skipped: [0-9]*$' "build/$name.out" || bad=1
	sed '/^\[[0-9:]*\] =*$/d; s/^\[[0-9:]*\] //' "build/$name.out"

	errors=$(($(count failed "build/$name.out") + $(count crashed "build/$name.out") +
		$(count errors "build/$name.out")))
	passed=$((passed + $(count passed "build/$name.out")))
	failed=$((failed + (errors > bad ? errors : bad)))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
