# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# An overlay at run time, late.dts, in kernels that take one: Debian's does not.
# shellcheck disable=SC2034,SC2154 # skip is for kunit/lib/ktap.sh, the job has $debug
tests="$tests overlay_comes overlay_buffer overlay_consumer"

# apply [OVERLAY], undo: what the kernel says meanwhile is in /tmp/log.
apply() {
	dmesg -c >/dev/null
	insmod /overlay.ko file="/${1:-late}.dtbo" || fail "insmod overlay"
	dmesg >/tmp/log
}

undo() {
	dmesg -c >/dev/null
	rmmod overlay || fail "rmmod overlay"
	dmesg >/tmp/log
	# The kernel counts the references of an overlay's nodes.
	! grep 'OF: ERROR' /tmp/log || fail "$(grep 'OF: ERROR' /tmp/log)"
}

has_overlays() {
	[ -e /overlay.ko ] || skip="this kernel has no overlays"
	[ -e /overlay.ko ]
}

overlay_comes() {
	has_overlays || return
	for round in 1 2 3; do
		apply
		grep -q '^late *0x000062a00000 .* 512 .* dt-node' "$debug"/regions ||
			fail "$round: $(cat "$debug"/regions)"
		[ -e /dev/dma_heap/late ] || fail "$round: no heap"
		says '/wrong-late: memory-region 0: the kernel has reserved nothing for /too-late'
		says '/wrong-shared: memory-region 0: .* is in memory-region of /shared-late'
		undo
		! has_region late || fail "$round: the region stays"
		! grep -q ' : late$' /proc/iomem || fail "$round: the range is still claimed"
	done
}

# The device is gone, and comes back as another one.
overlay_buffer() {
	has_overlays || return
	apply
	hold late 2
	undo
	says "region late is in use"
	[ "$(used late)" = 1 ] || fail "the buffer is gone"
	# With another name, or another mapping, this is not the same region.
	for other in another uncached; do
		apply $other
		says "/buddypool-late: memory-region 0: region 'late' has this memory and is in use"
		! is_bound buddypool-late || fail "$other: it is bound"
		undo
	done
	apply
	[ "$(used late)" = 1 ] || fail "another region"
	undo
	# Nobody uses it any more: neither the memory nor the name is taken.
	release
	apply another
	has_region another || fail "$(grep buddypool: /tmp/log)"
	! has_region late || fail "the region stays"
	undo
}

overlay_consumer() {
	has_overlays || return
	insmod /consumer.ko || fail "insmod consumer"
	apply
	comes_back consumer-late
	grep -q '^late .* 2$' "$debug"/regions || fail "$(cat "$debug"/regions)"
	undo
	! has_region late || fail "the region stays: $(cat "$debug"/regions)"
	rmmod consumer
}
