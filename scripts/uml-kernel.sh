#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# uml-kernel.sh: build User Mode Linux with scripts/uml.config once and keep it in
# the cache, as test-kernel.sh does; print the program's path and the build tree's.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh

version=$(dpkg-query -W -f '${Version}' linux-source-6.1)
source=$cache/source-$version
build=$cache/uml-$version-$(sha256sum scripts/uml.config | cut -c 1-12)
log=$build.log

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
	say "building User Mode Linux, once: about 4 minutes on two cores" >&2
	mkdir -p "$build"
	make -s -C "$source" O="$build" ARCH=um tinyconfig >"$log"
	(cd "$source" && ARCH=um scripts/kconfig/merge_config.sh -m -O "$build" \
		"$build/.config" "$top/scripts/uml.config") >>"$log"
	make -s -C "$source" O="$build" ARCH=um olddefconfig >>"$log" 2>&1
	while read -r line; do
		case $line in
		*=n) ! grep -q "^${line%n}" "$build/.config" ;;
		CONFIG_*) grep -qx "$line" "$build/.config" ;;
		esac || die "the kernel's configuration did not take $line"
	done <scripts/uml.config
	make -C "$source" O="$build" ARCH=um -j "$(nproc)" linux modules 2>&1 |
		progress "User Mode Linux" "$log" >&2 || die "failed, see $log"
	touch "$build/.complete"
fi
echo "$build/linux $build"
