# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# QEMU's device edu copies blocks of regions, by the driver Documentation/examples/edu.c.  The
# region reserved is without struct pages on x86, and out of reach of a device with 28 address bits,
# unless there is an IOMMU.
# shellcheck disable=SC2034,SC2154 # $skip is for ktap.sh; the job has $debug and $REGIONS
tests="$tests edu_reserved edu_kernel edu_28_bits edu_struct_pages edu_no_region"

# edu_probe REGION BITS: load the driver; its lines are in /tmp/edu.
edu_probe() {
	dmesg -c >/dev/null
	insmod /edu.ko region="$1" bits="$2" || fail "insmod edu.ko"
	dmesg | sed -n 's/^.*\] edu [0-9a-f:.]*: //p' >/tmp/edu
}

edu_log() {
	fail "$1: the log has: $(cat /tmp/edu)"
}

# edu_copies REGION BITS: what came back is what was sent, by an address that the device has.
edu_copies() {
	edu_probe "$1" "$2"
	addresses=$(sed -n "s/^$1: 2 pages copied there and back, physical address \(.*\), DMA address /\1 /p" \
		/tmp/edu)
	[ "$addresses" ] || edu_log "$1, $2 bits"
	phys=$((${addresses% *})) dma=$((${addresses#* }))
	if has_iommu; then
		[ $phys != $dma ] || fail "the IOMMU does not translate $addresses"
	else
		[ $phys = $dma ] || fail "no IOMMU, but other addresses: $addresses"
	fi
	[ $((dma >> $2)) = 0 ] || fail "$addresses: more than $2 bits"
	grep -q '^pages_used *2$' "$debug/$1/stats" || fail "the driver does not have two pages"
	rmmod edu || fail "rmmod edu"
}

# edu_fails REGION BITS LINE: the probe fails, and the log says why.
edu_fails() {
	edu_probe "$1" "$2"
	grep -q "$3" /tmp/edu || edu_log "no line says '$3'"
	for device in /sys/bus/pci/drivers/edu/0000:*; do
		[ ! -e "$device" ] || fail "the driver has the device"
	done
	rmmod edu || fail "rmmod edu"
}

edu_reserved() {
	page=$(sed -n 's/^reserved *\(0x[0-9a-f]*\) .*/\1/p' "$debug/regions")
	flags=$(dd if=/proc/kpageflags bs=8 skip=$((page >> 12)) count=1 2>/dev/null | od -An -tu4)
	# shellcheck disable=SC2086 # two words
	set -- $flags
	if [ "$(uname -m)" = x86_64 ] && [ $(($1 >> 20 & 1)) = 0 ]; then
		fail "the region has struct pages"
	fi
	edu_copies reserved 32
}

edu_kernel() {
	edu_copies kernel 32
}

edu_28_bits() {
	if has_iommu; then
		edu_copies reserved 28
		return
	fi
	if [ "$(uname -m)" != x86_64 ]; then
		skip="this machine has no memory that a device with 28 address bits reaches"
		return
	fi
	edu_fails reserved 28 'reserved: the device does not reach 0x20000000 to 0x20000fff, its DMA mask is 0xfffffff;'
	grep -q 'error -ERANGE: ' /tmp/edu || edu_log "no ERANGE"
}

edu_struct_pages() {
	has_zone_device || return
	rmmod buddypool
	insmod /buddypool.ko regions="$REGIONS" heap_pages=1 || fail "heap_pages=1"
	edu_copies reserved 32
}

edu_no_region() {
	edu_fails none 32 'there is no region none'
}
