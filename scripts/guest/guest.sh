#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh JOB IMAGE FILE...: boot a kernel in QEMU and run scripts/guest/jobs/JOB in
# it, with FILEs in its /.  The first serial port has the kernel's log, which goes to LOG or
# build/JOB.log; the second one has the job's output, which is printed.  Fails if the job
# fails, or does not end within TIMEOUT seconds.
#
# MEM, SMP: the guest's memory and vCPUs.  APPEND: more of its command line.
# ICOUNT: if set, the guest's clock counts instructions.  QEMU: more of its options.
# ENVIRONMENT: shell assignments that the job sees.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh

job=$1 image=$2
shift 2
log=${LOG:-build/$job.log}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

guest_files "$work" "$job" "$@"

# On some machines /dev/kvm exists, but the CPU cannot run a guest.
accel=tcg,thread=multi
if [ -w /dev/kvm ] && grep -qwE 'vmx|svm' /proc/cpuinfo; then
	accel=kvm
fi
if [ -n "${ICOUNT-}" ]; then
	accel="tcg,thread=single -icount shift=0,sleep=off"
fi

# shellcheck disable=SC2086 # the accelerator may bring an option
set -- qemu-system-x86_64 -accel $accel ${QEMU-} -cpu max -m "${MEM:-1G}" \
	-smp "${SMP:-2}" -nodefaults -display none -no-reboot \
	-kernel "$image" -initrd "$work/initramfs" \
	-append "console=ttyS0 loglevel=8 panic=-1 oops=panic no_timer_check ${APPEND-}" \
	-serial "file:$log" -serial stdio
if [ "$job" = shell ] && [ -t 0 ]; then
	"$@" | tee "$work/out"
else
	timeout --foreground "${TIMEOUT:-600}" "$@" </dev/null | tee "$work/out" |
		sed -u '/^guest: exit/d' || echo "no end within ${TIMEOUT:-600} s" >>"$log"
fi
if ! grep -q '^guest: exit 0' "$work/out"; then
	[ "$job" != shell ] || die "the last command in the guest failed; the kernel's log is in $log"
	tail -n 40 "$log" >&2
	die "the guest failed; the whole log is in $log"
fi
scripts/guest/splats.sh "$log"
