# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Memory for a special purpose, as HBM or CXL, which the firmware's map of memory calls soft
# reserved.  The kernel's command line makes such a range of 128 MiB of the guest's memory.
# The functions are those of bar.sh.
tests="$tests soft_taken soft_struct_pages soft_of_dax"
soft=128M@0x30000000

soft_taken() {
	range_taken 'Soft Reserved' hbm $soft
	buffers_work hbm 128 zeroed mappings physical
}

soft_struct_pages() {
	range_taken 'Soft Reserved' hbm $soft heap_pages=1
	buffers_work hbm 128 zeroed direct
}

# The driver device_dax has the memory until the DAX device is unbound.  6.12 would rather
# have the driver kmem, which is not loaded, and must be told.
soft_of_dax() {
	{ insmod /dax_hmem.ko && insmod /device_dax.ko; } || fail "no DAX drivers"
	echo dax0.0 >/sys/bus/dax/drivers/device_dax/new_id
	range_refused 'overlaps another claim' hbm $soft
	echo dax0.0 >/sys/bus/dax/drivers/device_dax/unbind || fail "unbind"
	range_taken 'Soft Reserved' hbm $soft
	rmmod device_dax dax_hmem
}
