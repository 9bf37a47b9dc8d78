#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-kernel.sh CONFIG: build the tests' kernel with scripts/CONFIG.config once
# and keep it in the cache; print the image's path and the build tree's path.
# The key is Debian's version and the fragments.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

fragments=(scripts/kernel.config "scripts/$1.config")
[ -e "${fragments[1]}" ] || die "there is no scripts/$1.config"
version=$(dpkg-query -W -f '${Version}' linux-source-6.1)
key=$(cat "${fragments[@]}" | sha256sum | cut -c 1-12)
source=$cache/source-$version
build=$cache/kernel-$version-$1-$key
log=$build.log

# Two calls at once: the second waits for what the first makes.
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9

if [ ! -e "$source/.complete" ]; then
	say "unpacking linux-source-6.1 $version" >&2
	mkdir -p "$source"
	tar -xf /usr/src/linux-source-6.1.tar.xz -C "$source" --strip-components=1
	touch "$source/.complete"
fi
if [ ! -e "$build/.complete" ]; then
	say "building the $1 test kernel, once: 4 to 8 minutes on two cores" >&2
	mkdir -p "$build"
	make -s -C "$source" O="$build" tinyconfig >"$log"
	(cd "$source" && scripts/kconfig/merge_config.sh -m -O "$build" \
		"$build/.config" "${fragments[@]/#/$top/}") >>"$log"
	make -s -C "$source" O="$build" olddefconfig >>"$log" 2>&1
	while read -r line; do
		case $line in
		*=n) ! grep -q "^${line%n}" "$build/.config" ;;
		CONFIG_*) grep -qx "$line" "$build/.config" ;;
		esac || die "the kernel's configuration did not take $line"
	done < <(cat "${fragments[@]}")
	make -C "$source" O="$build" -j "$(nproc)" bzImage modules 2>&1 |
		progress "$1 kernel" "$log" >&2 || die "failed, see $log"
	touch "$build/.complete"
fi
echo "$build/arch/x86/boot/bzImage $build"
