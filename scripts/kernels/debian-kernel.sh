#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# debian-kernel.sh [headers] [SERIES]: unpack the newest kernel of this Debian in the cache;
# print the paths of the image and of the headers, or with "headers" that of the headers
# alone.  SERIES, 6.1 or 6.12, is the kernel of Debian 12 or 13: if the series is not this Debian's,
# the newest one in the cache is taken, else it is downloaded from that release.
# Nothing is installed: Debian 13's headers need the image, and the machine would boot it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

what=image
if [ "${1-}" = headers ]; then
	what=headers
	shift
fi
series=${1:-$own_kernel}
mkdir -p "$cache"
work=$(mktemp -d -p "$cache")
trap 'rm -rf "$work"' EXIT
options=()

# depends PACKAGE: print the packages of headers that it depends on.
depends() {
	apt-cache "${options[@]}" --no-all-versions show "$1" 2>/dev/null |
		sed -n 's/^Depends: //p' | grep -oE 'linux-(headers|kbuild)-[^ ,(]+'
}

# fetch_headers DIR PACKAGE...: the Makefile in them names the directory /usr/src; change it.
fetch_headers() {
	fetch "$@"
	sed -i "s,^include /usr/src,include $1/usr/src," "$kdir/Makefile"
}

# build_tools: replace the tools that need the C library of Debian 13.
build_tools() {
	local log=$work/log source target

	say "building the tools for ${kdir##*/}" >&2
	kernel_source "$series"
	mkdir "$work/tools"
	cp "$kdir/.config" "$work/tools/"
	for target in olddefconfig modules_prepare; do
		make -s -C "$source" O="$work/tools" ARCH=$arch $target >"$log" 2>&1 ||
			die "make $target failed: $(cat "$log")"
	done
	cp "$work/tools/scripts/mod/modpost" "$kdir/scripts/mod/modpost.real-lsb-64"
	cp "$work/tools/tools/objtool/objtool" "$objtool"
}

# cached: set $release to the newest kernel of SERIES in the cache.
cached() {
	release=$(cd "$cache" && find . -path "./debian-$series.*-$debian_arch/.complete" |
		sed 's,^\./debian-,,; s,/.*,,' | sort -V | tail -n 1)
	[ "$release" ]
}

packages=() is_own=
[ "$cross" ] || [ "$series" != "$own_kernel" ] || is_own=1
if [ "$is_own" ] || ! cached; then
	[ "$is_own" ] || other_release "$series" "$work"
	metapackage=linux-headers-$debian_arch
	package=$(depends "$metapackage") ||
		{ apt_get update >&2 || true; package=$(depends "$metapackage"); } ||
		die "apt knows no $metapackage"
	release=${package#linux-headers-}
	# The tools in linux-kbuild run on this machine.
	mapfile -t packages < <(depends "$package" |
		sed "/kbuild/ s/\$/${cross:+:$(dpkg --print-architecture)}/")
	packages+=("$package")
fi
kdir=$cache/headers-$release/usr/src/linux-headers-$release
once "$cache/headers-$release" fetch_headers "$cache/headers-$release" "${packages[@]}"
if [ $what = headers ]; then
	echo "$kdir"
	exit
fi
once "$cache/debian-$release" fetch "$cache/debian-$release" "linux-image-$release"
objtool=$kdir/tools/objtool/objtool.real-x86
if ldd "$objtool" 2>&1 | grep -q 'not found'; then
	once "$kdir/tools" build_tools
fi
echo "$cache/debian-$release/boot/vmlinuz-$release $kdir"
