#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# test-kernel.sh CONFIG [KERNEL]: build the tests' kernel with scripts/kernels/CONFIG.config
# once and keep it in the cache; print the image's path and the build tree's path.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

config=$1 kernel=${2:-$own_kernel}
if reason=$(no_such_kernel "$config" "$kernel"); then
	die "$reason"
fi
export ARCH=$arch CROSS_COMPILE=$cross
case $arch in
x86)	image=bzImage ;;
arm64)	image=Image ;;
esac
kernel_source "$kernel"
kernel_build "kernel-$version-$config$suffix" "the $config$suffix test kernel, $version" "$image" \
	scripts/kernels/{kernel,"$arch","$config"}.config "${newer[@]}"
echo "$build/arch/$arch/boot/$image $build"
