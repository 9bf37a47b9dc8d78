# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Suite heap: user space allocates from a reserved region and from the kernel's memory, by
# /dev/dma_heap.  heap_client does the work; at the end of each test all memory is free.  The
# results are KTAP in the kernel's log.

# An address is one word, and $ASSUME is a parameter or nothing.
# shellcheck disable=SC2086
# shellcheck source=kunit/lib/ktap.sh
. /ktap.sh
plan=23
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}

has_heaps() {
	[ "$heaps" ] || skip="this kernel has no dma-bufs"
	[ "$heaps" ]
}

# client TEST: run it on both regions.
client() {
	has_heaps || return
	ktap "# seed=$seed"
	for heap in "reserved 16" "kernel 1"; do
		# The kernel may have given its memory in pieces.
		grep -q "^longest run *$((${heap#* } << 20))$" \
			"/sys/kernel/debug/buddypool/${heap% *}/free_area" ||
			{ ktap "# $heap: not in one piece"; continue; }
		# shellcheck disable=SC2086
		text=$(/heap_client $heap "$1" "$seed") || fail "$heap: $text"
	done
}

tests="sizes wrong_calls zeroed mappings read_only shared remapped borders physical exhaust
	killed signalled together garbage not_held"
for test in $tests; do
	eval "heap_$test() { client $test; }"
done

# insmod is refused with one line that says why.
heap_wrong_names() {
	has_heaps || return
	for wrong in "none:there is no such region" "system:the kernel has a heap of this name"; do
		dmesg -c >/dev/null
		if insmod /buddypool.ko regions=system:1M heap="${wrong%%:*}" 2>/dev/null; then
			fail "heap=${wrong%%:*} was accepted"
			rmmod buddypool
		fi
		dmesg | grep -q "${wrong#*:}" || fail "no line says: ${wrong#*:}"
	done
}

# A load that fails after it made a node: nobody has opened that, however often it is tried.
heap_failed_load() {
	has_heaps || return
	(until true </dev/dma_heap/reserved; do :; done; : >/tmp/opened) 2>/dev/null &
	for _ in 1 2 3 4 5; do
		insmod /buddypool.ko regions=reserved:16M@$RESERVED heap=reserved,none 2>/dev/null &&
			fail "heap=none was accepted"
	done
	kill $!
	wait $! 2>/dev/null
	[ ! -e /tmp/opened ] || fail "the node was opened"
}

heap_mode_is_given() {
	has_heaps || return
	mode=$(stat -c %a /dev/dma_heap/reserved)
	[ "$mode" = 640 ] || fail "the node's mode is $mode"
}

# The module stays while a buffer lives, and goes when its process is killed.
heap_rmmod_waits() {
	has_heaps || return
	/heap_client reserved 16 hold &
	row="^a_frame  *$PAGE_SIZE 0x0*${RESERVED#0x}  *[1-9][0-9]* heap_client  *$!  *0  *2$"
	# The age is at least a second, and the client may be slow.
	for _ in $(seq 60); do
		grep -q "$row" /sys/kernel/debug/buddypool/reserved/buffers && break
		sleep 1
	done
	grep -q "$row" /sys/kernel/debug/buddypool/reserved/buffers ||
		fail "buffers: $(cat /sys/kernel/debug/buddypool/reserved/buffers)"
	rmmod buddypool 2>/dev/null && fail "rmmod with a buffer in use"
	[ "$(wc -l </sys/kernel/debug/buddypool/kernel/buffers)" = 1 ] ||
		fail "a buffer of another region is shown"
	kill -9 $!
	wait $! 2>/dev/null
	grep -q '^pages_used *0$' /sys/kernel/debug/buddypool/reserved/stats ||
		fail "the buffer of a killed process is still in use"
}

# While eight processes allocate and free, rmmod is refused and disturbs nobody.
heap_rmmod_meanwhile() {
	has_heaps || return
	/heap_client reserved 16 together "$seed" >/tmp/together &
	until grep -q '^buddypool [0-9]* [1-9]' /proc/modules; do
		kill -0 $! || break
	done
	refused=0
	until rmmod buddypool 2>/dev/null; do
		refused=$((refused + 1))
	done
	wait $! || fail "$(cat /tmp/together)"
	[ $refused -gt 0 ] || fail "rmmod was not refused"
	load
}

heap_nodes_go() {
	has_heaps || { rmmod buddypool; return; }
	rmmod buddypool || fail "rmmod fails"
	[ ! -e /dev/dma_heap/reserved ] || fail "the node is still there"
}

# heap_limit= counts for each user and each heap, until the buffer goes.
heap_limit() {
	has_heaps || return
	insmod /buddypool.ko regions=reserved:16M@$RESERVED heap=reserved heap_limit=8M heap_mode=0666
	text=$(/heap_client reserved 8 limit) || fail "$text"
	rmmod buddypool
}

heap_wrong_numbers() {
	has_heaps || return
	for wrong in 660 01000 0667; do
		dmesg -c >/dev/null
		insmod /buddypool.ko regions=a:1M heap=a heap_mode=$wrong 2>/dev/null &&
			fail "heap_mode=$wrong was accepted"
		dmesg | grep -q "heap_mode=0.*: not the mode" || fail "$wrong: no line says why"
	done
	for wrong in x 1Q 99999999999999999999 ''; do
		dmesg -c >/dev/null
		insmod /buddypool.ko heap_limit=$wrong 2>/dev/null && fail "heap_limit=$wrong was accepted"
		dmesg | grep -q "heap_limit=$wrong: not a number" || fail "$wrong: no line says why"
	done
}

load() {
	insmod /buddypool.ko regions=reserved:16M@$RESERVED,kernel:1M heap=reserved,kernel \
		heap_mode=0640
}

begin heap
load
heaps=
[ ! -e /sys/module/buddypool/parameters/heap ] || heaps=1
for test in $tests mode_is_given rmmod_waits rmmod_meanwhile nodes_go limit wrong_names \
		wrong_numbers failed_load; do
	run "heap_$test"
done
end heap
