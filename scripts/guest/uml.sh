#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# uml.sh JOB LINUX FILE...: as guest.sh, but LINUX is a User Mode Linux, which runs on one
# CPU of the host without emulation.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

job=$1 linux=$2
shift 2
log=${LOG:-build/$job-uml.log}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find_busybox
guest_files "$work" "$job" "$@"

# The guest's memory is a file.  It is on tmpfs, so that the disk is not measured.
set -- "$linux" mem="${MEM:-2G}" initrd="$work/initramfs" \
	ssl0=null,fd:3 ssl1=null,fd:1 con=null console=ttyS0 loglevel=8 log_buf_len=4M \
	panic=-1 oops=panic ${APPEND:+$APPEND}
TMPDIR=/dev/shm timeout --foreground "${TIMEOUT:-600}" "$@" 3>"$log" </dev/null 2>&1 |
	tee "$work/out" | sed -u '/^guest: exit/d' || echo "no end within ${TIMEOUT:-600} s" >>"$log"
if ! grep -q '^guest: exit 0' "$work/out"; then
	tail -n 40 "$log" >&2
	die "the guest failed; the whole log is in $log"
fi
scripts/guest/splats.sh "$log"
