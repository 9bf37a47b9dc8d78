#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# fuzz.sh [suite|build]: fuzz the pools in user space for MINUTES: with libFuzzer, or random
# inputs if there is no clang; then search for programs with which a pool holds many pages.
# With "suite", run a fixed number of random inputs and programs, and print KTAP.  With
# "build", only build what the suite runs.  The layers are those in TREE; what is built goes
# to OUT.  With PAGE_SHIFT=14 or 16, pages have 16 or 64 KiB.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

TREE=${TREE:-$top}
out=${OUT:-$top/build/fuzz${PAGE_SHIFT-}}

# The pools in a kernel with KASAN, with a redzone behind each object; those in a kernel
# without, whose inline functions are used; and those without the compiler's sanitizers.
declare -A kinds=([redzones]="SANITIZE=1 KASAN=1" [inline]="SANITIZE=1" [held]="")

# build KIND CC PROGRAM: print the program's path.
build() {
	local dir=$out/$1-$2 variables

	mkdir -p "$dir"
	read -ra variables <<<"${kinds[$1]}"
	make -s -j "$(nproc)" -C kunit/fuzz OUT="$dir" TREE="$TREE" CC="$2" "${variables[@]}" \
		"$dir/$3" >"$dir/build.log" 2>&1 || die "it does not build, see $dir/build.log"
	echo "$dir/$3"
}

# KTAP: each test is a program that fails, or ends with success.
number=0 failed=0
run_test() {
	local name=$1 verdict=ok

	shift
	"$@" >"$out/$name.log" 2>&1 || verdict="not ok" failed=1
	sed '/^#/!s/^/# /; s/^/    /' "$out/$name.log"
	number=$((number + 1))
	echo "    $verdict $number $name"
}

run_suite() {
	local redzones inline held

	redzones=$(build redzones gcc fuzz)
	inline=$(build inline gcc fuzz)
	held=$(build held gcc fuzz)
	[ "$1" = suite ] || exit 0
	printf 'KTAP version 1\n1..1\n    KTAP version 1\n    # Subtest: fuzz_pool\n    1..3\n'
	run_test random_redzones "$redzones" random 60 1 2500
	run_test random_inline "$inline" random 60 1 2500
	run_test held "$held" fixed
	[ $failed = 0 ] || printf 'not '
	echo "ok 1 fuzz_pool"
	exit $failed
}

# fuzz KIND SECONDS SEED: print a row, and what was found.
fuzz() {
	local program fuzzer log=$out/$1.log verdict="no fault" runs

	program=$(build "$1" gcc fuzz)
	if command -v clang >/dev/null; then
		fuzzer=$(build "$1" clang fuzzer)
		mkdir -p "$out/corpus"
		"$fuzzer" -seed="$3" -max_total_time="$2" -max_len=4000 \
			-artifact_prefix="$out/$1-" "$out/corpus" >"$log" 2>&1 ||
			verdict="FAULT"
		runs=$(sed -n 's/^Done \([0-9]*\) runs.*/\1 inputs,/p
			s/.*DONE *cov: \([0-9]*\).*/\1 places in the code reached/p' \
			"$log" | tac | xargs)
	else
		"$program" random "$2" "$3" >"$log" 2>&1 || verdict="FAULT"
		runs=$(sed -n 's/: no fault//p' "$log")
	fi
	printf '%-10s %s: %s\n' "$1" "$runs" "$verdict"
	[ "$verdict" = FAULT ] || return 0
	failed=1
	grep -am1 'FAULT\|ERROR\|runtime error' "$log" || true
	grep -a 'Test unit written\|the input is' "$log" || true
	echo "the log is $log; for the operations, run $program INPUT"
}

mkdir -p "$out"
[ $# = 0 ] || run_suite "$1"
seconds=$((${MINUTES:-1} * 20))
seed=${SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
echo "seed $seed"
fuzz redzones $seconds "$seed"
fuzz inline $seconds "$seed"
echo "the most that a pool held for what was alive; more than 100% of the bound is a fault:"
"$(build held gcc fuzz)" held $seconds "$seed" || failed=1
[ $failed = 1 ] || echo "no fault"
exit $failed
