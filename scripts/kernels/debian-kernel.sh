#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# debian-kernel.sh [headers]: unpack the newest kernel of this Debian in the cache; print the
# paths of the image and of the headers, or with "headers" that of the headers alone.
# Nothing is installed: Debian 13's headers need the image, and the machine would boot it.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

# depends PACKAGE: print the packages of headers that it depends on.
depends() {
	apt-cache --no-all-versions show "$1" 2>/dev/null | sed -n 's/^Depends: //p' |
		grep -oE 'linux-(headers|kbuild)-[^ ,(]+'
}

# fetch DIR PACKAGE...
fetch() {
	local work deb

	say "fetching ${*:2}" >&2
	work=$(mktemp -d -p "$cache")
	# shellcheck disable=SC2064 # work is local
	trap "rm -rf '$work'" EXIT
	chmod 755 "$work"
	get() {
		(cd "$work" && apt-get -q -q download "$@" 2>apt.log)
	}
	get "${@:2}" || { apt_get update >&2 || true; get "${@:2}"; } ||
		die "cannot download ${*:2}: $(cat "$work/apt.log")"
	for deb in "$work"/*.deb; do
		dpkg -x "$deb" "$1"
	done
}

# fetch_headers DIR PACKAGE...: the Makefile in them names the directory /usr/src; change it.
fetch_headers() {
	fetch "$@"
	sed -i "s,^include /usr/src,include $1/usr/src," "$kdir/Makefile"
}

metapackage=linux-headers-$(dpkg --print-architecture)
package=$(depends "$metapackage") ||
	{ apt_get update >&2 || true; package=$(depends "$metapackage"); } ||
	die "apt knows no $metapackage"
release=${package#linux-headers-}
kdir=$cache/headers-$release/usr/src/linux-headers-$release
mapfile -t packages < <(depends "$package")
once "$cache/headers-$release" fetch_headers "$cache/headers-$release" "$package" "${packages[@]}"
if [ "${1-}" = headers ]; then
	echo "$kdir"
	exit
fi
once "$cache/debian-$release" fetch "$cache/debian-$release" "linux-image-$release"
echo "$cache/debian-$release/boot/vmlinuz-$release $kdir"
