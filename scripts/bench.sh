#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench.sh: measure what operations cost, here and in the kernel's own allocators; print a
# table and write build/bench.tsv.  LANES selects lanes: instructions, native, threads,
# mixed, runs, buffers.  WORKS selects benchmark modules, KERNEL the kernel of the guests.
#
# instructions: Debian's kernel under -icount shift=0,sleep=off: one vCPU's clock
# counts instructions, so figures are exact and the same in each run.  The boot
# options switch the hardening off that the peers do and this module does not.
# native: User Mode Linux, an ordinary process: nanoseconds on this CPU.
# mixed: a program with the page layer and the allocators of a newer kernel: which large
# blocks are left after mixed work.
# threads: the same program: what two threads cost, compared with one.
# runs: the same program: what blocks of any length cost, in nanoseconds.
# buffers: a program in a guest with the kernel's own heaps, as the lane instructions: what a
# buffer of a heap costs a process.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

lanes=${LANES:-instructions native threads mixed runs buffers}
guest_kernel=${KERNEL:-$own_kernel}
newer_kernel=7.2
buffers_kernel=6.12
mkdir -p build

# Each trace becomes a file for the guest, and a word in BENCHES for the guest's job.
traces=() replays=
: >build/bench-peak.out
for trace in kunit/replay/traces/*.gz ${TRACE:+"$TRACE"}; do
	name=${trace##*/}
	name=${name%%.*}
	gzip -dcf "$trace" >"build/$name.trace" || die "$trace cannot be read"
	awk -f scripts/bench/peak.awk -v name="$name" "build/$name.trace" >>build/bench-peak.out
	traces+=("build/$name.trace")
	replays+=" bench_traces,trace=/$name.trace,name=$name"
done

# watch LANE: print the results, and on stderr the name of each work that begins.
watch() {
	awk -F '\t' -v lane="$1" '
		{ print; sub(/,.*/, "", $1) }
		NF == 4 && !($1 in seen) {
			print lane ": " $1 >"/dev/stderr"
			seen[$1] = 1
		}'
}

# debian KERNEL WORKS: run these works in Debian's kernel, or in one built of its sources.
debian() {
	if [ "$1" = "$own_kernel" ]; then
		kernel=$(scripts/kernels/debian-kernel.sh)
	else
		kernel=$(scripts/kernels/bench-kernel.sh "$1")
	fi
	read -r image kdir <<<"$kernel"
	scripts/kernels/modules.sh "bench-$1" "$kdir" TESTS=bench
	# In Debian 12, drm_buddy is a module; in Debian 13, it is built into the kernel.
	peers='' files=()
	for peer in drm drm_buddy; do
		file=$(find "${image%/boot/*}" -name "$peer.ko")
		[ -z "$file" ] || peers+=" $peer" files+=("$file")
	done
	ENVIRONMENT="PEERS='$peers' BENCHES='$2' RUNS=1" ICOUNT=1 SMP=1 MEM=2G \
	APPEND="init_on_alloc=0 mitigations=off log_buf_len=4M printk.devkmsg=on" \
		scripts/guest/guest.sh bench "$image" "build/bench-$1/buddypool.ko" \
		"build/bench-$1"/kunit/{,bench/}bench_*.ko "${traces[@]}" "${files[@]}"
}

lane_instructions() {
	say "instructions: Linux $guest_kernel, one vCPU" >&2
	works=${WORKS:-bench_orders bench_churn,limit=1048576 bench_drm,limit=16384 bench_worst \
		bench_fragment,mib=256 bench_runs bench_pools $replays}
	debian "$guest_kernel" "$works"
	if [ "$guest_kernel" = "$own_kernel" ] && [[ $works == *bench_orders* ]]; then
		say "instructions: alloc_pages of Linux $newer_kernel" >&2
		debian "$newer_kernel" bench_orders |
			awk -F '\t' -v OFS='\t' -v newer="$newer_kernel" \
				'$2 == "alloc_pages" { $2 = $2 " " newer; print }'
	fi
}

lane_native() {
	say "native: User Mode Linux on $(sed -n 's/^model name\s*: //p; T; q' /proc/cpuinfo)" >&2
	kernel=$(scripts/kernels/uml-kernel.sh)
	read -r linux kdir <<<"$kernel"
	scripts/kernels/modules.sh uml "$kdir" ARCH=um TESTS=bench
	works="bench_orders bench_churn bench_drm bench_worst,left=1,count=200000 \
		bench_fragment bench_pools $replays"
	ENVIRONMENT="PEERS=drm_buddy BENCHES='${WORKS:-$works}' RUNS=9" \
		scripts/guest/uml.sh bench "$linux" build/uml/buddypool.ko \
		build/uml/kunit/{,bench/}bench_*.ko "${traces[@]}" \
		"$kdir/drivers/gpu/drm/drm_buddy.ko"
}

build_native() {
	say "$1: user space, with the allocators of Linux $newer_kernel" >&2
	kernel_source "$newer_kernel" >&2
	make -s -j "$(nproc)" -C kunit/native LINUX="$source" OUT="$top/build/native" \
		>build/native.log 2>&1 || die "it does not build, see build/native.log"
}

lane_threads() {
	build_native threads
	build/native/native threads
}

lane_mixed() {
	build_native mixed
	build/native/native picture >build/mixed.dat
	build/native/native build/pages-shell.trace
}

lane_runs() {
	build_native runs
	build/native/native runs
}

lane_buffers() {
	say "buffers: Linux $buffers_kernel, one vCPU" >&2
	kernel=$(scripts/kernels/bench-kernel.sh "$buffers_kernel")
	read -r image kdir <<<"$kernel"
	scripts/kernels/modules.sh buffers "$kdir" TESTS=
	mkdir -p build/user
	gcc -O2 -static -o build/user/buffers kunit/bench/user/buffers.c
	ICOUNT=1 SMP=1 ENVIRONMENT='' \
	APPEND="init_on_alloc=0 mitigations=off cma=64M memmap=32M\$0x20000000" MEM=2G \
		scripts/guest/guest.sh buffers "$image" build/buffers/buddypool.ko build/user/buffers
}

declare -A units=([instructions]=instructions [native]=ns [threads]=ns [mixed]=ns [runs]=ns
	[buffers]=instructions)

# tables LANE...: the table of each lane, and the targets.
tables() {
	local lane

	for lane; do
		case $lane in
		native)	peers=$own_kernel ;;
		threads|mixed|runs) peers=$newer_kernel ;;
		buffers) peers=$buffers_kernel ;;
		*)	peers=$guest_kernel ;;
		esac
		awk -f scripts/bench/table.awk -v lane="$lane" -v kernel="$peers" \
			"build/bench-$lane.out" build/bench.tsv
		echo
	done
	awk -f scripts/bench/targets.awk -v lanes="$*" -v kernel="$guest_kernel" build/bench.tsv
}

printf 'lane\twork\tsubject\tvalue\tunit\n' >build/bench.tsv
for lane in $lanes; do
	out=build/bench-$lane.out
	"lane_$lane" | watch "$lane" >"$out"
	case $lane in
	instructions|native) cat build/bench-peak.out >>"$out" ;;
	esac
	awk -f scripts/bench/tsv.awk -v lane="$lane" -v unit="${units[$lane]}" \
		"$out" >>build/bench.tsv
done
# shellcheck disable=SC2086 # a list
tables $lanes | tee build/bench.txt

# The documentation shows the whole, not a part.
if [ -z "${LANES-}${WORKS-}${TRACE-}${KERNEL-}" ]; then
	awk -f scripts/bench/chart.awk build/bench.tsv >build/bench.dat
	gnuplot -c scripts/bench/chart.gnuplot build/bench.dat Documentation/bench.svg "$own_kernel"
	tables instructions native >Documentation/bench.txt
fi
if [[ " $lanes " == *" threads "* ]]; then
	awk -f scripts/bench/threads.awk build/bench.tsv >build/threads.dat
	gnuplot -c scripts/bench/threads.gnuplot build/threads.dat Documentation/threads.svg
	tables threads >Documentation/threads.txt
fi
if [[ " $lanes " == *" mixed "* ]]; then
	gnuplot -c scripts/bench/mixed.gnuplot build/mixed.dat Documentation/mixed.svg
	tables mixed >Documentation/mixed.txt
fi
if [[ " $lanes " == *" buffers "* ]]; then
	tables buffers >Documentation/buffers.txt
fi
