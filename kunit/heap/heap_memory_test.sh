# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Suite heap_memory: heaps of memory that is uncached, and of memory with counted pages.
# heap_client does the work, as in the suite heap.  The results are KTAP in the kernel's log.

# An address is one word, and $ASSUME is a parameter or nothing.
# shellcheck disable=SC2086
# shellcheck source=kunit/lib/ktap.sh
. /ktap.sh
plan=22
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
# A section of the guest's memory that no other memory shares.  An earlier suite
# may have left a cached mapping of another range.
pages=$SECTION
wc=$(printf %#x $((SECTION + 0x2000000)))

# client TEST HEAP MIB...
client() {
	[ "$heaps" ] || { skip="this kernel has no dma-bufs"; return; }
	ktap "# seed=$seed"
	wanted=$1
	shift
	while [ $# -gt 0 ]; do
		text=$(/heap_client "$1" "$2" "$wanted" "$seed") || fail "$1: $text"
		shift 2
	done
}

# refused PARAMETERS TEXT: insmod fails with a line that has TEXT.
refused() {
	dmesg -c >/dev/null
	# shellcheck disable=SC2086
	if insmod /buddypool.ko $1 $ASSUME 2>/dev/null; then
		fail "$1 was accepted"
		rmmod buddypool
	fi
	dmesg | grep -q "$2" || fail "$1: no line says: $2"
}

uncached_tests="zeroed mappings remapped borders together not_held"
for test in $uncached_tests; do
	eval "uncached_$test() { client $test reserved 16; }"
done

uncached_is_write_combining() {
	list=/sys/kernel/debug/x86/pat_memtype_list
	[ -e $list ] || { skip="this kernel does not show memory types"; return; }
	grep -q "0x0*${wc#0x}-0x0*3b000000\] write-combining" $list || fail "$(grep "${wc#0x}" $list)"
}

uncached_goes() {
	rmmod buddypool || fail "rmmod fails"
}

uncached_wrong() {
	refused "regions=kernel:1M uncached=kernel" "uncached=kernel: the kernel's own memory"
	refused "regions=a:16M@$wc uncached=a,b" "uncached=b: there is no such region"
	refused "regions=a:16M@$wc uncached=aa" "uncached=aa: there is no such region"
	refused "regions=a:2M@$pages uncached=a heap_pages=1" "it cannot be in uncached="
}

pages_tests="zeroed mappings read_only shared remapped borders exhaust killed together held"
for test in $pages_tests; do
	eval "pages_$test() { client $test pages 16 kernel 1; }"
done

pages_go() {
	rmmod buddypool || fail "rmmod fails"
	grep -q ' : pages$' /proc/iomem && fail "the claim is still in /proc/iomem"
}

pages_twice() {
	insmod /buddypool.ko regions=pages:16M@$pages heap=pages heap_pages=1 $ASSUME ||
		fail "insmod fails"
	client held pages 16
	rmmod buddypool || fail "rmmod fails"
}

pages_wrong() {
	refused "regions=a:1M@$pages heap_pages=1" "multiples of 2048 KiB"
	refused "regions=a:16M@$RESERVED heap_pages=1" "without other memory"
}

begin heap_memory
insmod /buddypool.ko regions=reserved:16M@$wc heap=reserved uncached=reserved $ASSUME
heaps=
[ ! -e /sys/module/buddypool/parameters/heap ] || heaps=1
for test in $uncached_tests is_write_combining goes wrong; do
	run "uncached_$test"
done
insmod /buddypool.ko regions=pages:16M@$pages,kernel:1M heap=pages,kernel heap_pages=1 $ASSUME
for test in $pages_tests go twice wrong; do
	run "pages_$test"
done
end heap_memory
