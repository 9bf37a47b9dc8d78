# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Scanout: the DRM driver cirrus imports a buffer and shows the buffer on QEMU's screen.  The
# program scanout draws a picture; screen.py, on the host, compares the screen with it.
tests="$tests scanout_reserved scanout_kernel"

scanout() {
	stty -F "$PORT" raw -echo
	text=$(/scanout "/dev/dma_heap/$1" "$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')" "$PORT") ||
		fail "$text"
}

scanout_reserved() {
	scanout reserved
}

scanout_kernel() {
	scanout kernel
}
