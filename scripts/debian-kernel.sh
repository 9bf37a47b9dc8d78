#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# Get the Debian kernel image that fits the installed headers, without
# installing it; print the image's path and the headers' path.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

package=$(dpkg-query -W -f '${Depends}' "linux-headers-$(dpkg --print-architecture)" |
	grep -o 'linux-headers-[^ ,(]*' | head -n 1)
release=${package#linux-headers-}
image=$cache/debian-$release/boot/vmlinuz-$release

if [ ! -e "$image" ]; then
	say "fetching Debian's kernel image $release" >&2
	mkdir -p "$cache"
	work=$(mktemp -d -p "$cache")
	trap 'rm -rf "$work"' EXIT
	chmod 755 "$work"
	download() {
		(cd "$work" && apt-get -q -q download "linux-image-$release" 2>apt.log)
	}
	download || { as_root apt-get -q -q update >&2 || true; download; } ||
		die "cannot download linux-image-$release: $(cat "$work/apt.log")"
	dpkg -x "$work"/*.deb "$work/image"
	mv -T "$work/image" "$cache/debian-$release"
fi
echo "$image /lib/modules/$release/build"
