# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Suite example: the modules of Documentation/examples load and do what the page says.  The
# results are KTAP in the kernel's log.

# shellcheck source=kunit/lib/ktap.sh
. /ktap.sh
plan=4
debug=/sys/kernel/debug/buddypool

# example_runs MODULE REGION PAGES MESSAGE: MODULE prints MESSAGE, and REGION then has so
# many pages in use.
example_runs() {
	dmesg -c >/dev/null
	insmod "/$1.ko" || { fail "insmod $1"; return; }
	dmesg | grep -q "$4" || fail "$1: $(dmesg)"
	grep -qx "pages_used  *$3" "$debug/$2/stats" || fail "$1: $(cat "$debug/$2/stats")"
	rmmod "$1" || fail "rmmod $1"
}

by_name_runs() {
	insmod /buddypool.ko regions=fpga:8M
	example_runs by_name fpga 16 'fpga: a buffer at 0x'
	grep -qx 'pages_used  *0' $debug/fpga/stats || fail "$(cat $debug/fpga/stats)"
	grep '^error .* [1-9]' $debug/fpga/stats && fail "caller errors"
	rmmod buddypool || fail "rmmod buddypool"
}

by_name_needs_its_region() {
	insmod /buddypool.ko regions=other:8M
	insmod /by_name.ko 2>/dev/null && { fail "loaded"; rmmod by_name; }
	rmmod buddypool || fail "rmmod buddypool"
}

own_range_runs() {
	insmod /buddypool.ko
	example_runs own_range device-memory 100 'device-memory: 100 pages from pfn 0x'
	[ ! -e $debug/device-memory ] || fail "the region is still there"
	rmmod buddypool || fail "rmmod buddypool"
}

chardev_maps() {
	[ -e /heap_client ] || { skip="the program that maps is not here"; return; }
	insmod /buddypool.ko regions=kernel:1M heap_pages=1
	insmod /chardev.ko || { fail "insmod chardev"; return; }
	text=$(/heap_client /dev/chardev 1 device) || fail "$text"
	grep -qx 'pages_used  *0' $debug/kernel/stats || fail "$(cat $debug/kernel/stats)"
	rmmod chardev || fail "rmmod chardev"
	rmmod buddypool || fail "rmmod buddypool"
}

begin example
run by_name_runs
run by_name_needs_its_region
run own_range_runs
run chardev_maps
end example
