# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Unbind and bind: a region that nobody uses goes and comes; one in use stays as it is, and is
# taken up again.
# shellcheck disable=SC2154 # the job of the suite has $debug
tests="$tests dt_unbind dt_buffer dt_driver dt_freed_later dt_left"

dt_unbind() {
	for round in 1 2 3; do
		unbind buddypool-heaps
		! has_region fpga || fail "$round: the region stays"
		! grep -q ' : fpga$' /proc/iomem || fail "$round: the range is still claimed"
		[ ! -e /dev/dma_heap/fpga ] || fail "$round: the heap stays"
		has_region picture || fail "$round: the region of another node goes"
		bind buddypool-heaps
		has_region fpga || fail "$round: no region after bind"
		[ -e /dev/dma_heap/fpga ] || fail "$round: no heap after bind"
	done
}

# used REGION: pages in use.
used() {
	sed -n 's/^pages_used *//p' "$debug/$1/stats"
}

# hold HEAP MIB: a program, $holder, has a buffer of one page.
hold() {
	/heap_client "$1" "$2" hold 1 &
	holder=$!
	while [ "$(used "$1")" != 1 ]; do
		kill -0 $holder || { fail "$1: no buffer"; return; }
		usleep 10000
	done
}

release() {
	kill "$holder"
	wait "$holder" 2>/dev/null
}

dt_buffer() {
	# A static node with no-map, and one without a claim in /proc/iomem.
	for kind in fpga:16:buddypool-heaps watched:8:buddypool-dynamic; do
		device=${kind##*:} kind=${kind%:*} heap=${kind%:*}
		hold "$heap" "${kind#*:}"
		unbind "$device"
		says "region $heap is in use: it stays until the device is bound again"
		[ ! -e "/dev/dma_heap/$heap" ] || fail "$heap: the heap stays"
		[ "$(used "$heap")" = 1 ] || fail "$heap: the buffer is gone"
		! rmmod buddypool 2>/dev/null || fail "rmmod with a buffer"
		bind "$device"
		[ "$(used "$heap")" = 1 ] || fail "$heap: another region"
		text=$(/heap_client "$heap" 1 zeroed 1) || fail "$heap: $text"
		release
		[ "$(used "$heap")" = 0 ] || fail "$heap: the buffer stays"
		unbind "$device"
		! has_region "$heap" || fail "$heap: the region stays"
	done
}

# A driver that has found the region by its name.
dt_driver() {
	insmod /by_name.ko || { fail "insmod by_name"; return; }
	unbind buddypool-heaps
	says "region fpga is in use"
	grep -q "^fpga .* dt-node *1$" "$debug"/regions || fail "$(cat "$debug"/regions)"
	! has_region mapped || fail "mapped stays"
	bind buddypool-heaps
	rmmod by_name || fail "rmmod by_name"
	[ "$(used fpga)" = 0 ] || fail "blocks are in use"
}

# Unused since it was left: rmmod gives the memory back.
dt_freed_later() {
	hold watched 8
	unbind buddypool-dynamic
	release
	rmmod buddypool
	load
	has_region watched || fail "$(grep watched /tmp/log)"
}

# Blocks that a driver has forgotten: the node stays marked beyond rmmod.
dt_left() {
	insmod /watch_load.ko forget=7 || { fail "insmod watch_load"; return; }
	rmmod watch_load
	rmmod buddypool
	load
	says '/buddypool-dynamic: memory-region 0: blocks of .*watched were in use at an rmmod'
	! has_region watched || fail "it has the region"
	rmmod buddypool
	load reclaim=1
	has_region watched || fail "reclaim=1: $(grep watched /tmp/log)"
	rmmod buddypool
	load
	has_region watched || fail "after reclaim=1: $(grep watched /tmp/log)"
}
