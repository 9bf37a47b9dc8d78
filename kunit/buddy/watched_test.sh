# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Suite watched: tests that load the whole module.  Each tracepoint fires, rmmod reports
# the blocks that were not freed, and a range that was kept can be taken back.  The
# results are KTAP in the kernel's log.

# An address is one word, and $ASSUME is a parameter or nothing.
# shellcheck disable=SC2086
# shellcheck source=kunit/lib/ktap.sh
. /ktap.sh
plan=5
tracing=/sys/kernel/tracing
page=$((PAGE_SIZE / 1024))	# in KiB

tracepoints_fire() {
	[ -e $tracing/events ] || mount -t tracefs tracefs $tracing 2>/dev/null ||
		{ skip="no tracefs"; return; }
	insmod /buddypool.ko regions=watched:$((2048 * page))K
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

# rmmod prints the call chain of the blocks that are still in use, and keeps their memory.
rmmod_names_owners() {
	insmod /buddypool.ko regions=watched:8M track=1
	insmod /watch_load.ko forget=7
	grep -q "^ *$((7 * PAGE_SIZE)) *7 " /sys/kernel/debug/buddypool/watched/owners ||
		fail "owners: $(cat /sys/kernel/debug/buddypool/watched/owners)"
	rmmod watch_load
	dmesg -c >/dev/null
	rmmod buddypool
	dmesg | grep -q "watched: 7 pages are still in use, its memory is not given back" ||
		fail "no message about 7 pages"
	dmesg | grep -q "watched: 7 pages in 7 blocks" || fail "no group of 7 blocks"
	dmesg | grep -q "one owner: insmod/" || fail "no task"
}

# kept_is_refused REASON PARAMETER...: insmod fails, and logs REASON.
kept_is_refused() {
	reason=$1
	shift
	dmesg -c >/dev/null
	insmod /buddypool.ko "$@" 2>/dev/null &&
		{ fail "$* was taken"; rmmod buddypool; return; }
	dmesg | grep -q "$reason" || fail "$*: $(dmesg)"
}

# A range that an earlier load left reserved is refused, and taken back with reclaim=1.
kept_range_comes_back() {
	range=watched:8M@$RESERVED
	last="0x0*$(printf %x $((RESERVED + 0x7fffff)))"
	insmod /buddypool.ko regions=$range
	insmod /watch_load.ko forget=7
	heaps=
	[ ! -e /sys/module/buddypool/parameters/heap ] || heaps=1
	rmmod watch_load
	rmmod buddypool
	grep -q "${RESERVED#0x}-${last#0x0\*} : watched" /proc/iomem || fail "the range is not reserved"
	left="0x0*${RESERVED#0x} to $last was left claimed at an rmmod of this module"
	kept_is_refused "$left" regions=$range
	kept_is_refused "$left" regions="watched:${page}K@$(at $((0x800000 - PAGE_SIZE)))"
	# Only the whole range can be taken back: the rest would not be reserved any more.
	kept_is_refused "$left" regions=watched:4M@$RESERVED reclaim=1
	kept_is_refused "$left" regions="watched:8M@$(at "$PAGE_SIZE")" reclaim=1
	kept_is_refused "$left" regions=watched:9M@$RESERVED reclaim=1
	kept_is_refused 'another claim' regions=watched:${page}K@$CLAIMED $ASSUME reclaim=1
	# The range stays reserved if a later entry makes the load fail.
	kept_is_refused 'the size is 0' regions=$range,0 reclaim=1
	[ ! "$heaps" ] || kept_is_refused 'not a number' regions=$range reclaim=1 heap_limit=x
	kept_is_refused "$left" regions=$range
	grep -q "${RESERVED#0x}-${last#0x0\*} : watched" /proc/iomem || fail "the range was released"
	insmod /buddypool.ko regions=$range reclaim=1 || fail "not taken back"
	grep -q "${RESERVED#0x}-${last#0x0\*} : watched" /proc/iomem || fail "$(cat /proc/iomem)"
	grep -q "^watched .* $((8192 / page)) " /sys/kernel/debug/buddypool/regions ||
		fail "$(cat /sys/kernel/debug/buddypool/regions)"
	insmod /watch_load.ko write=1 || fail "no memory there"
	rmmod watch_load buddypool
	grep -q " : watched" /proc/iomem && fail "the range is still reserved"
	insmod /buddypool.ko regions=$range || fail "not taken anew"
	rmmod buddypool
}

# Loading the module does not change the data in a physical range.
insmod_keeps_data() {
	range=watched:8M@$RESERVED
	insmod /buddypool.ko regions=$range
	insmod /watch_load.ko write=0x5ca1ab1e || fail "not written"
	rmmod watch_load buddypool
	insmod /buddypool.ko regions=$range
	insmod /watch_load.ko expect=0x5ca1ab1e || fail "the data has changed"
	rmmod watch_load buddypool
}

# Without track=1 the file owners says that track=1 is needed.
owners_say_how() {
	insmod /buddypool.ko regions=watched:8M
	grep -q "load the module with track=1" /sys/kernel/debug/buddypool/watched/owners ||
		fail "$(cat /sys/kernel/debug/buddypool/watched/owners)"
	rmmod buddypool
}

begin watched
run tracepoints_fire
run rmmod_names_owners
run kept_range_comes_back
run insmod_keeps_data
run owners_say_how
end watched
