# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# For suites that are shell scripts: print results as KTAP to the kernel's log.  A suite
# sets plan, the number of its tests.
# shellcheck disable=SC2034,SC2154 # skip and plan are the suite's

number=0
failed=0

# at OFFSET: that address in the range of 16 MiB that the kernel leaves alone.
at() {
	printf '%#x' $((RESERVED + $1))
}

ktap() {
	echo "    $*" >/dev/kmsg
}

# fail TEXT: print TEXT; the running test has failed.
fail() {
	ktap "# $*"
	bad=1
}

# run TEST: call the function TEST, which may call fail, or set skip to a reason.  If the suite
# has set around, call that function, which calls TEST.
run() {
	bad=0 skip=
	${around:-eval} "$1"
	number=$((number + 1))
	if [ $bad = 0 ]; then
		ktap "ok $number $1${skip:+ # SKIP $skip}"
	else
		ktap "not ok $number $1"
		failed=1
	fi
}

# begin SUITE
begin() {
	ktap "KTAP version 1"
	ktap "# Subtest: $1"
	ktap "1..$plan"
	# When the first module is loaded, the kernel warns that it is tainted.
	insmod /buddypool.ko && rmmod buddypool
}

# end SUITE
end() {
	if [ $failed = 0 ]; then
		echo "ok 1 $1" >/dev/kmsg
	else
		echo "not ok 1 $1" >/dev/kmsg
	fi
}
