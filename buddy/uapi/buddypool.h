/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What a heap node of buddypool, /dev/dma_heap/NAME, understands beside the kernel's
 * linux/dma-heap.h.
 */
#ifndef _UAPI_BUDDYPOOL_H
#define _UAPI_BUDDYPOOL_H

#include <linux/ioctl.h>
#include <linux/types.h>

/**
 * struct buddypool_phys - where a buffer is
 * @fd: a buffer of any heap of buddypool
 * @reserved: must be 0
 * @addr: filled in with the physical address of its first byte
 */
struct buddypool_phys {
	__u32 fd;
	__u32 reserved;
	__u64 addr;
};

/* Needs CAP_SYS_RAWIO.  A device behind an IOMMU uses other addresses. */
#define BUDDYPOOL_IOCTL_PHYS	_IOWR('H', 0x40, struct buddypool_phys)

#endif /* _UAPI_BUDDYPOOL_H */
