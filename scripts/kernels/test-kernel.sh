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
export ARCH=x86
kernel_source "$kernel"
kernel_build "kernel-$version-$config" "the $config test kernel, $version" bzImage \
	scripts/kernels/kernel.config "scripts/kernels/$config.config" "${newer[@]}"
echo "$build/arch/x86/boot/bzImage $build"
