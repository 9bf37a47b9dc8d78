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
. scripts/lib.sh

read -ra releases <<<"${RELEASE:-bookworm trixie}"
read -ra targets <<<"${TARGETS:-run check lint htmldocs}"

# Variables that the make in the root gets: for the network, and those that select tests.
passed_on=(http_proxy https_proxy no_proxy SUITE KERNEL CONFIG SEED SMP MEM TIMEOUT)

# Mounts and processes are in namespaces of their own, which end with the inner of two
# calls.  The outer one removes the roots, when nothing is mounted in them.
if [ "${1-}" != inside ]; then
	[ "$(id -u)" -eq 0 ] || die "only root can make these: sudo make debian"
	mkdir -p build "$cache"
	roots=$(mktemp -d -p /var/tmp)
	trap 'rm -rf --one-file-system "$roots"' EXIT
	trap 'exit 130' INT TERM
	unshare --mount --pid --fork --kill-child scripts/debian.sh inside "$roots"
	exit
fi
trap 'exit 130' INT TERM

# make_root RELEASE: set $root.  It has our network and our mirror.
make_root() {
	local mirror security suite

	mirror=$(mirror Debian)
	[ "$mirror" ] || die "apt knows no mirror of Debian: run apt-get update"
	root=$roots/$1
	say "$1: making a minimal root"
	debootstrap --variant=minbase --include=make "$1" "$root" "$mirror" 2>&1 |
		progress "$1" "build/debian-$1.out" ||
		die "debootstrap failed, see build/debian-$1.out"
	for suite in "$1" "$1-updates"; do
		echo "deb $mirror $suite main"
	done >"$root/etc/apt/sources.list"
	security=$(mirror Debian-Security)
	[ -z "$security" ] || echo "deb $security $1-security main" >>"$root/etc/apt/sources.list"
	apt-config dump | grep -E '^Acquire::(http|https|Force|Retries|Check)' \
		>"$root/etc/apt/apt.conf.d/host" || true
	for file in /etc/resolv.conf /etc/hosts /etc/apt/auth.conf \
		/etc/ssl/certs/ca-certificates.crt; do
		[ ! -e $file ] || install -D $file "$root$file"
	done

	mount -t proc proc "$root/proc"
	mount --rbind /dev "$root/dev"
	mkdir -p "$root$cache"
	mount --bind "$cache" "$root$cache"
	git clone -q . "$root/buddypool"
}

# try RELEASE TARGET: set $result.
try() {
	local out=build/debian-$1-$2.out

	result=passed
	env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin XDG_CACHE_HOME="${cache%/*}" \
		"${environment[@]}" chroot "$root" make --no-print-directory -C /buddypool "$2" </dev/null 2>&1 |
		tee "$out" | sed -un "/^== \|^suite \|clean$\|^[0-9]* passed/s/^/$1 $2: /p" ||
		result=failed
	[ $result = passed ] || tail -n 5 "$out"
	say "$1 $2: $result"
}

roots=$2
environment=()
for variable in "${passed_on[@]}"; do
	[ -z "${!variable-}" ] || environment+=("$variable=${!variable}")
done
failed=0
declare -A results
for release in "${releases[@]}"; do
	make_root "$release"
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
