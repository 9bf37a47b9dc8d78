# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The kernel's own test of dma-heaps, from this kernel's source: allocation, import by vgem,
# zeroed memory, other sizes of the ioctl's struct, wrong calls.  The test takes each heap
# in /dev/dma_heap.
# shellcheck disable=SC2154 # kunit/lib/ktap.sh has $bad
tests="$tests kernel_selftest"

kernel_selftest() {
	/dmabuf-heap >/tmp/selftest 2>&1 || fail "it failed"
	# The test of 6.1 ends with 0 although it has seen memory that is not zero.
	grep -q FAIL /tmp/selftest && fail "it found a fault"
	for heap in reserved kernel; do
		grep -q "Testing heap: $heap\$" /tmp/selftest || fail "$heap was not tested"
	done
	grep -q "Could not open vgem" /tmp/selftest && fail "vgem is missing"
	[ "$bad" = 0 ] || while read -r line; do ktap "# $line"; done </tmp/selftest
}
