#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# bench-kernel.sh KERNEL: build a kernel for benchmarks, 6.12 or later, and keep it in the
# cache; print the paths of the image and of the build tree.  Debian's own image of another
# release does not fit this compiler.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

export ARCH=x86
kernel_source "$1"
kernel_build "bench-$version" "the kernel for benchmarks, $version" bzImage \
	scripts/kernels/{kernel,x86,newer,bench}.config
echo "$build/arch/x86/boot/bzImage $build"
