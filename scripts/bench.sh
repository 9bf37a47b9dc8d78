#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What operations cost, beside the kernel's own allocators: a table, and
# build/bench.tsv.  LANES: only these, of: instructions native.
#
# instructions: Debian's kernel under -icount shift=0,sleep=off: one vCPU's clock
# counts instructions, so figures are exact and the same in each run.  The boot
# options spare the peers the hardening that this module does not do.
# native: User Mode Linux, an ordinary process: nanoseconds on this CPU.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

lanes=${LANES:-instructions native}
mkdir -p build

# Each trace becomes a file for the guest and a word of its job's BENCHES.
traces=() benches=
for trace in kunit/traces/*.gz ${TRACE:+"$TRACE"}; do
	name=${trace##*/}
	name=${name%%.*}
	gzip -dcf "$trace" >"build/$name.trace" || die "$trace cannot be read"
	traces+=("build/$name.trace")
	benches+=" bench_traces,trace=/$name.trace,name=$name"
done

# watch LANE: pass results on, tell which work they have come to.
watch() {
	awk -F '\t' -v lane="$1" '
		{ print }
		NF == 4 && !($1 in seen) {
			seen[$1] = 1
			sub(/,.*/, "", $1)
			if ($1 != last)
				print lane ": " $1 >"/dev/stderr"
			last = $1
		}'
}

lane_instructions() {
	kernel=$(scripts/debian-kernel.sh)
	read -r image kdir <<<"$kernel"
	scripts/modules.sh debian "$kdir"
	gpu=${image%/boot/*}/lib/modules/${image#*/vmlinuz-}/kernel/drivers/gpu/drm
	say "instructions: ${image##*/}, one vCPU" >&2
	ENVIRONMENT="PEERS='drm drm_buddy' BENCHES='${WORKS:-bench_orders bench_drm bench_churn,limit=1048576 bench_pools$benches}' RUNS=1" \
	ICOUNT=1 SMP=1 MEM=2G APPEND="init_on_alloc=0 mitigations=off log_buf_len=4M" \
		scripts/guest.sh bench "$image" build/debian/buddypool.ko \
		build/debian/kunit/bench_*.ko "${traces[@]}" "$gpu/drm.ko" "$gpu/drm_buddy.ko"
}

lane_native() {
	kernel=$(scripts/uml-kernel.sh)
	read -r linux kdir <<<"$kernel"
	scripts/modules.sh uml "$kdir" ARCH=um CONFIG_KUNIT=
	say "native: User Mode Linux on $(sed -n 's/^model name\s*: //p; T; q' /proc/cpuinfo)" >&2
	ENVIRONMENT="PEERS=drm_buddy BENCHES='${WORKS:-bench_orders bench_drm bench_churn bench_pools$benches}' RUNS=9" \
		scripts/uml.sh bench "$linux" build/uml/buddypool.ko \
		build/uml/kunit/bench_*.ko "${traces[@]}" "$kdir/drivers/gpu/drm/drm_buddy.ko"
}

declare -A units=([instructions]=instructions [native]=ns)

printf 'lane\twork\tsubject\tvalue\tunit\n' >build/bench.tsv
for lane in $lanes; do
	"lane_$lane" | watch "$lane" >"build/bench-$lane.out"
	awk -f scripts/bench-tsv.awk -v lane="$lane" -v unit="${units[$lane]}" \
		"build/bench-$lane.out" >>build/bench.tsv
done
for lane in $lanes; do
	awk -f scripts/bench-table.awk -v lane="$lane" "build/bench-$lane.out" build/bench.tsv
	echo
done | tee build/bench.txt
