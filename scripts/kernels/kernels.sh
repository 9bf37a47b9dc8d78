# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
# The test kernels: which there are, where their sources come from, and how they are built
# in the cache.  A script sources lib.sh before this file.
# shellcheck disable=SC2034,SC2154 # they use the variables, lib.sh has $cache

all_kernels=(6.1 6.12 7.2)

# The default is the kernel of this release of Debian; newer releases use that of 13.
# shellcheck source=/dev/null
case $(. /etc/os-release && echo "${VERSION_ID-}") in
12)	own_kernel=6.1 ;;
*)	own_kernel=6.12 ;;
esac

# Releases of Debian have $debian_kernels; the suite devices needs the drivers in them.
case $arch in
x86)
	debian_kernels=(6.1 6.12)
	all_configs=(debug kasan kcsan rt none up pagealloc)
	default_configs=(debug kasan)
	;;
arm64)
	debian_kernels=("$own_kernel")
	all_configs=(debug 16k 64k)
	default_configs=(debug)
	;;
esac

# cell_name CONFIG KERNEL: set $name, the name of the files of this test kernel.
cell_name() {
	name=$1$suffix
	[ "$2" = "$own_kernel" ] || name+=-$2
}

# no_such_kernel CONFIG KERNEL: if there is no such kernel, succeed and print which there
# are.  A fragment that does not fit all kernels has a line with those that it fits.
no_such_kernel() {
	local only

	if [[ " ${all_kernels[*]} " != *" $2 "* ]]; then
		echo "there is no KERNEL=$2, only: ${all_kernels[*]}"
	elif [[ " ${all_configs[*]} " != *" $1 "* ]]; then
		echo "there is no CONFIG=$1, only: ${all_configs[*]}"
	else
		only=$(sed -n 's/^# Kernels: //p' "scripts/kernels/$1.config")
		[[ $only && " $only " != *" $2 "* ]] &&
			echo "there is no CONFIG=$1 for KERNEL=$2, only for: $only"
	fi
}

# once DIR COMMAND...: run the command, which fills DIR, unless DIR is complete.  If two
# calls run at once, the second one waits for the first.
once() {
	[ -e "$1/.complete" ] && return
	mkdir -p "$1"
	(
		flock 9
		if [ ! -e "$1/.complete" ]; then
			"${@:2}"
			touch "$1/.complete"
		fi
	) 9<"$1"
}

# other_release SERIES DIR: set $options, those of an apt for the release of Debian that has
# SERIES as its own kernel.  DIR has the lists.  The system's apt has the mirror and the
# keys; its sources and lists stay as they are.
other_release() {
	local mirror suite work=$2 keys=/usr/share/keyrings/debian-archive-keyring.gpg

	case $1 in
	6.1)	suite=bookworm ;;
	6.12)	suite=trixie ;;
	*)	suite=sid ;;
	esac
	mirror=$(mirror Debian)
	[ "$mirror" ] || die "apt knows no mirror of Debian: run apt-get update"
	mkdir -p "$work"/{lists,archives}/partial
	# Apt downloads as a user of its own.
	chmod 755 "$work"
	echo "deb [signed-by=$keys] $mirror $suite main" >"$work/sources"
	options=(-o Dir::State::lists="$work/lists" -o Dir::Cache="$work"
		-o Dir::Etc::SourceList="$work/sources" -o Dir::Etc::SourceParts=-)
	if [ "$cross" ]; then
		# Programs for this machine are downloaded, too.
		touch "$work/status"
		options+=(-o APT::Architecture="$debian_arch" -o Dir::State::status="$work/status"
			-o APT::Architectures="$debian_arch,$(dpkg --print-architecture)")
	fi
	apt-get -q -q "${options[@]}" update >"$work/log" 2>&1 ||
		die "cannot read the lists of $suite: $(cat "$work/log")"
}

# download SERIES DIR: Debian's newest linux-source-SERIES, a .deb in DIR.
download() {
	local options

	other_release "$1" "$2"
	(cd "$2" && apt-get -q -q "${options[@]}" download "linux-source-$1") >"$2/log" 2>&1 ||
		die "cannot download linux-source-$1: $(cat "$2/log")"
}

unpack() {
	say "unpacking linux-source-$1" >&2
	tar -xf "$2" -C "$source" --strip-components=1
}

download_and_unpack() {
	local work

	say "downloading linux-source-$1" >&2
	work=$(mktemp -d -p "$cache")
	# shellcheck disable=SC2064 # work is local
	trap "rm -rf '$work'" EXIT
	download "$1" "$work"
	dpkg -x "$work"/*.deb "$work/deb"
	unpack "$1" "$work/deb/usr/src/linux-source-$1.tar.xz"
	dpkg-deb -f "$work"/*.deb Version >"$source/.version"
}

# kernel_source SERIES: set $source, the tree, $version, Debian's, and $newer, the
# fragment that all but the oldest need.
kernel_source() {
	local tarball=/usr/src/linux-source-$1.tar.xz

	newer=()
	[ "$1" = 6.1 ] || newer=(scripts/kernels/newer.config)
	if [ -e "$tarball" ]; then
		version=$(dpkg-query -W -f '${Version}' "linux-source-$1")
		source=$cache/source-$version
		once "$source" unpack "$1" "$tarball"
	else
		source=$cache/source-$1
		once "$source" download_and_unpack "$1"
		version=$(cat "$source/.version")
	fi
}

# fetch DIR PACKAGE...: unpack packages of apt with $options in DIR.
fetch() {
	local deb work

	say "fetching ${*:2}" >&2
	work=$(mktemp -d -p "$cache")
	chmod 755 "$work"
	get() {
		rm -f "$work"/*.deb
		(cd "$work" && apt-get -q -q "${options[@]}" download "$@" 2>apt.log)
	}
	get "${@:2}" || { apt_get update >&2 || true; get "${@:2}"; } ||
		die "cannot download ${*:2}: $(cat "$work/apt.log")"
	for deb in "$work"/*.deb; do
		dpkg -x "$deb" "$1"
	done
	rm -r "$work"
}

# fetch_busybox DIR: the one for the guests' architecture.
fetch_busybox() {
	local options lists

	lists=$(mktemp -d -p "$cache")
	other_release "$own_kernel" "$lists"
	fetch "$1" busybox-static
	rm -r "$lists"
}

# find_busybox: set $busybox, a program for the guests.
find_busybox() {
	busybox=/bin/busybox
	[ "$cross" ] || return 0
	once "$cache/busybox$suffix" fetch_busybox "$cache/busybox$suffix"
	for busybox in "$cache/busybox$suffix"/{,usr/}bin/busybox; do
		[ ! -e "$busybox" ] || break
	done
}

# settings FRAGMENT...: print all settings; of a variable with several, the last one.
settings() {
	awk -F = '/^CONFIG_/ { last[$1] = $0 } END { for (i in last) print last[i] }' "$@" | sort
}

# configure_and_make LABEL TARGET FRAGMENT...
configure_and_make() {
	local label=$1 target=$2 log=$build.log line

	shift 2
	say "building $label, once: 4 to 8 minutes on two cores" >&2
	make -s -C "$source" O="$build" tinyconfig >"$log"
	(cd "$source" && scripts/kconfig/merge_config.sh -m -O "$build" \
		"$build/.config" "${@/#/$top/}") >>"$log"
	make -s -C "$source" O="$build" olddefconfig >>"$log" 2>&1
	while read -r line; do
		case $line in
		*=n) ! grep -q "^${line%n}" "$build/.config" ;;
		*) grep -qx "$line" "$build/.config" ;;
		esac || die "the kernel's configuration did not take $line"
	done < <(settings "$@")
	make -C "$source" O="$build" -j "$(nproc)" "$target" modules 2>&1 |
		progress "$label" "$log" >&2 || die "failed, see $log"
}

# kernel_build NAME LABEL TARGET FRAGMENT...: make TARGET of $source for $ARCH with
# tinyconfig and the fragments, of which a later one prevails; set $build, the tree.
# The key is Debian's version, the settings and the compiler: another's modules and
# programs need not fit.
kernel_build() {
	build=$cache/$1-$( (settings "${@:4}" && "${cross}gcc" -dumpfullversion) | sha256sum | cut -c 1-12)
	once "$build" configure_and_make "${@:2}"
}
