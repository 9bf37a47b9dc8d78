# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Devices that do not snoop the CPU's caches.  QEMU has no caches, so the tests count the
# kernel's calls of cache maintenance, by kprobes, and read the attributes of the module's
# mapping.  The driver is noncoherent.c; without dma-coherent in a devicetree, a device of
# arm64 does not snoop.
# shellcheck disable=SC2034,SC2154 # kunit/lib/ktap.sh has $skip; the job has $debug, $REGIONS
tests="$tests noncoherent_kernel noncoherent_reserved noncoherent_uncached noncoherent_snooping"
tracing=/sys/kernel/tracing

# calls: print how often the caches were written back for a device, and invalidated for a CPU.
calls() {
	for event in for_device for_cpu; do
		grep -c " buddypool_$event: .* size=0x3000$" $tracing/trace
	done | tr '\n' ' '
}

# noncoherent REGION PARAMETER...: each way to map a block; the number of calls is in $got.
noncoherent() {
	from=$1
	shift
	[ -e $tracing/events ] || mount -t tracefs tracefs $tracing
	for event in for_device for_cpu; do
		echo "p:buddypool_$event arch_sync_dma_$event size=%x1:x64"
	done >$tracing/kprobe_events || { fail "no kprobes"; return; }
	echo >$tracing/trace
	echo 1 >$tracing/events/kprobes/enable
	got='' text=''
	dmesg -c >/dev/null
	for by in map table buffer; do
		message=$(insmod /noncoherent.ko region="$from" by=$by "$@" 2>&1) &&
			rmmod noncoherent
		text="$text${message##*: }"
		got="$got$(calls)"
		echo >$tracing/trace
	done
	echo 0 >$tracing/events/kprobes/enable
	echo >$tracing/kprobe_events
}

# calls_are NUMBERS: all three ways succeeded, with so many calls.
calls_are() {
	[ "$text" ] && fail "$from: $text: $(dmesg | tail -n 3)"
	[ "$got" = "$1" ] || fail "$from: calls $got, not $1"
}

# attributes_are BYTE: of the module's mapping, as in the register MAIR_EL1.
attributes_are() {
	dmesg | grep -q "noncoherent: $from: attributes $1\$" || fail "$from: not $1: $(dmesg)"
}

# The kernel's memory: written back at the map, for the device, for the CPU, at the unmap.
noncoherent_kernel() {
	noncoherent kernel
	calls_are '2 2 2 2 2 2 '
	attributes_are 0xff
}

# A cached range outside of the kernel's linear mapping, where maintenance would fault.
noncoherent_reserved() {
	noncoherent reserved
	[ "$got" = '0 0 0 0 0 0 ' ] || fail "calls $got"
	lines=$(dmesg | grep -c "reserved: the device does not snoop the CPU's caches, .* can be loaded with uncached=reserved$")
	# Busybox tries both system calls that load a module.
	[ "$lines" -ge 3 ] || fail "$lines lines in the log"
	case $text in
	"Not supported"*|"Operation not supported"*)	;;
	*)	fail "insmod says $text" ;;
	esac
}

# Normal memory, not cacheable: nothing to maintain.
noncoherent_uncached() {
	rmmod buddypool
	insmod /buddypool.ko regions="$REGIONS" uncached=reserved || fail "uncached=reserved"
	noncoherent reserved
	calls_are '0 0 0 0 0 0 '
	attributes_are 0x44
}

# A device that snoops needs no maintenance, whatever the memory.
noncoherent_snooping() {
	for region in kernel reserved; do
		noncoherent $region snoops=1
		calls_are '0 0 0 0 0 0 '
		attributes_are 0xff
	done
}
