# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# Minimal roots of Debian, for the scripts that source this file first.  Mounts and processes
# are in namespaces of their own, which end with the inner of two calls of the script.  The
# outer one removes the roots, when nothing is mounted in them.
. scripts/lib.sh

if [ "${1-}" != inside ]; then
	[ "$(id -u)" -eq 0 ] || die "only root can make roots of Debian: use sudo"
	mkdir -p build "$cache"
	roots=$(mktemp -d -p /var/tmp)
	trap 'rm -rf --one-file-system "$roots"' EXIT
	trap 'exit 130' INT TERM
	unshare --mount --pid --fork --kill-child "$0" inside "$roots"
	exit
fi
trap 'exit 130' INT TERM
roots=$2

# make_root RELEASE PACKAGES LOG: set $root to a new root with these packages, which are
# separated by commas.  The root has our network and our mirror.
make_root() {
	local mirror security suite

	mirror=$(mirror Debian)
	[ "$mirror" ] || die "apt knows no mirror of Debian: run apt-get update"
	root=$roots/$1
	say "$1: making a minimal root"
	debootstrap --variant=minbase --include="$2" "$1" "$root" "$mirror" 2>&1 |
		progress "$1" "$3" || die "debootstrap failed, see $3"
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
}

# in_root [VARIABLE=VALUE...] COMMAND...: run the command in $root, with our network.
in_root() {
	local environment=() variable

	for variable in http_proxy https_proxy no_proxy; do
		[ -z "${!variable-}" ] || environment+=("$variable=${!variable}")
	done
	chroot "$root" env -i HOME=/root PATH=/usr/sbin:/usr/bin:/sbin:/bin \
		"${environment[@]}" "$@" </dev/null
}
