#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [quick]: run all suites, or the one in SUITE, in each test kernel: each version
# in KERNEL with each configuration in CONFIG.  Unless CONFIG is given, also run the suites
# explore and fuzz_pool on the host, which need no kernel, and the suite devices in Debian's
# own kernels of the versions in KERNEL.  With "quick", only SUITE is built, in build/quick,
# and it runs in one kernel.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh
# Of one suite alone, not each folder has a module.
shopt -s nullglob

quick=${1-}
configs=${CONFIG:-debug kasan}
if [ "$quick" ]; then
	configs=${CONFIG:-debug} KERNEL=${KERNEL:-$own_kernel}
fi
cells=()
for kernel in ${KERNEL:-$own_kernel}; do
	for config in $configs; do
		reason=$(no_such_kernel "$config" "$kernel") && die "$reason"
		cells+=("$config $kernel")
	done
done

all_suites
every=("${suites[@]}" "${host_suites[@]}" devices)
device_kernels=()
for kernel in ${KERNEL:-${debian_kernels[*]}}; do
	[[ " ${debian_kernels[*]} " != *" $kernel "* ]] || device_kernels+=("$kernel")
done
if [ "${SUITE-}" = devices ]; then
	cells=() host_suites=()
	[ ${#device_kernels[@]} -gt 0 ] || die "the suite devices needs KERNEL=${debian_kernels[*]}"
elif [[ -n ${SUITE-} && " ${host_suites[*]} " == *" $SUITE "* ]]; then
	cells=() host_suites=("$SUITE") device_kernels=()
elif [ -n "${SUITE-}" ]; then
	[[ " ${suites[*]} " == *" $SUITE "* ]] ||
		die "there is no suite '$SUITE', only: ${every[*]}"
	suites=("$SUITE") host_suites=() device_kernels=()
elif [ "$quick" ]; then
	die "which suite?  SUITE= one of: ${every[*]}"
elif [ -n "${CONFIG-}" ]; then
	host_suites=() device_kernels=()
fi

# count WORD FILE: the number in "Testing complete. Ran 6 tests: passed: 5, failed: 1"
count() {
	tail -n 3 "$2" | grep -oP "(?<=$1: )[0-9]+" || echo 0
}

# add_up NAME SOURCE: let KUnit's own parser print the results in build/NAME.ktap and find
# the tests that did not run; $bad is 1 if something else failed.
passed=0 failed=0
add_up() {
	local out=build/$1.out errors

	# The parser also fails if all tests were skipped, which is no failure.
	python3 "$2/tools/testing/kunit/kunit.py" parse "$top/build/$1.ktap" >"$out" ||
		grep -q 'Ran [1-9][0-9]* tests: skipped: [0-9]*$' "$out" || bad=1
	sed '/^\[[0-9:]*\] =*$/d; s/^\[[0-9:]*\] //' "$out"
	errors=$(($(count failed "$out") + $(count crashed "$out") + $(count errors "$out")))
	passed=$((passed + $(count passed "$out")))
	failed=$((failed + (errors > bad ? errors : bad)))
}

for suite in "${host_suites[@]}"; do
	say "on the host: $suite"
	bad=0
	kernel_source "$own_kernel"
	mkdir -p build
	host_suite "$suite" >"build/$suite.ktap" || bad=1
	add_up "$suite" "$source"
done
for kernel in "${device_kernels[@]}"; do
	bad=0
	kernel_source "$kernel"
	mkdir -p build
	scripts/devices.sh "$kernel" >"build/devices-$kernel.ktap" || bad=1
	add_up "devices-$kernel" "$source"
done
for cell in "${cells[@]}"; do
	read -r config kernel <<<"$cell"
	cell_name "$config" "$kernel"
	paths=$(scripts/kernels/test-kernel.sh "$config" "$kernel")
	read -r image kdir <<<"$paths"
	say "$name kernel: building the modules"
	tests=1 rounds=50
	# A thousand rounds of insmod take longer than all else: in one kernel.
	[ "$name" = debug ] && rounds=1000
	if [ "$quick" ]; then
		tests=$SUITE rounds=5 name=quick/$name
	fi
	scripts/kernels/modules.sh "$name" "$kdir" TESTS="$tests"

	user_programs

	say "${name#quick/} kernel: booting, ${SMP:-2} vCPUs"
	bad=0
	# KASAN's quarantine keeps freed memory, up to a 32nd of all: what is lost shows
	# less.
	noise=2000
	[ "$config" = kasan ] && noise=34000
	ENVIRONMENT="SUITES='${suites[*]}' SEED='${SEED-}' ROUNDS=$rounds NOISE=$noise" \
	APPEND="printk.devkmsg=on kasan_multi_shot $reserved" \
	LOG=build/$name.log TIMEOUT=${TIMEOUT:-2400} \
		scripts/guest/guest.sh check "$image" "build/$name/buddypool.ko" \
		"build/$name"/{kunit,kunit/*,Documentation/examples}/*.ko \
		kunit/*/*_test.sh kunit/lib/ktap.sh build/user/* || bad=1

	# The parser is given what follows the kernel's own, empty, plan; and suites
	# that are modules each count from 1, which it takes for lost ones, and since
	# 6.12 each have a plan, which is not the whole.
	sed '1,/\] 1\.\.0/d; s/\r$//' "build/$name.log" |
		awk '/\] (not )?ok [0-9]+ / { sub(/ok [0-9]+/, "ok " ++n) }
			/\] KTAP version 1/ && version++ || /\] 1\.\./ && plan++ { next }
			{ print }' >"build/$name.ktap"
	add_up "$name" "$kdir/source"
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
