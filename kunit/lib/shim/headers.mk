# SPDX-License-Identifier: GPL-2.0
# For a program that compiles sources of the module in user space: kernel.h stands in for
# each kernel header that the files in $(layers) include.  Its files are in $(OUT)/include.
# Pages have 4 KiB, or 2^PAGE_SHIFT bytes.

# As the kernel is compiled: unused parameters and differences of sign are no warnings.
flags := -std=gnu11 -O2 -g -Wall -Wextra -Wno-unused-parameter -Wno-sign-compare \
	-Wno-missing-field-initializers \
	-fno-strict-aliasing -fno-strict-overflow -D_GNU_SOURCE \
	-I$(OUT)/include -Ishim -I../lib/shim $(PAGE_SHIFT:%=-DPAGE_SHIFT=%)
headers := $(MAKEFILE_LIST) $(wildcard *.h shim/*.h ../lib/shim/*.h $(addsuffix /*.h,$(layers)))

$(OUT)/include/linux: $(wildcard $(addsuffix /*.[ch],$(layers)))
	rm -rf $(OUT)/include
	mkdir -p $@ $(OUT)/include/trace
	sed -n 's,^#include <\(\(linux\|trace\)/[^/]*\)>,\1,p' $^ | sort -u | \
	while read -r header; do \
		echo '#include <kernel.h>' >$(OUT)/include/$$header; \
	done
