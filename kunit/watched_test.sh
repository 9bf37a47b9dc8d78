# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# What only a user of the whole module sees: each tracepoint fires, none costs the
# caches when all are off, and rmmod names who did not free.  Results are KTAP in
# the kernel's log.

# shellcheck source=kunit/ktap.sh
. /ktap.sh
plan=3
tracing=/sys/kernel/tracing

tracepoints_fire() {
	[ -e $tracing/events ] || mount -t tracefs tracefs $tracing 2>/dev/null ||
		{ skip="no tracefs"; return; }
	insmod /buddypool.ko regions=watched:8M
	echo >$tracing/trace
	echo 1 >$tracing/events/buddypool/enable
	insmod /watch_load.ko
	echo 0 >$tracing/events/buddypool/enable
	for event in buddy_alloc buddy_free buddy_split buddy_merge buddy_refill buddy_drain \
			buddy_fail mp_create mp_large mp_reset mp_fail mp_destroy; do
		grep -q ": $event: " $tracing/trace || fail "$event did not fire"
	done
	grep -q "buddy_alloc: region=watched pfn=0x[0-9a-f]* pages=67" $tracing/trace ||
		fail "no allocation of 67 pages"
	allocs=$(grep -c ": buddy_alloc: " $tracing/trace)
	frees=$(grep -c ": buddy_free: " $tracing/trace)
	[ "$allocs" = "$frees" ] || fail "$allocs allocations and $frees frees"
	rmmod watch_load
	rmmod buddypool
}

# Five groups at the most, the largest first, with their call chains; the memory is kept.
rmmod_names_owners() {
	insmod /buddypool.ko regions=watched:8M track=1
	insmod /watch_load.ko forget=7
	grep -q "^ *28672 *7 " /sys/kernel/debug/buddypool/watched/owners ||
		fail "owners: $(cat /sys/kernel/debug/buddypool/watched/owners)"
	rmmod watch_load
	dmesg -c >/dev/null
	rmmod buddypool
	dmesg | grep -q "watched: 7 pages are still in use, its memory is not given back" ||
		fail "nothing said of 7 pages"
	dmesg | grep -q "watched: 7 pages in 7 blocks" || fail "no group of 7 blocks"
	dmesg | grep -q "one owner: insmod/" || fail "no task"
}

# Without track=1 the file says what to do.
owners_say_how() {
	insmod /buddypool.ko regions=watched:8M
	grep -q "load the module with track=1" /sys/kernel/debug/buddypool/watched/owners ||
		fail "$(cat /sys/kernel/debug/buddypool/watched/owners)"
	rmmod buddypool
}

begin watched
run tracepoints_fire
run rmmod_names_owners
run owners_say_how
end watched
