# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=sh
# Suite insmod: tests that need a real insmod.  Correct and wrong regions= parameters,
# and that nothing is left after rmmod.  Runs in the guest, whose kernel leaves alone
# 16 MiB at $RESERVED.  The results are KTAP in the kernel's log.

# An address is one word, and $ASSUME is a parameter or nothing.
# shellcheck disable=SC2086
# shellcheck source=kunit/lib/ktap.sh
. /ktap.sh
plan=6
# The upper digits of all addresses there.
mapped=$(printf %x $((RESERVED >> 24)))
debug=/sys/kernel/debug/buddypool
page=$((PAGE_SIZE / 1024))	# in KiB
last=$(printf %#x $((-PAGE_SIZE)))	# the last page below 2^64

# Fail if anything of the module is left.
clean() {
	[ -e $debug ] && fail "$1: $debug is still there"
	grep -q ' : .*\(bad\|good\|region[0-9]\)' /proc/iomem && fail "$1: /proc/iomem still has it"
	grep -q ^buddypool /proc/modules && fail "$1: the module is still there"
	grep -q "phys=0x0*${mapped}[0-9a-f]\{6\}\>" /proc/vmallocinfo && fail "$1: it is still mapped"
}

# refused ERRNO REASON REGIONS [PARAMETER]: insmod fails with ERRNO, logs one line that has
# "regions=" and REASON, and leaves nothing.
refused() {
	dmesg -c >/dev/null
	message=$(insmod /buddypool.ko regions="$3" ${4-} 2>&1) &&
		{ fail "regions=$3 was taken"; rmmod buddypool; return; }
	case $message in
	*": $1") ;;
	*) fail "regions=$3: $message, not: $1" ;;
	esac
	# Busybox tries both system calls that load a module: each may log the line.
	dmesg | sed -n 's/^.*\] buddypool: //p' | sed 's/[0-9]* KiB that/KiB that/' | uniq >/tmp/lines
	if [ "$(wc -l </tmp/lines)" != 1 ]; then
		fail "regions=$3: not one line in the log"
	elif ! grep -F "regions=" /tmp/lines | grep -qF "$2"; then
		fail "regions=$3: $(cat /tmp/lines)"
	fi
	clean "regions=$3"
}

# pages KIB: print how many pages that is.
pages() {
	echo $(($1 / page))
}

# taken REGIONS LIST: insmod succeeds, and the file "regions" has the names and pages in LIST.
taken() {
	insmod /buddypool.ko ${1:+regions="$1"} || { fail "regions=$1 was refused"; return; }
	got=$(awk 'NR > 1 { printf "%s%s=%s", sep, $1, $4; sep = " " }' $debug/regions)
	[ "$got" = "$2" ] || fail "regions=$1: $got, not: $2"
	rmmod buddypool || fail "rmmod"
	clean "regions=$1"
}

syntax_is_refused() {
	for text in '' ',' '4M,' ',4M' good: good:4M@ good:4M@$RESERVED@1 4Q 4MM -4M 0x \
		a:b:4M 4M@ 4M@x "@$RESERVED"; do
		refused 'Invalid argument' 'not [name:]size[@base]' "$text"
	done
	for text in 18446744073709551616 99999999999999999999M 16E 17179869184G \
		4M@0x10000000000000000; do
		refused 'Numerical result out of range' 'below 2^64' "$text"
	done
}

names_are_refused() {
	for name in '' a/b . .. .bad regions bad_calls ü 12345678901234567890123456789012; do
		refused 'Invalid argument' "cannot be a region's name" "$name:4M"
	done
	refused 'Device or resource busy' "is taken" bad:4M,bad:4M
	refused 'Device or resource busy' "is taken" region1:4M,4M
}

ranges_are_refused() {
	refused 'Invalid argument' 'the size is 0 bytes' 0
	refused 'Invalid argument' 'the size is 0 bytes' bad:0M@$RESERVED
	refused 'Invalid argument' "multiple of $PAGE_SIZE" $((PAGE_SIZE + 1))
	# The E is a hexadecimal digit here, not a suffix.
	refused 'Invalid argument' 'the size is 46 bytes' 0x2E
	refused 'Invalid argument' 'the address is' "4M@$(at 0x800)"
	refused 'Numerical result out of range' 'last physical address' 4M@$last
	refused 'Numerical result out of range' 'last physical address' 4M@0xfff0000000000000
	refused 'Numerical result out of range' 'last physical address' $last@$RESERVED
	refused 'Device or resource busy' 'System RAM' "bad:4M@$(at -0xf000000)"
	refused 'Device or resource busy' 'System RAM' 32M@$RESERVED
	refused 'Device or resource busy' 'System RAM' "8M@$(at -0x400000)"
	refused 'Device or resource busy' 'another claim' ${page}K@$CLAIMED $ASSUME
	refused 'Device or resource busy' "overlaps region 'bad'" "bad:8M@$RESERVED,4M@$(at 0x400000)"
	refused 'Device or resource busy' "overlaps region 'bad'" "bad:4M@$(at 0x400000),16M@$RESERVED"
	refused 'No such device or address' 'no memory at' 4M@0x200000000
	refused 'Cannot allocate memory' 'more than the' 1T
	# A later entry fails: the memory of the first one is released.
	refused 'Invalid argument' 'the size is 0 bytes' bad:4M@$RESERVED,4M,0
}

regions_are_taken() {
	taken '' ''
	dmesg | grep -q 'buddypool: no region is made; regions=.* makes one' ||
		fail "nothing is said of regions="
	four=$(pages 4096)
	taken ${page}k region0=1
	taken "$(printf '0x%X' $((46 * PAGE_SIZE)))" region0=46
	taken good:4M,4M,$((3 * page))K "good=$four region1=$four region2=3"
	taken good:$((5120 + page))k@$RESERVED good=$(($(pages 5120) + 1))
	second=$((4096 + page))K@$(at $((0x400000 + PAGE_SIZE)))
	taken "good:4M@$(at "$PAGE_SIZE"),$second,7M@$(at $((0x800000 + 6 * PAGE_SIZE)))" \
		"good=$four region1=$((four + 1)) region2=$(pages 7168)"
	taken "1m@$((RESERVED)),1m@$(at 0x100000)" "region0=$(pages 1024) region1=$(pages 1024)"
	taken 1234567890123456789012345678901:${page}K 1234567890123456789012345678901=1
}

# The memory is allocated in pieces of at most 4 MiB; adjacent pieces become one range.
pieces_are_joined() {
	insmod /buddypool.ko regions=good:64M || { fail insmod; return; }
	ranges=$(awk '$1 == "good" { print $5 }' $debug/regions)
	[ "$ranges" -lt 16 ] || fail "64M are $ranges ranges"
	rmmod buddypool
}

# available: print the available memory in KiB.  When a module's access rights split a
# mapping of 2 MiB, the kernel keeps one more page of its page tables: add these pages.
available() {
	sync
	echo 3 >/proc/sys/vm/drop_caches
	awk '/^(MemAvailable|DirectMap4k)/ { sum += $1 ~ /^M/ ? $2 : $2 / 512 }
		END { print int(sum) }' /proc/meminfo
}

rounds_leave_nothing() {
	before=$(available)
	i=0
	while [ $i -lt "$ROUNDS" ]; do
		insmod /buddypool.ko regions=good:1M@$RESERVED,2M || { fail insmod; break; }
		rmmod buddypool || { fail rmmod; break; }
		i=$((i + 1))
	done
	after=$(available)
	ktap "# available $before KiB before, $after KiB after $i rounds"
	# 2000 KiB are half a page for each of 1000 rounds; a leaked region is 3 MiB.
	[ $((before - after)) -lt "$NOISE" ] || fail "memory was lost"
	clean "after $i rounds"
}

begin insmod
run syntax_is_refused
run names_are_refused
run ranges_are_refused
run regions_are_taken
run pieces_are_joined
run rounds_leave_nothing
end insmod
