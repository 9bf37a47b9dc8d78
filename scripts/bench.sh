#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# What operations cost in instructions, beside the kernel's own allocators in
# the same boot of Debian's kernel; a table, and build/bench.tsv.
#
# With -icount shift=0,sleep=off one vCPU's clock counts instructions, so the
# figures are exact and the same in each run.  The boot options spare the peers
# the hardening that this module does not do.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

kernel=$(scripts/debian-kernel.sh)
read -r image kdir <<<"$kernel"
scripts/modules.sh debian "$kdir"
say "measuring in ${image##*/}: some minutes without KVM's help" >&2
ICOUNT=1 SMP=1 APPEND="init_on_alloc=0 mitigations=off" \
	scripts/guest.sh bench "$image" build/debian/buddypool.ko \
	build/debian/kunit/buddypool_bench.ko >build/bench.out

awk -F '\t' -v OFS='\t' '
	BEGIN { print "lane", "work", "subject", "value", "unit" }
	NF == 3 { sub(/\r$/, "", $3); print "instructions", $1, $2, $3, "instructions" }
' build/bench.out >build/bench.tsv

awk -F '\t' '
	NR == 1 { next }
	!($2 in seen) { works[++nr] = $2; seen[$2] = 1 }
	!($3 in known) { known[$3] = 1; if ($3 != "buddypool") peers[++np] = $3 }
	{ value[$2, $3] = $4 }
	END {
		printf "%-32s %10s", "instructions", "buddypool"
		for (p = 1; p <= np; p++) printf " %18s", peers[p]
		print ""
		for (w = 1; w <= nr; w++) {
			ours = value[works[w], "buddypool"]
			printf "%-32s %10d", works[w], ours
			for (p = 1; p <= np; p++) {
				if ((works[w], peers[p]) in value)
					printf " %8d (x%6.1f)", value[works[w], peers[p]],
						value[works[w], peers[p]] / ours
				else
					printf " %18s", "-"
			}
			print ""
		}
	}
' build/bench.tsv
