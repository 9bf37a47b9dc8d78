#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# torture.sh: run torture for MINUTES, then print a table of what was done.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

config=${CONFIG:-debug} kernel=${KERNEL:-$own_kernel}
cell_name "$config" "$kernel"
seed=${SEED:-$(od -An -N4 -tu4 /dev/urandom | tr -d ' ')}
each=20
rounds=$((${MINUTES:-1} * 60 / each))

paths=$(scripts/kernels/test-kernel.sh "$config" "$kernel")
read -r image kdir <<<"$paths"
say "$name kernel: building the modules"
scripts/kernels/modules.sh "$name" "$kdir" TESTS=torture

say "$name kernel: booting, ${SMP:-4} vCPUs, $rounds rounds of $each s, SEED=$seed"
failed=0
log=build/torture.log
SMP=${SMP:-4} TIMEOUT=${TIMEOUT:-$((600 + rounds * each * 10))} LOG=$log \
APPEND="printk.devkmsg=on" \
ENVIRONMENT="ROUNDS=$rounds SECONDS_EACH=$each FIRST_SEED=$seed" \
	scripts/guest/guest.sh torture "$image" "build/$name/buddypool.ko" \
	"build/$name/kunit/buddypool_torture.ko" kunit/torture/torture_test.sh || failed=1

sed 's/\r$//' $log | awk '
	/torture: row / {
		sub(/.*torture: row /, "")
		name = $0
		sub(/:.*/, "", name)
		sub(/.*: /, "")
		if (!(name in seen))
			order[++n] = name
		seen[name] = 1
		for (i = 1; i <= 4; i++)
			sum[name, i] += $i
	}
	/torture: longest / {
		rounds++
		sub(/.*torture: longest /, "")
		if ($1 + 0 > longest) {
			longest = $1 + 0
			what = $0
		}
	}
	END {
		printf "%-46s %10s %10s %10s %10s\n", "", "task", "softirq", "hardirq", "nmi"
		for (i = 1; i <= n; i++)
			printf "%-46s %10d %10d %10d %10d\n", order[i], sum[order[i], 1],
				sum[order[i], 2], sum[order[i], 3], sum[order[i], 4]
		printf "%-46s %10d\n", "module loads", rounds
		print "longest call: " what
	}'
if [ $failed = 1 ]; then
	die "failed with SEED=$seed; the log is $log"
fi
say "well, SEED=$seed"
