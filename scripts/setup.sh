#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# setup.sh build|guest|kernel|lint|bench|docs...: install what these steps need.
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/lib.sh
. scripts/kernels.sh

# Debian names the headers and images of its kernels by flavour.
flavour=$(dpkg --print-architecture 2>/dev/null || echo amd64)

for step; do
	case $step in
	build)	need gcc make perl "linux-headers-$flavour" ;;
	guest)	need qemu-system-x86 busybox-static cpio gzip ;;
	kernel)	need gcc make "linux-source-$own_kernel" xz-utils flex bison bc perl \
			libc6-dev libelf-dev libssl-dev python3 ;;
	lint)	need git sparse shellcheck perl python3-ply python3-git ;;
	bench)	need gnuplot-nox ;;
	docs)	need python3-sphinx perl "linux-headers-$flavour" ;;
	*)	die "no step '$step'" ;;
	esac
done
