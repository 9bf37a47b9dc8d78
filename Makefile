# SPDX-License-Identifier: GPL-2.0
# The targets that a person types; what kbuild does is in Kbuild.

# The kernel to build for: the running one, or else the newest with headers.
KDIR ?= $(firstword $(wildcard /lib/modules/$(shell uname -r)/build) \
	$(lastword $(sort $(wildcard /lib/modules/*/build))))

.DEFAULT_GOAL := modules
.PHONY: modules modules_install clean help run shell check quick matrix mutate coverage torture explore fuzz bench lint htmldocs debian deb debcheck

help: ## this list
	@awk -F ':.*## ' '/^[a-z_]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

modules: ## build buddypool.ko against KDIR (default: running or newest headers)
	@test -n "$(KDIR)" || { echo "no kernel headers: install linux-headers-amd64 or linux-headers-arm64, or give KDIR=" >&2; exit 1; }
	$(MAKE) -C $(KDIR) M=$(CURDIR) W=1 modules

modules_install: modules ## install buddypool.ko for that kernel, and what other modules need (INSTALL_MOD_PATH=)
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	release=$$(sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' $(KDIR)/include/generated/utsrelease.h) && \
		scripts/devel.sh $(INSTALL_MOD_PATH)/lib/modules/$$release/buddypool

clean: ## remove what was built here; the cache stays
	$(if $(KDIR),$(MAKE) -C $(KDIR) M=$(CURDIR) clean)
	rm -rf build

run: ## boot Debian's kernel, replay a trace, show the state, draw build/run.svg, capture build/frame.png (ARCH=arm64 REGIONS= PARAMS= MEM= SMP= TRACE= POOLS=)
	@scripts/setup.sh build guest run
	@scripts/run.sh run

shell: ## a prompt in that guest with the module loaded (ARCH=arm64 REGIONS= PARAMS= MEM= SMP= FILES= QEMU=)
	@scripts/setup.sh build guest
	@scripts/run.sh shell

check: ## all tests in the test kernels (ARCH=arm64 SUITE= KERNEL= CONFIG= SEED=)
	@scripts/setup.sh build guest kernel
	@scripts/check.sh

quick: ## one suite in the debug kernel, in less than a minute (ARCH=arm64 SUITE= KERNEL= CONFIG= SEED=)
	@scripts/setup.sh build guest kernel
	@scripts/check.sh quick

matrix: ## all tests in each kernel with each configuration (SUITE= KERNEL= CONFIG=)
	@scripts/setup.sh build guest kernel
	@scripts/matrix.sh

mutate: ## break a line at a time: which suites notice? (FILE= SUITE=)
	@scripts/setup.sh build guest kernel
	@scripts/mutate.sh

coverage: ## which lines of buddy/ and pool/ the suites reach
	@scripts/setup.sh build guest kernel
	@scripts/coverage.sh

torture: ## everything at once in the debug kernel for a while (ARCH=arm64 MINUTES= SEED= SMP= KERNEL= CONFIG=)
	@scripts/setup.sh build guest kernel
	@scripts/torture.sh

explore: ## every interleaving of small programs, and some of others, in user space (MINUTES= SEED=)
	@scripts/setup.sh explore
	@scripts/explore.sh

fuzz: ## random and guided operations on pools, in user space; how much a pool can hold (MINUTES= SEED=)
	@scripts/setup.sh fuzz
	@scripts/fuzz.sh

bench: ## what operations cost, and which large blocks are left, beside the kernel's allocators (LANES= WORKS= TRACE= KERNEL=)
	@scripts/setup.sh build guest kernel bench
	@scripts/bench.sh

lint: ## checkpatch --strict, sparse, kernel-doc, shellcheck
	@scripts/setup.sh build kernel lint
	@scripts/lint.sh

htmldocs: ## Documentation/ as HTML in build/htmldocs
	@scripts/setup.sh docs
	@kdir=$$(scripts/kernels/debian-kernel.sh headers) && KERNEL_DOC=$$kdir/scripts/kernel-doc \
		sphinx-build -q -W -b html Documentation build/htmldocs

debian: ## run, check, lint, htmldocs in minimal roots of Debian 12 and 13 (RELEASE= TARGETS=)
	@scripts/setup.sh debian
	@scripts/debian.sh

deb: ## build/buddypool-dkms_*.deb
	@scripts/setup.sh deb
	@scripts/deb.sh

debcheck: ## install that package in Debian 12 and 13, boot, upgrade the kernel, purge (RELEASE=)
	@scripts/setup.sh deb debian guest debcheck
	@scripts/debcheck.sh
