# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Devices that do not snoop the CPU's caches.  QEMU has no caches, so the tests count the
# calls of cache maintenance, by kprobes, and read the attributes of the module's mapping.
# The driver is noncoherent.c; without dma-coherent in a devicetree, a device of arm64 does
# not snoop.
# shellcheck disable=SC2034,SC2154 # kunit/lib/ktap.sh has $skip; the job has $debug, $REGIONS
tests="$tests noncoherent_kernel noncoherent_reserved noncoherent_uncached noncoherent_snooping"
tracing=/sys/kernel/tracing
# The kernel's calls by its linear mapping, and those that the module makes.
maintenance="arch_sync_dma_for_device arch_sync_dma_for_cpu arch_wb_cache_pmem arch_invalidate_pmem"
# Of enum dma_data_direction.
both=0 to_device=1 from_device=2

# calls: print how often each function was called for the block.
calls() {
	for function in $maintenance; do
		grep -c " buddypool_$function: .* size=0x3000$" $tracing/trace
	done | tr '\n' ' '
}

# addresses: print the block's kernel address, if the module's calls were for another one.
addresses() {
	block=$(dmesg | sed -n "s/^.*noncoherent: $from: block at //p" | tail -n 1)
	grep '_pmem: ' $tracing/trace | grep -v " addr=$block " | sed "s/^/not at $block: /"
}

# noncoherent CALLS REGION DIRECTION PARAMETER...: for each kind of device and each way to map a
# block, the functions of $maintenance are called as often as CALLS says.
noncoherent() {
	wanted="$1 " from=$2 direction=$3
	shift 3
	[ -e $tracing/events ] || mount -t tracefs tracefs $tracing
	for function in $maintenance; do
		echo "p:buddypool_$function $function addr=%x0:x64 size=%x1:x64"
	done >$tracing/kprobe_events || { fail "no kprobes"; return; }
	echo 1 >$tracing/events/kprobes/enable
	dmesg -c >/dev/null
	for way in "map pci=0" "table pci=0" "buffer pci=0" "map pci=1" "table pci=1" "buffer pci=1"; do
		echo >$tracing/trace
		# shellcheck disable=SC2086 # two words
		text=$(insmod /noncoherent.ko region="$from" direction="$direction" by=$way "$@" 2>&1) &&
			rmmod noncoherent
		got=$(calls)
		wrong=$(addresses)
		[ "$got$text$wrong" = "$wanted" ] ||
			fail "$from, direction $direction, $way: calls $got, not $wanted: $text $wrong"
	done
	echo 0 >$tracing/events/kprobes/enable
	echo >$tracing/kprobe_events
}

# attributes_are BYTE: of the module's mapping, as in the register MAIR_EL1.
attributes_are() {
	dmesg | grep -q "noncoherent: $from: attributes $1\$" || fail "$from: not $1: $(dmesg)"
}

# The kernel's memory: the kernel is called at the map, for the device, for the CPU, at the unmap.
noncoherent_kernel() {
	for direction in $both $to_device $from_device; do
		noncoherent "2 2 0 0" kernel "$direction"
		attributes_are 0xff
	done
}

# A cached range outside of the kernel's linear mapping, where the kernel's calls would fault.
noncoherent_reserved() {
	noncoherent "0 0 2 2" reserved $both
	noncoherent "0 0 2 0" reserved $to_device
	noncoherent "0 0 2 2" reserved $from_device
	attributes_are 0xff
}

# Normal memory, not cacheable: nothing to maintain.
noncoherent_uncached() {
	rmmod buddypool
	insmod /buddypool.ko regions="$REGIONS" uncached=reserved || fail "uncached=reserved"
	noncoherent "0 0 0 0" reserved $both
	attributes_are 0x44
}

# A device that snoops needs no maintenance, whatever the memory.
noncoherent_snooping() {
	for region in kernel reserved; do
		noncoherent "0 0 0 0" $region $both snoops=1
		attributes_are 0xff
	done
}
