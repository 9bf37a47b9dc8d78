# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Memory on a PCI card: BAR 2 of QEMU's device ivshmem-plain is RAM of 16 MiB, and no driver
# has the device.
# shellcheck disable=SC2154 # kunit/devices/heap.sh has $seed; the job has $debug, $REGIONS
tests="$tests bar_taken bar_struct_pages bar_disabled bar_of_driver"

# pci_device ID: print the folder of the device with this vendor and device.
pci_device() {
	for dir in /sys/bus/pci/devices/*; do
		[ "$(cat "$dir/vendor" "$dir/device" | tr '\n' ' ')" = "$1 " ] && echo "$dir"
	done
}

# bar DIR NUMBER: print the address of the device's BAR.
bar() {
	sed -n "$(($2 + 1))s/ .*//p" "$1/resource"
}

# with_range NAME RANGE PARAMETER...: load the module with a heap there, and those of the job.
with_range() {
	name=$1 range=$2
	shift 2
	rmmod buddypool
	dmesg -c >/dev/null
	insmod /buddypool.ko regions="$name:$range,$REGIONS" heap="$name,reserved,kernel" "$@"
}

# range_taken PARENT NAME RANGE PARAMETER...: the range is a part of PARENT in /proc/iomem.
range_taken() {
	parent=$1
	shift
	with_range "$@" || { fail "$(dmesg)"; return; }
	grep -A 1 " : $parent\$" /proc/iomem | grep -q " : $1\$" || fail "$(cat /proc/iomem)"
}

# range_refused REASON NAME RANGE
range_refused() {
	reason=$1
	shift
	with_range "$@" 2>/dev/null && { fail "$* was taken"; return; }
	dmesg | grep -q "regions=$1:$2: $reason" || fail "no line says '$reason': $(dmesg)"
	insmod /buddypool.ko regions="$REGIONS" heap=reserved,kernel || fail "insmod"
}

# buffers_work HEAP MIB TEST...
buffers_work() {
	heap=$1 size=$2
	shift 2
	for test; do
		text=$(/heap_client "$heap" "$size" "$test" "$seed") || fail "$test: $text"
	done
}

card=$(pci_device '0x1af4 0x1110')
memory=$(bar "$card" 2)

# Programs use buffers there, and another device writes to them.
bar_taken() {
	range_taken "${card##*/}" bar "16M@$memory" uncached=bar
	buffers_work bar 16 zeroed mappings physical
	edu_copies bar 32
}

bar_struct_pages() {
	range_taken "${card##*/}" bar "16M@$memory" heap_pages=1
	buffers_work bar 16 zeroed direct
}

# A card that does not decode memory, because nobody has enabled the device.
bar_disabled() {
	printf '\000' | dd of="$card/config" bs=1 seek=4 conv=notrunc 2>/dev/null
	range_refused 'no memory at' bar "16M@$memory"
	echo 1 >"$card/enable"
	range_taken "${card##*/}" bar "16M@$memory"
}

# The driver cirrus has its device's BAR 0, the memory of the screen.
bar_of_driver() {
	range_refused 'overlaps another claim' bar "16M@$(bar "$(pci_device '0x1013 0x00b8')" 0)"
}
