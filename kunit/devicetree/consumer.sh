# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# devm_buddy_region_get(), by the driver Documentation/examples/consumer.c.
# shellcheck disable=SC2154 # the job of the suite has $debug
tests="$tests consumer_gets consumer_wrong consumer_waits consumer_follows"

# consumers: load the driver; what the kernel says meanwhile is in /tmp/log.
consumers() {
	dmesg -c >/dev/null
	insmod /consumer.ko || fail "insmod consumer"
	dmesg >/tmp/log
}

refs() {
	awk -v name="$1" '$1 == name { print $8 }' "$debug"/regions
}

consumer_gets() {
	consumers
	says 'consumer: 100 pages of fpga, a pool in picture'
	grep -q '^pages_used *100$' "$debug"/fpga/stats || fail "$(grep pages_used "$debug"/fpga/stats)"
	[ "$(refs fpga)" = 1 ] || fail "$(cat "$debug"/regions)"
	rmmod consumer || fail "rmmod consumer"
	[ "$(refs fpga)" = 0 ] || fail "after rmmod: $(cat "$debug"/regions)"
	grep -q '^pages_used *0$' "$debug"/picture/stats || fail "the pool stays"
}

consumer_wrong() {
	consumers
	says 'consumer-none: error [^:]*: the node has no buddypool,region'
	says 'consumer-name: error [^:]*: the node has no buddypool,region descriptors'
	says 'consumer-disabled: error [^:]*: no region of .*disabled@63000000'
	for device in consumer-none consumer-name consumer-disabled consumer-early; do
		! is_bound $device || fail "$device is bound"
	done
	# No node "buddypool,region" names it, so far.
	grep -q consumer-early /sys/kernel/debug/devices_deferred ||
		fail "deferred: $(cat /sys/kernel/debug/devices_deferred)"
	rmmod consumer
}

# comes_back DEVICE: the kernel calls the probe function from a worker.
comes_back() {
	for _ in 1 2 3 4 5 6 7 8 9 10; do
		! is_bound "$1" || return
		sleep 1
	done
	fail "$1 is not bound"
}

consumer_waits() {
	unbind buddypool-names
	consumers
	! is_bound consumer || fail "it has no second region, but is bound"
	grep -q "^consumer" /sys/kernel/debug/devices_deferred ||
		fail "deferred: $(cat /sys/kernel/debug/devices_deferred)"
	[ "$(refs fpga)" = 0 ] || fail "the first region is not given back"
	bind buddypool-names
	comes_back consumer
	rmmod consumer
}

# The region's device takes the consumers along, so that the region is free.
consumer_follows() {
	consumers
	unbind buddypool-heaps
	! is_bound consumer || fail "it is still bound"
	! has_region fpga || fail "the region stays: $(cat "$debug"/regions)"
	bind buddypool-heaps
	comes_back consumer
	[ "$(refs fpga)" = 1 ] || fail "$(cat "$debug"/regions)"
	! rmmod buddypool 2>/dev/null || fail "rmmod with a consumer"
	rmmod consumer
}
