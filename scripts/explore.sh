#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# explore.sh [suite]: try interleavings of the page layer's own code for MINUTES and print a
# table.  With "suite", try a fixed number, with the compiler's sanitizers, and print KTAP.
# With PAGE_SHIFT=14 or 16, pages have 16 or 64 KiB.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

# build DIR [VARIABLE=...]
build() {
	mkdir -p "$1"
	make -s -j "$(nproc)" -C kunit/explore OUT="$top/$1" "${@:2}" >"$1/build.log" 2>&1 ||
		die "it does not build, see $1/build.log"
}

if [ "${1-}" = suite ]; then
	build "build/explore-suite${PAGE_SHIFT-}" SANITIZE=1
	# The program frees nothing at its end.
	ASAN_OPTIONS=detect_leaks=0 exec "build/explore-suite${PAGE_SHIFT-}/explore"
fi
build "build/explore${PAGE_SHIFT-}"
exec "build/explore${PAGE_SHIFT-}/explore" $((${MINUTES:-1} * 60)) \
	"${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}"
