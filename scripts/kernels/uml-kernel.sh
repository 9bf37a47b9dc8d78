#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
# uml-kernel.sh: build User Mode Linux with scripts/kernels/uml.config once and keep it in
# the cache; print the program's path and the build tree's.
set -euo pipefail
cd "$(dirname "$0")/../.."
. scripts/lib.sh
. scripts/kernels/kernels.sh

export ARCH=um
kernel_source "$own_kernel"
kernel_build "uml-$version" "User Mode Linux" linux \
	scripts/kernels/uml.config "${newer[@]}"
echo "$build/linux $build"
