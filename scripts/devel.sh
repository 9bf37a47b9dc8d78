#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# devel.sh DIR: copy to DIR what other modules need to build against the module that was built
# in the current folder.  DIR/buddy and DIR/pool have the headers, DIR/Module.symvers the symbols.
set -eu

mkdir -p "$1"
cp --parents -t "$1" buddy/buddy.h buddy/inline.h buddy/dma.h buddy/uapi/buddypool.h pool/pool.h \
	Module.symvers
