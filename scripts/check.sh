#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# check.sh [quick]: run all suites, or the one in SUITE, in each test kernel: each version
# in KERNEL with each configuration in CONFIG.  Unless CONFIG is given, also run the suites
# explore and fuzz_pool on the host, which need no kernel, and the suite devices in Debian's
# own kernels of the versions in KERNEL; for arm64, also the suite devicetree; and without ARCH,
# the same for arm64.  With "quick", only SUITE is built, in build/quick, and it runs in one
# kernel.
#
# A guest uses little more than one CPU, so as many of these jobs run at once as there are
# CPUs, or JOBS.  The output of each is in build/check-JOB.out.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh
# Of one suite alone, not each folder has a module.
shopt -s nullglob

quick=${1-}
configs=${CONFIG:-${default_configs[*]}}
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
every=("${suites[@]}" "${host_suites[@]}" devices devicetree)
device_kernels=()
for kernel in ${KERNEL:-${debian_kernels[*]}}; do
	[[ " ${debian_kernels[*]} " != *" $kernel "* ]] || device_kernels+=("$kernel")
done
others=()
[ "$arch" = arm64 ] || [ -n "${ARCH-}${KERNEL-}${CONFIG-}${SUITE-}" ] || others=(arm64)
[ -z "$cross" ] || host_suites=()
trees=()
[ "$arch" != arm64 ] || [ -n "${SUITE-}${CONFIG-}${KERNEL-}" ] || trees=(tree)
if [ "${SUITE-}" = devicetree ]; then
	[ "$arch" = arm64 ] || die "the suite devicetree needs ARCH=arm64"
	trees=(tree) cells=() host_suites=() device_kernels=()
elif [ "${SUITE-}" = devices ]; then
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

# add_up NAME SOURCE BAD: let KUnit's own parser print the results in build/NAME.ktap and find
# the tests that did not run; BAD is 1 if something else failed.  The last line is ours.
add_up() {
	local out=build/$1.out bad=$3 errors

	# The parser also fails if all tests were skipped, which is no failure.
	python3 "$2/tools/testing/kunit/kunit.py" parse "$top/build/$1.ktap" >"$out" ||
		grep -q 'Ran [1-9][0-9]* tests: skipped: [0-9]*$' "$out" || bad=1
	sed '/^\[[0-9:]*\] =*$/d; s/^\[[0-9:]*\] //' "$out"
	errors=$(($(count failed "$out") + $(count crashed "$out") + $(count errors "$out")))
	echo "$(count passed "$out") passed, $((errors > bad ? errors : bad)) failed"
}

# ktap NAME SERIES COMMAND...: a command that prints KTAP; the source of SERIES has the parser.
ktap() {
	local bad=0

	kernel_source "$2"
	"${@:3}" >"build/$1.ktap" || bad=1
	add_up "$1" "$source" $bad
}

host_job() {
	say "on the host: $1"
	ktap "$1" "$own_kernel" host_suite "$1"
}

devices_job() {
	ktap "devices-$1$suffix" "$1" scripts/devices.sh "$1"
}

tree_job() {
	ktap devicetree "$own_kernel" scripts/devicetree.sh
}

# cell_job CONFIG KERNEL
cell_job() {
	local bad=0 tests=1 rounds=50 noise=2000 append layout paths image kdir

	cell_name "$1" "$2"
	paths=$(scripts/kernels/test-kernel.sh "$1" "$2")
	read -r image kdir <<<"$paths"
	say "$name kernel: building the modules"
	# A thousand rounds of insmod take longer than all else: in one kernel.
	[ "$name" = debug ] && rounds=1000
	if [ "$quick" ]; then
		tests=$SUITE rounds=5 name=quick/$name
	fi
	scripts/kernels/modules.sh "$name" "$kdir" TESTS="$tests"

	say "${name#quick/} kernel: booting, ${SMP:-2} vCPUs"
	# KASAN's quarantine keeps freed memory, up to a 32nd of all: what is lost shows
	# less.
	[ "$1" = kasan ] && noise=34000
	suites_guest "$1"
	ENVIRONMENT="SUITES='${suites[*]}' SEED='${SEED-}' ROUNDS=$rounds NOISE=$noise $layout" \
	APPEND="printk.devkmsg=on $append" \
	LOG=build/$name.log TIMEOUT=${TIMEOUT:-2400} \
		scripts/guest/guest.sh check "$image" "build/$name/buddypool.ko" \
		"build/$name"/{kunit,kunit/*,Documentation/examples}/*.ko \
		kunit/*/*_test.sh kunit/lib/ktap.sh "$user"/* || bad=1

	# The parser is given what follows the kernel's own, empty, plan; and suites
	# that are modules each count from 1, which it takes for lost ones, and since
	# 6.12 each have a plan, which is not the whole.
	sed '1,/\] 1\.\.0/d; s/\r$//' "build/$name.log" |
		awk '/\] (not )?ok [0-9]+ / { sub(/ok [0-9]+/, "ok " ++n) }
			/\] KTAP version 1/ && version++ || /\] 1\.\./ && plan++ { next }
			{ print }' >"build/$name.ktap"
	add_up "$name" "$kdir/source" $bad
}

# other_job ARCH: all this for another architecture, as `make check ARCH=` does it.
other_job() {
	export ARCH=$1 JOBS=1

	scripts/setup.sh build guest kernel
	scripts/check.sh
}

# job KIND ARGUMENT...: in the background, with its progress on the terminal and the rest, whose
# last line has the figures, in a file.
job() {
	local out

	out=build/check-$(tr ' ' - <<<"$*")$suffix.out
	outs+=("$out")
	while [ "$(jobs -pr | wc -l)" -ge "${JOBS:-$(nproc)}" ]; do
		wait -n || true
	done
	"${1}_job" "${@:2}" </dev/null 2>&1 | tee "$out" | sed -un "$filter" &
}

mkdir -p build
user_programs
outs=() filter="/^== \|^suite \|^[a-z]\+\.sh: \|: [0-9]\+ steps$/ p"
# What fails is shown as it comes, but one job alone shows all.
if [ $((${#host_suites[@]} + ${#device_kernels[@]} + ${#cells[@]} + ${#others[@]} + ${#trees[@]})) = 1 ]; then
	filter="/^[0-9]\+ passed, [0-9]\+ failed$/! p"
fi
for kind in "${others[@]/#/other }" "${cells[@]/#/cell }" "${device_kernels[@]/#/devices }" \
	"${trees[@]}" "${host_suites[@]/#/host }"; do
	# shellcheck disable=SC2086 # two or three words
	job $kind
done
wait

passed=0 failed=0
for out in "${outs[@]}"; do
	[ ${#outs[@]} = 1 ] || cat "$out"
	if [[ $(tail -n 1 "$out") =~ ^([0-9]+)\ passed,\ ([0-9]+)\ failed$ ]]; then
		passed=$((passed + BASH_REMATCH[1]))
		failed=$((failed + BASH_REMATCH[2]))
	else
		failed=$((failed + 1))
	fi
done
if [ $failed -gt 0 ]; then
	say "what failed"
	grep -E '\[(FAILED|CRASHED|ERROR)\]|^build/.*\.log|^[a-z]+\.sh: |no end within' "${outs[@]}" || true
fi
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
