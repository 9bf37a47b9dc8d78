#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# All suites, or the one that SUITE names, in the test kernel.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

kernel=$(scripts/test-kernel.sh)
read -r image kdir <<<"$kernel"
say "building the modules for the test kernel"
scripts/modules.sh test "$kdir"

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

say "booting the test kernel, ${SMP:-2} vCPUs"
failed=0
ENVIRONMENT="SUITES='${suites[*]}' SEED='${SEED-}'" \
APPEND="printk.devkmsg=on memmap=16M\$0x10000000" \
	scripts/guest.sh check "$image" build/test/buddypool.ko build/test/kunit/*.ko kunit/*_test.sh ||
	failed=1

# KUnit's own parser prints the results and finds what did not run.  It is
# given what follows the kernel's own, empty, plan; and suites that are modules
# each count from 1, which it takes for lost ones.
sed '1,/\] 1\.\.0/d; s/\r$//' build/check.log |
	awk '/\] (not )?ok [0-9]+ / { sub(/ok [0-9]+/, "ok " ++n) } { print }' >build/check.ktap
python3 "${image%/arch/*}"/source/tools/testing/kunit/kunit.py parse \
	"$top/build/check.ktap" >build/check.out || failed=1
sed '/^\[[0-9:]*\] =*$/d; s/^\[[0-9:]*\] //' build/check.out

# Testing complete. Ran 6 tests: passed: 5, failed: 1
count() {
	tail -n 3 build/check.out | grep -oP "(?<=$1: )[0-9]+" || echo 0
}
bad=$(($(count failed) + $(count crashed) + $(count errors)))
[ "$bad" -ge "$failed" ] || bad=$failed
echo "$(count passed) passed, $bad failed"
[ "$bad" -eq 0 ]
