# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# The regions of the tree: which there are, where, and what programs can do with them.
# shellcheck disable=SC2154 # the job of the suite has $debug and $devices
tests="$tests dt_regions dt_claims dt_heaps dt_uncached dt_several dt_alias dt_parameters"

dt_regions() {
	# Of a dynamic node, the kernel chooses the place.
	awk 'NR > 1 { print $1, $1 ~ /watched|dynamic/ ? "-" : $2, $4, $7 }' "$debug"/regions |
		sort >/tmp/regions
	cat >/tmp/expected <<-END
	dynamic-ram - 1024 dt-node
	fpga 0x000060000000 4096 dt-node
	mapped 0x000061000000 4096 dt-node
	picture 0x000062000000 512 dt-node
	scratch 0x000062200000 512 dt-node
	several 0x000062600000 256 dt-node
	uncached 0x000062400000 512 dt-node
	watched - 2048 dt-node
	END
	cmp -s /tmp/regions /tmp/expected || fail "regions: $(cat /tmp/regions)"
	! grep -q 'no region is made' /tmp/log || fail "the log asks for regions="
}

# Where the kernel has no resource of its own, another driver sees in /proc/iomem who has it.
dt_claims() {
	grep -q '^ *60000000-60ffffff : fpga$' /proc/iomem || fail "$(cat /proc/iomem)"
	grep -q '^ *62400000-625fffff : uncached$' /proc/iomem || fail "$(cat /proc/iomem)"
}

dt_heaps() {
	seed=$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')
	ktap "# seed=$seed"
	# Memory of each kind.
	for heap in fpga:16 mapped:16 watched:8 dynamic-ram:4 uncached:2; do
		for test in sizes zeroed mappings exhaust; do
			text=$(/heap_client ${heap%:*} ${heap#*:} $test "$seed") ||
				fail "$heap: $test: $text"
		done
	done
	[ ! -e /dev/dma_heap/picture ] || fail "picture is a heap, without the property"
	for mode in fpga:660 mapped:660 watched:600; do
		[ "$(stat -c %a /dev/dma_heap/${mode%:*})" = ${mode#*:} ] ||
			fail "$mode: $(ls -l /dev/dma_heap)"
	done
}

# A region is not mapped cached and uncached at once.
dt_uncached() {
	rmmod buddypool
	load heap_pages=1
	says '/buddypool-uncached: memory-region 0: heap_pages=1 maps a range cached'
	! is_bound buddypool-uncached || fail "it is bound"
	says '/wrong-uncached: memory-region 0: uncached needs a node with no-map'
	# Memory without no-map has struct pages: a pipe can hold them.
	is_bound buddypool-ram || fail "heap_pages=1: $(grep buddypool: /tmp/log)"
	text=$(/heap_client dynamic-ram 4 held 1) || fail "$text"
}

dt_several() {
	says '/buddypool-several: memory-region 0: .*several@62600000 has several ranges'
}

# udev loads the module for a node.
dt_alias() {
	grep -q 'alias=of:N\*T\*Cbuddypool,region' /buddypool.ko || fail "no alias"
	grep -q '^of:Nbuddypool-heapsT.*Cbuddypool,region$' "$devices"/buddypool-heaps/modalias ||
		fail "$(cat "$devices"/buddypool-heaps/modalias)"
}

# Regions of regions= beside those of the tree; these come second.
dt_parameters() {
	rmmod buddypool
	load regions=kernel:4M,fpga:1M@0x62200000 heap=kernel
	has_region kernel || fail "no region kernel"
	says "/buddypool-heaps: memory-region 0: the name 'fpga' is taken"
	says "/buddypool-names: memory-region 1: overlaps region 'fpga', which has 0x62200000"
	! has_region mapped || fail "one region of a node without the other"
	! has_region picture || fail "one region of a node without the other"
	has_region watched || fail "a node that is right has no region"
	for heap in kernel watched; do
		[ -e /dev/dma_heap/$heap ] || fail "no heap $heap"
	done
}
