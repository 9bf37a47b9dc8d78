#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# debian.sh: run `make TARGET` of HEAD for each of TARGETS in a minimal root of each Debian
# RELEASE, in which only make is installed; then print a table.  The output of each is in
# build/debian-RELEASE-TARGET.out.
#
# The root is new and is removed at the end.  It uses the cache of this machine, or with
# XDG_CACHE_HOME=DIR another one, for example an empty one.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/root.sh

read -ra releases <<<"${RELEASE:-bookworm trixie}"
read -ra targets <<<"${TARGETS:-run check lint htmldocs}"

# Variables that the make in the root gets, which select tests.
passed_on=(SUITE KERNEL CONFIG SEED SMP MEM TIMEOUT)

# try RELEASE TARGET: set $result.
try() {
	local out=build/debian-$1-$2.out

	result=passed
	in_root XDG_CACHE_HOME="${cache%/*}" "${environment[@]}" \
		make --no-print-directory -C /buddypool "$2" 2>&1 |
		tee "$out" | sed -un "/^== \|^suite \|clean$\|^[0-9]* passed/s/^/$1 $2: /p" ||
		result=failed
	[ $result = passed ] || tail -n 5 "$out"
	say "$1 $2: $result"
}

environment=()
for variable in "${passed_on[@]}"; do
	[ -z "${!variable-}" ] || environment+=("$variable=${!variable}")
done
failed=0
declare -A results
for release in "${releases[@]}"; do
	make_root "$release" make "build/debian-$release.out"
	mkdir -p "$root$cache"
	mount --bind "$cache" "$root$cache"
	git clone -q . "$root/buddypool"
	for target in "${targets[@]}"; do
		say "$release: make $target"
		try "$release" "$target"
		results[$release $target]=$result
		[ $result = passed ] || failed=1
	done
done

printf '\n%-10s' ''
printf '%10s' "${targets[@]}"
for release in "${releases[@]}"; do
	printf '\n%-10s' "$release"
	for target in "${targets[@]}"; do
		printf '%10s' "${results[$release $target]}"
	done
done
printf '\n'
[ $failed -eq 0 ]
