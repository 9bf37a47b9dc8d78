# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Suite torture: one round of torture in the guest, for SECONDS_EACH, while the files in
# debugfs are read.  `make check` runs it once, `make torture` repeats it.  The result is
# KTAP in the kernel's log.

debug=/sys/kernel/debug/buddypool
torture=/sys/module/buddypool_torture
times=1000000000
reads=0
faults=0

# The kernel warns of NMIs longer than this; an emulated CPU can take milliseconds for one.
longest=/sys/kernel/debug/x86/nmi_longest_ns
if [ -e $longest ]; then
	echo 1000000000 >$longest
fi

# A region can be destroyed at any time, with its files.
read_files() {
	while [ ! -e /tmp/stop ]; do
		set -- $debug/regions $debug/torture*/*
		cat "$@" >/dev/null 2>&1
		reads=$((reads + $#))
	done
	echo $reads >/tmp/reads
}

# inject PERCENT: let so many allocations fail, in kernels with fault injection.
inject() {
	for fault in $debug/fail_page $debug/fail_pool; do
		[ -d "$fault" ] || continue
		echo 0 >"$fault/verbose"
		echo $times >"$fault/times"
		echo "$1" >"$fault/probability"
	done
}

round() {
	# With an odd seed, track=1 and poison=1, if the kernel has the stack depot.
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
