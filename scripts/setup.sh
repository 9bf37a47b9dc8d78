#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# setup.sh build|guest|run|kernel|lint|bench|docs|fuzz...: install what these steps need.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

case $arch in
x86)	qemu=(qemu-system-x86) ;;
arm64)	qemu=(qemu-system-arm device-tree-compiler) ;;
esac
compiler=()
[ -z "$cross" ] || compiler=("$(tr _ - <<<"gcc-${cross%-}")" "libc6-dev-$debian_arch-cross")
for step; do
	case $step in
	build)	need gcc make perl libelf-dev "${compiler[@]}" ;;
	guest)	need "${qemu[@]}" busybox-static cpio gzip kmod xz-utils ;;
	run)	need gnuplot-nox libc6-dev optipng ;;
	kernel)	need gcc make "linux-source-$own_kernel" xz-utils flex bison bc perl \
			libc6-dev libelf-dev libssl-dev python3 ;;
	lint)	need git sparse shellcheck perl python3-ply python3-git dt-schema device-tree-compiler ;;
	bench)	need gnuplot-nox ;;
	explore) need gcc make libc6-dev ;;
	fuzz)	need gcc make libc6-dev clang libclang-rt-dev ;;
	docs)	need python3-sphinx perl ;;
	debian)	need debootstrap git ;;
	deb)	need git dpkg-dev debhelper dh-dkms lintian ;;
	debcheck) need e2fsprogs fdisk ;;
	*)	die "no step '$step'" ;;
	esac
done
