#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# run.sh run|shell: load the module in Debian's kernel with REGIONS and PARAMS; the ranges
# that REGIONS names by address are reserved at boot.  The shell's guest also gets the
# user's FILES in its /.  If the input is no terminal, the shell runs it, and ends.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

regions=${REGIONS:-carveout:128M@$(printf %#x $((ram + 0x20000000))),kernel:64M}
trace=${TRACE:-kunit/replay/traces/pages-shell.trace.gz}
pools=${POOLS:-kunit/replay/traces/nginx-pools.trace.gz}

# On x86, QEMU moves what does not fit below its devices to 4 GiB.
mem=${MEM:-1G}
[[ $mem == *[kKmMgGtT] ]] || mem+=M
end=$((ram + $(numfmt --from=iec "${mem^^}")))
[ $arch != x86 ] || [ "$end" -lt $((0xe0000000)) ] || end=$((end + (1 << 30)))

# node NAME SIZE BASE: a reserved node of the tree with which `make run` boots on arm64.
node() {
	printf '\t\t%s: %s@%x {\n\t\t\treg = /bits/ 64 <%#x %#x>;\n\t\t\tno-map;\n\t\t};\n' \
		"$(tr .- _ <<<"$1")_mem" "$1" $(($3)) $(($3)) "$(bytes "$2")"
}

number='(0x[0-9a-fA-F]+|[0-9]+)[kKmMgGtT]?'
reserve='' nodes='' labels='' rest='' index=0 overlay=''
IFS=, read -ra entries <<<"$regions"
for entry in "${entries[@]}"; do
	name=region$index size=${entry##*:}
	[ "$size" = "$entry" ] && index=$((index + 1)) || name=${entry%%:*}
	if ! [[ $size =~ ^$number@$number$ ]]; then
		rest+=,$entry
		continue
	fi
	nodes+=$(node "$name" "${size%@*}" "${size#*@}")$'\n'
	labels+=", <&$(tr .- _ <<<"$name")_mem>"
	reserve+=" $size"
	[ "$(bytes "${size#*@}")" -ge $ram ] ||
		die "REGIONS: $entry lies below the guest's memory, which begins at $(printf %#x $ram)"
	need=$(($(bytes "${size#*@}") + $(bytes "${size%@*}")))
	[ $need -le "$end" ] ||
		die "REGIONS: $entry lies beyond the guest's memory of $mem: give MEM=$(((need - ram - 1 >> 30) + 1))G"
done

# On a board, the devicetree says which regions there are.
if [ "$1$arch" = runarm64 ] && [ "$nodes" ]; then
	regions=${rest#,} reserve='' overlay=build/regions.dts
	mkdir -p build
	{
		printf '/dts-v1/;\n/plugin/;\n\n&{/} {\n\treserved-memory {\n'
		printf '\t\t#address-cells = <2>;\n\t\t#size-cells = <2>;\n\t\tranges;\n\n'
		printf '%s\t};\n\n\tbuddypool {\n\t\tcompatible = "buddypool,region";\n' "$nodes"
		printf '\t\tmemory-region = %s;\n\t\theap;\n\t};\n};\n' "${labels#, }"
	} >$overlay
fi

files=() names=
if [ "$1" = shell ]; then
	read -ra files <<<"${FILES-}"
	for file in "${files[@]}"; do
		[ -f "$file" ] || die "FILES: there is no file $file"
		names+=" /${file##*/}"
	done
	if [ ! -t 0 ]; then
		mkdir -p build
		cat >build/commands
		files+=(build/commands)
	fi
fi

kernel=$(scripts/kernels/debian-kernel.sh)
read -r image kdir <<<"$kernel"
say "building the modules for ${image##*/vmlinuz-}"
built=build/debian$suffix
scripts/kernels/modules.sh "${built#build/}" "$kdir" TESTS=replay

# unpack FILE TO: gzip recognises what it did not pack, and copies it.
unpack() {
	gzip -dcf "$1" >"$2" || die "$1 cannot be read"
}
unpack "$trace" build/trace
unpack "$pools" build/pools

# The camera of `make run`, in the order to load its modules.
modules=()
if [ "$1" = run ]; then
	user_programs
	debian_modules "$image" vivid
	files=("$user/camera" "${modules[@]}")
fi

say "booting ${image##*/}, $mem of memory, ${SMP:-2} vCPUs"
boot() {
	APPEND="init_on_alloc=0" RESERVE=$reserve OVERLAY=$overlay \
	ENVIRONMENT="REGIONS='$regions' TRACE='${trace##*/}' POOLS='${pools##*/}' FILES='$names' PARAMS='${PARAMS-}' MODULES='${modules[*]##*/}'" \
		scripts/guest/guest.sh "$1" "$image" "$built/buddypool.ko" \
		"$built/kunit/buddypool_replay.ko" build/trace build/pools $overlay "${files[@]}"
}
if [ "$1" = shell ]; then
	boot shell
	exit
fi
boot run | tee build/run.out | sed -u '/^\(maps\|frame\): begin/,/^\(maps\|frame\): end/d'

# sent NAME: print the file that the guest has sent as NAME.
sent() {
	sed "1,/^$1: begin/d; /^$1: end/,\$d" build/run.out | base64 -d | gzip -dc
}

rm -rf build/maps build/frame.*
mkdir build/maps
sent maps | tar -x -C build/maps
read -r region operations < <(sed -n 's/^maps: begin //p' build/run.out)
scripts/map-plot.sh -o build/run.svg -t "$region: how full it is while ${trace##*/} is replayed" \
	-x "operations replayed" -e "$operations" build/maps/*
say "the picture of $region is build/run.svg"
if grep -q '^frame: begin' build/run.out; then
	sent frame >build/frame.ppm
	optipng -quiet -o1 -out build/frame.png build/frame.ppm
	say "the camera's last frame is build/frame.png"
fi
