# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# What the scripts share: messages, the cache, packages.
# shellcheck disable=SC2034,SC2154 # they use the variables, kernels.sh has $busybox

cache=${XDG_CACHE_HOME:-$HOME/.cache}/buddypool
# Absolute, for programs that run in another directory.
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
host=$(uname -m)

if [ -t 1 ]; then
	bold=$'\e[1m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' red='' plain=''
fi

say() {
	printf '%s== %s%s\n' "$bold" "$*" "$plain"
}

die() {
	printf '%s%s: %s%s\n' "$red" "${0##*/}" "$*" "$plain" >&2
	exit 1
}

# ARCH is the kernel's word for the architecture of the guests, by default this machine's.
# $ram is where their memory starts, and $cross what the names of its compilers start with.
case ${ARCH:-$host} in
x86 | x86_64)
	arch=x86 debian_arch=amd64 ram=0 cross=x86_64-linux-gnu- suffix= ;;
arm64 | aarch64)
	arch=arm64 debian_arch=arm64 ram=$((0x40000000)) cross=aarch64-linux-gnu- suffix=-arm64 ;;
*)
	die "there is no ARCH=${ARCH:-$host}, only: x86 arm64" ;;
esac
[ "$cross" != "$host-linux-gnu-" ] || cross=

as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif command -v sudo >/dev/null; then
		sudo "$@"
	else
		die "as root, run: $*"
	fi
}

# apt_get ARGUMENT...: apt-get as root.  Two calls at once wait for each other: the
# option waits for dpkg's lock, but apt does not wait for the lock of its lists.
apt_get() {
	as_root flock -o /var/lib/apt/lists env DEBIAN_FRONTEND=noninteractive \
		apt-get -q -q -o DPkg::Lock::Timeout=600 "$@" </dev/null
}

# need PACKAGE...: install those that are missing, and name them.
need() {
	local missing=() package

	command -v dpkg-query apt-get >/dev/null ||
		die "this is no Debian; install what these packages hold: $*"
	for package; do
		dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null |
			grep -qx installed || missing+=("$package")
	done
	[ ${#missing[@]} -eq 0 ] && return
	say "installing ${missing[*]}"
	# The update may fail for a source that is not needed here; the installation tells.
	apt_get update || true
	apt_get install -y --no-install-recommends "${missing[@]}" >/dev/null ||
		die "apt-get could not install ${missing[*]}"
}

# mirror LABEL: print the address from which apt gets Debian, or Debian-Security.
mirror() {
	# shellcheck disable=SC2016 # apt replaces it
	apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
		'Origin: Debian' "Label: $1" | sed -n 1p
}

# progress LABEL LOG: write a build's output to LOG and show the number of its lines.
progress() {
	if [ -t 1 ]; then
		tee "$2" | awk -v label="$1" '
			{ printf "\r%s: %d steps", label, NR; fflush() }
			END { print "" }'
	else
		tee "$2" | awk -v label="$1" '
			NR % 500 == 0 { printf "%s: %d steps\n", label, NR; fflush() }'
	fi
}

# all_suites: set $suites, their names.  Scripts come last: the module loaded and
# unloaded many times leaves few large blocks to the suites behind it.
all_suites() {
	suites=(kunit/*/*_test.c kunit/*/*_test.sh)
	suites=("${suites[@]##*/}")
	suites=("${suites[@]%_test.*}")
}

# Suites that need no kernel: programs for the host.
host_suites=(explore fuzz_pool)

# bytes TEXT: how many the module takes 128M or 0x8000000 for.
bytes() {
	local unit=${1##*[0-9a-fA-F]}

	numfmt --from=iec "$((${1%"$unit"}))${unit^^}"
}

# suites_guest CONFIG: set what the suites' guest has where, as assignments in $layout, and more of
# its kernel's command line in $append.
# RESERVED: 16 MiB; SECTION: 128 MiB, with which no other memory shares a section, for the suite
# heap_memory; CLAIMED: a device.  ASSUME: the parameter by which the module takes an address
# that the kernel does not know.  On arm64, a reserved range has struct pages, and sections
# have 512 MiB if pages have 64 KiB: there, mem= hides the last 512 MiB.
suites_guest() {
	case $arch in
	x86)
		export MEM=${MEM:-1G} RESERVE="16M@0x10000000 128M@0x38000000"
		layout="RESERVED=0x10000000 SECTION=0x38000000 CLAIMED=0xfec00000 ASSUME="
		append=kasan_multi_shot
		;;
	arm64)
		export MEM=1536M RESERVE=16M@0x50000000
		layout="RESERVED=0x50000000 SECTION=0x80000000 CLAIMED=0x9000000 ASSUME=assume_memory=1"
		# A kernel at a random address hides faults of the linear mapping.
		append="mem=1G nokaslr"
		;;
	esac
	case $1 in
	16k)	layout+=" PAGE_SIZE=16384" ;;
	64k)	layout+=" PAGE_SIZE=65536" ;;
	*)	layout+=" PAGE_SIZE=4096" ;;
	esac
}

# host_suite SUITE: build it, run it and print KTAP.
host_suite() {
	case $1 in
	explore)	scripts/explore.sh suite ;;
	fuzz_pool)	scripts/fuzz.sh suite ;;
	esac
}

# results_of LOG NUMBER: print the KTAP of the one suite in a kernel's log, where the suite has
# the number 1.
results_of() {
	sed -n "s/\r\$//; s/^\[ *[0-9.]*\] //; s/^\(not \)\?ok 1 /\1ok $2 /
		/^    KTAP version/,\$ p" "$1"
}

# user_programs: build the programs for the guest, which has no C library, in $user.
user=build/user$suffix
user_programs() {
	local flags=(-O2 -static -Wall -Wextra -Wno-unused-parameter -Werror)

	mkdir -p "$user"
	"${cross}gcc" "${flags[@]}" -o "$user/heap_client" kunit/heap/*.c
	"${cross}gcc" "${flags[@]}" -o "$user/camera" Documentation/examples/camera.c
}

# guest_files WORK JOB FILE...: WORK/initramfs, with $busybox, the job, its
# ENVIRONMENT and FILEs.
guest_files() {
	local root=$1/root job=$2 initramfs=$1/initramfs

	shift 2
	mkdir -p "$root/bin" build
	cp "$busybox" "$root/bin/"
	cp scripts/guest/jobs/init "$root/init"
	cp "scripts/guest/jobs/$job" "$root/job"
	printf '%s\n' "${ENVIRONMENT-}" >"$root/environment"
	cp -t "$root" "$@"
	(cd "$root" && find . | cpio --quiet -o -H newc) >"$initramfs"
}

# debian_modules IMAGE NAME...: unpack these modules of the Debian kernel IMAGE, and those that
# they need, in build/; set $modules to the files, in the order to load them.
debian_modules() {
	local root=${1%/boot/*} release=${1##*/vmlinuz-} out=build/modules-${1##*/vmlinuz-} file to
	local PATH=$PATH:/usr/sbin

	[ -e "$root/lib" ] || root+=/usr
	[ -e "$root/lib/modules/$release/modules.dep" ] || depmod -b "$root" "$release"
	rm -rf "$out"
	mkdir -p "$out"
	modules=()
	while read -r _ file; do
		to=$out/${file##*/}
		to=${to%.xz}
		[ -e "$to" ] && continue
		case $file in
		*.xz)	xz -dc "$file" >"$to" ;;
		*)	cp "$file" "$to" ;;
		esac
		modules+=("$to")
	done < <(for name in "${@:2}"; do
		modprobe -d "$root" -S "$release" --show-depends "$name" ||
			echo "insmod /no/module/$name.ko"
	done | grep ^insmod)
}
