#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# debian-kernel.sh [headers]: this Debian's own kernel, as new as apt knows it, unpacked
# in the cache; print the image's path, unless only the headers are asked for, and
# the headers' path.  Nothing is installed: Debian 13's headers would bring
# the image along, which the machine would then boot.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

# depends PACKAGE: what it needs of the headers.
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

# fetch_headers DIR PACKAGE...: their Makefile names the place that they are made for.
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
