# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# A camera, Debian's vivid, writes into buffers of both regions, by each of its allocators.
# The example program compares each frame with the test pattern.
tests="$tests camera_vmalloc camera_dma_contig"

camera() {
	insmod /vivid.ko n_devs=1 node_types=1 allocators="$1"
	for heap in reserved kernel; do
		text=$(/camera --check -n 6 -s 640x360 "$heap" 2>&1) || fail "$heap: $text"
	done
	rmmod vivid
}

camera_vmalloc() {
	camera 0
}

camera_dma_contig() {
	camera 1
}
