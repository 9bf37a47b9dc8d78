// SPDX-License-Identifier: GPL-2.0
/* Suite heap_add: a driver makes its region a heap for user space, and takes it back. */
#include <linux/dma-heap.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/module.h>
#include <linux/sched/mm.h>
#include <linux/uaccess.h>
#include <uapi/linux/dma-heap.h>

#include "../../buddy/dma.h"
#include "../lib/files.h"

#define PAGES	64UL

static int heap_add_init_test(struct kunit *test)
{
	test_bad_calls();
	return 0;
}

static struct file *open_heap(struct buddy_region *region)
{
	char path[64];

	snprintf(path, sizeof(path), "/dev/dma_heap/%s", region->name);
	return filp_open(path, O_RDWR, 0);
}

/* Ask for a buffer as a process does, in the address space of the guest's first one. */
static long ask(struct file *file, u64 len)
{
	struct dma_heap_allocation_data data = { .len = len, .fd_flags = O_RDWR };
	struct task_struct *first = get_pid_task(find_vpid(1), PIDTYPE_PID);
	struct mm_struct *mm = get_task_mm(first);
	unsigned long user;
	long result;

	kthread_use_mm(mm);
	user = vm_mmap(NULL, 0, PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	result = copy_to_user((void __user *)user, &data, sizeof(data)) ? -EFAULT :
		 file->f_op->unlocked_ioctl(file, DMA_HEAP_IOCTL_ALLOC, user);
	vm_munmap(user, PAGE_SIZE);
	kthread_unuse_mm(mm);
	mmput(mm);
	put_task_struct(first);
	return result;
}

static void heap_add_test_life(struct kunit *test)
{
	struct buddy_region *region = test_region_mapped(test, 0, PAGES);
	u64 too_long = PFN_PHYS(PAGES + 1);
	struct file *file;

	/* The first bad call since insmod warns. */
	EXPECT_WARNING("buddy_heap_remove()", buddy_heap_remove(region));
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 1);
	KUNIT_ASSERT_EQ(test, buddy_heap_add(region), 0);
	KUNIT_EXPECT_EQ(test, buddy_heap_add(region), -EEXIST);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), -EBUSY);

	file = open_heap(region);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	KUNIT_EXPECT_EQ(test, ask(file, too_long), -ENOMEM);
	buddy_heap_remove(region);
	KUNIT_EXPECT_EQ(test, ask(file, too_long), -ENODEV);
	__fput_sync(file);
	KUNIT_EXPECT_PTR_EQ(test, open_heap(region), ERR_PTR(-ENOENT));
	KUNIT_EXPECT_EQ(test, refcount_read(&region->refcount), 1U);
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 0);
	buddy_heap_remove(region);
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 1);

	/* It can become one again. */
	KUNIT_EXPECT_EQ(test, buddy_heap_add(region), 0);
	file = open_heap(region);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, file);
	__fput_sync(file);
	buddy_heap_remove(region);
}

/* A region of regions= is made a heap by heap= alone: nobody could put its reference. */
static void heap_add_test_of_insmod(struct kunit *test)
{
	struct buddy_region *region = buddy_region_get("region0");

	KUNIT_ASSERT_NOT_NULL(test, region);
	KUNIT_EXPECT_EQ(test, buddy_heap_add(region), -EINVAL);
	KUNIT_EXPECT_EQ(test, test_bad_calls(), 1);
	KUNIT_EXPECT_EQ(test, refcount_read(&region->refcount), 2U);
	buddy_region_put(region);
}

/* The nodes of these names belong to heaps of the kernel. */
static void heap_add_test_names(struct kunit *test)
{
	static const char * const names[] = { "system", "system_cc_shared", "default_cma_region" };
	unsigned long virt = get_zeroed_page(GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NE(test, virt, 0UL);
	for (i = 0; i < ARRAY_SIZE(names); i++) {
		struct buddy_region *region = buddy_region_create(names[i], PHYS_PFN(__pa(virt)), 1,
								  (void *)virt);

		KUNIT_ASSERT_NOT_ERR_OR_NULL(test, region);
		KUNIT_EXPECT_EQ(test, buddy_heap_add(region), -EEXIST);
		KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
	}
	free_page(virt);
}

static void heap_add_test_unmapped(struct kunit *test)
{
	struct buddy_region *region = test_region(test, TEST_PFN, PAGES);

	KUNIT_EXPECT_EQ(test, buddy_heap_add(region), -EINVAL);
	KUNIT_EXPECT_EQ(test, refcount_read(&region->refcount), 1U);
	KUNIT_EXPECT_PTR_EQ(test, open_heap(region), ERR_PTR(-ENOENT));
}

static struct kunit_case heap_add_cases[] = {
	KUNIT_CASE(heap_add_test_life),
	KUNIT_CASE(heap_add_test_of_insmod),
	KUNIT_CASE(heap_add_test_names),
	KUNIT_CASE(heap_add_test_unmapped),
	{}
};

static struct kunit_suite heap_add_suite = {
	.name = "heap_add",
	.init = heap_add_init_test,
	.test_cases = heap_add_cases,
};

kunit_test_suite(heap_add_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: heap_add");
MODULE_LICENSE("GPL");
