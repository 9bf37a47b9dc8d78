# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A node that cannot be right has no region, and one line says why.
tests="$tests dt_refused dt_long_path dt_second dt_module_mode"

dt_refused() {
	while IFS=: read -r device reason; do
		! is_bound "$device" || fail "$device is bound"
		says "buddypool: /$device: $reason"
		[ "$(grep -c "buddypool: /$device:" /tmp/log)" = 1 ] || fail "$device: not one line"
	done <<-END
	wrong-none:memory-region is missing, it names nodes below
	wrong-phandle:memory-region 0: there is no such node
	wrong-place:memory-region 0: the kernel has reserved nothing for /no-memory
	wrong-name:memory-region 0: the kernel has reserved nothing for /elsewhere/dma-pool@63200000
	wrong-huge:memory-region 0: the kernel has reserved nothing for /reserved-memory/huge
	wrong-disabled:memory-region 0: /reserved-memory/disabled@63000000 is disabled
	wrong-dma-pool:memory-region 0: .*dma-pool@63200000 is for 'shared-dma-pool'
	wrong-reusable:memory-region 0: the kernel uses .*reusable@63400000 itself
	wrong-other:memory-region 0: .*other@63600000 is in memory-region of /other-user
	wrong-taken:memory-region 1: the name 'twice' is taken
	wrong-twice:memory-region 1: an entry before this one names /reserved-memory/twice@64800000, too
	wrong-long:memory-region 0: 'a-name-of-thirty-two-characters-' cannot be a region's name
	wrong-size:memory-region 0: the size is 1050624 bytes, it must be a multiple of
	wrong-heap:memory-region 0: the kernel has a heap of this name
	wrong-mode:memory-region 0: heap-mode=01777: not the mode of a node
	wrong-second:memory-region 1: there is no such node
	wrong-uncached:memory-region 0: uncached needs a node with no-map
	wrong-beyond:memory-region 0: the firmware describes no memory at 0xa0000000
	END
}

# A long path does not cut off what stands behind it.
dt_long_path() {
	bus=/bus-with-a-name-as-long-as-it-may/another-with-a-name-as-long-as-it
	says "buddypool: $bus/wrong-number-at-the-end-of-a-path: memory-region 1: there is no such"
	says "buddypool: $bus/wrong-mode-at-the-end-of-the-path: memory-region 0: heap-mode=01777: not"
}

# All regions of a node, or none.
dt_second() {
	! has_region second || fail "the first region stays"
	! grep -q ' : second$' /proc/iomem || fail "the range of second is still claimed"
}

dt_module_mode() {
	rmmod buddypool
	load heap_mode=660
	says '/buddypool-dynamic: memory-region 0: heap_mode=01224: not the mode of a node'
	! has_region watched || fail "a heap of a wrong mode"
	# This node has a mode of its own.
	has_region fpga || fail "no region fpga"
}
