#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# guest.sh JOB IMAGE FILE...: boot a kernel in QEMU and run scripts/guest/jobs/JOB in
# it, with FILEs in its /.  The first serial port has the kernel's log, which goes to LOG or
# build/JOB.log; the second one has the job's output, which is printed.  Fails if the job
# fails, or does not end within TIMEOUT seconds.
#
# MEM, SMP: the guest's memory and vCPUs.  APPEND: more of its command line.
# RESERVE: ranges, SIZE@BASE, that its kernel leaves alone.  OVERLAY: a devicetree overlay, the
# source, for the guest's tree.
# ICOUNT: if set, the guest's clock counts instructions.  MACHINE: options of QEMU's machine.
# QEMU: more options.
# ENVIRONMENT: shell assignments that the job sees.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

job=$1 image=$2
shift 2
log=${LOG:-build/$job.log}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

find_busybox
guest_files "$work" "$job" "$@"

# reserve_by_tree: a node for each range of RESERVE, merged with the guest's own tree.
reserve_by_tree() {
	local range overlays=()

	{
		printf '/dts-v1/;\n/plugin/;\n&{/} {\n\treserved-memory {\n'
		printf '\t\t#address-cells = <2>;\n\t\t#size-cells = <2>;\n\t\tranges;\n'
		for range in ${RESERVE-}; do
			printf '\t\trange@%x { reg = /bits/ 64 <%#x %#x>; no-map; };\n' \
				$((${range#*@})) $((${range#*@})) "$(bytes "${range%@*}")"
		done
		printf '\t};\n};\n'
	} >"$work/reserve.dts"
	for overlay in "$work/reserve.dts" ${OVERLAY-}; do
		dtc -q -@ -I dts -O dtb -o "$work/${overlay##*/}.dtbo" "$overlay" ||
			die "dtc does not take $overlay"
		overlays+=("$work/${overlay##*/}.dtbo")
	done
	"$@" -machine dumpdtb="$work/virt.dtb" 2>/dev/null
	fdtoverlay -i "$work/virt.dtb" -o "$work/dtb" "${overlays[@]}" ||
		die "fdtoverlay cannot merge $work/virt.dtb, ${overlays[*]}"
}

# On some machines /dev/kvm exists, but the CPU cannot run a guest.
accel=tcg,thread=multi
if [ -z "$cross" ] && [ -w /dev/kvm ] && grep -qwE 'vmx|svm|evtstrm' /proc/cpuinfo; then
	accel=kvm
fi
if [ -n "${ICOUNT-}" ]; then
	accel="tcg,thread=single -icount shift=0,sleep=off"
fi

append="loglevel=8 panic=-1 oops=panic ${APPEND-}"
case $arch in
x86)
	qemu=(qemu-system-x86_64 -cpu max -serial "file:$log" -serial stdio)
	append+=" console=ttyS0 no_timer_check"
	for range in ${RESERVE-}; do
		append+=" memmap=${range/@/\$}"
	done
	;;
arm64)
	# The oldest CPU that QEMU has with all sizes of pages.
	cpu=cortex-a76
	[ "$accel" != kvm ] || cpu=host
	qemu=(qemu-system-aarch64 -M virt -cpu "$cpu" -serial "file:$log"
		-device "pci-serial,chardev=job" -chardev "stdio,id=job")
	append+=" console=ttyAMA0 earlycon"
	;;
esac
qemu+=(${MACHINE:+-machine "$MACHINE"} -m "${MEM:-1G}" -smp "${SMP:-2}" -nodefaults -display none)
if [ $arch = arm64 ]; then
	reserve_by_tree "${qemu[@]}"
	qemu+=(-dtb "$work/dtb")
fi
# shellcheck disable=SC2086 # the accelerator may bring an option
set -- "${qemu[@]}" -accel $accel ${QEMU-} -no-reboot \
	-kernel "$image" -initrd "$work/initramfs" -append "$append"
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
