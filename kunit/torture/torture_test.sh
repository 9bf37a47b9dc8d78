# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# One round of torture in the guest, SECONDS_EACH long, while the files in debugfs are
# read.  A suite of `make check`, and what `make torture` repeats.  The result is KTAP
# in the kernel's log.

debug=/sys/kernel/debug/buddypool
torture=/sys/module/buddypool_torture
times=1000000000
reads=0
faults=0

# An emulated CPU can take a millisecond for an NMI that its handler blames.
longest=/sys/kernel/debug/x86/nmi_longest_ns
if [ -e $longest ]; then
	echo 1000000000 >$longest
fi

# A region can go at any time, and its files with it.
read_files() {
	while [ ! -e /tmp/stop ]; do
		set -- $debug/regions $debug/torture*/*
		cat "$@" >/dev/null 2>&1
		reads=$((reads + $#))
	done
	echo $reads >/tmp/reads
}

# Every so many requests fail, in kernels that can inject that.
inject() {
	for fault in $debug/fail_page $debug/fail_pool; do
		[ -d "$fault" ] || continue
		echo 0 >"$fault/verbose"
		echo $times >"$fault/times"
		echo "$1" >"$fault/probability"
	done
}

round() {
	# With an odd seed all is watched, where the kernel can keep call chains.
	watch=
	[ $((${SEED:-0} % 2)) = 1 ] && grep -q ' stack_depot_save$' /proc/kallsyms &&
		watch="track=1 poison=1"
	# shellcheck disable=SC2086
	insmod /buddypool.ko regions=torture:32M $watch || return
	inject 2
	rm -f /tmp/stop
	read_files &
	insmod /buddypool_torture.ko seconds="${SECONDS_EACH:-8}" ${SEED:+seed="$SEED"}
	bad=$(cat $torture/parameters/failed)
	touch /tmp/stop
	wait
	for fault in $debug/fail_page $debug/fail_pool; do
		[ -d "$fault" ] && faults=$((faults + times - $(cat "$fault/times")))
	done
	rmmod buddypool_torture buddypool
	[ "$bad" = N ] && [ ! -e $torture ] && [ ! -e $debug ]
}

{
	echo "    KTAP version 1"
	echo "    # Subtest: torture"
	echo "    1..1"
} >/dev/kmsg
ok=ok
if ! round; then
	ok="not ok"
	touch /tmp/failed
fi
{
	echo "torture: row debugfs files read: $(cat /tmp/reads) 0 0 0"
	echo "torture: row faults injected: $faults 0 0 0"
	echo "    $ok 1 torture_round"
	echo "$ok 1 torture"
} >/dev/kmsg
