#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# All suites, or the one that SUITE names, in the test kernel.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

configs=${CONFIG:-debug kasan}

suites=()
for suite in kunit/*_test.*; do
	suite=${suite#kunit/}
	suites+=("${suite%_test.*}")
done
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
for config in $configs; do
	kernel=$(scripts/test-kernel.sh "$config")
	read -r image kdir <<<"$kernel"
	say "$config kernel: building the modules"
	scripts/modules.sh "$config" "$kdir"

	say "$config kernel: booting, ${SMP:-2} vCPUs"
	bad=0
	# Under KASAN a round of insmod takes much longer, and its quarantine
	# keeps freed memory, up to a 32nd of all: what is lost shows less well.
	rounds=1000 noise=2000
	[ "$config" = kasan ] && rounds=50 noise=34000
	ENVIRONMENT="SUITES='${suites[*]}' SEED='${SEED-}' ROUNDS=$rounds NOISE=$noise" \
	APPEND="printk.devkmsg=on kasan_multi_shot memmap=16M\$0x10000000" \
	LOG=build/$config.log TIMEOUT=${TIMEOUT:-1200} \
		scripts/guest.sh check "$image" "build/$config/buddypool.ko" \
		"build/$config"/kunit/*.ko kunit/*_test.sh || bad=1

	# KUnit's own parser prints the results and finds what did not run.  It
	# is given what follows the kernel's own, empty, plan; and suites that
	# are modules each count from 1, which it takes for lost ones.
	sed '1,/\] 1\.\.0/d; s/\r$//' "build/$config.log" |
		awk '/\] (not )?ok [0-9]+ / { sub(/ok [0-9]+/, "ok " ++n) } { print }' \
		>"build/$config.ktap"
	python3 "$kdir/source/tools/testing/kunit/kunit.py" parse \
		"$top/build/$config.ktap" >"build/$config.out" || bad=1
	sed '/^\[[0-9:]*\] =*$/d; s/^\[[0-9:]*\] //' "build/$config.out"

	errors=$(($(count failed "build/$config.out") + $(count crashed "build/$config.out") +
		$(count errors "build/$config.out")))
	passed=$((passed + $(count passed "build/$config.out")))
	failed=$((failed + (errors > bad ? errors : bad)))
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
