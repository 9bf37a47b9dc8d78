// SPDX-License-Identifier: GPL-2.0
/*
 * Suite pool_debug: debug features of the kernel find mistakes of a pool's users: the check
 * for a second user, KASAN and kmemleak.
 */
#include <linux/completion.h>
#include <linux/delay.h>
#include <linux/kmod.h>
#include <linux/kthread.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/string.h>
#include <trace/events/error_report.h>

#include "../lib/pool_common.h"

/* --- a second user --- */

static void pool_debug_test_second_user(struct kunit *test)
{
	struct mp_pool *pool = fixture(test)->pool;
	void *object;

	if (!IS_ENABLED(CONFIG_PROVE_LOCKING))
		kunit_skip(test, "needs CONFIG_PROVE_LOCKING");
	mp_enter(pool);
	EXPECT_WARNING("has two users at once", object = mp_alloc(pool, 8, 0));
	mp_leave(pool);
	KUNIT_EXPECT_NOT_NULL(test, object);
	KUNIT_EXPECT_EQ(test, atomic_read(&pool->users), 0);
}

/* --- KASAN --- */

static atomic_t nr_reports;
static unsigned long reported;	/* the bad address of the last report */

static void count_report(void *unused, enum error_detector detector, unsigned long address)
{
	if (detector != ERROR_DETECTOR_KASAN)
		return;
	atomic_inc(&nr_reports);
	reported = address;
}

static void expect_report(struct kunit *test, const u8 *byte)
{
	int before = atomic_read(&nr_reports);

	EXPECT_WARNING("is in pool 'poisoned'", read_bad_byte(byte));
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_reports), before + 1);
	KUNIT_EXPECT_EQ(test, reported, (unsigned long)byte);
}

/* Write and read the object; a KASAN report is a failure. */
static void use_object(struct kunit *test, u8 *object, size_t size)
{
	int before = atomic_read(&nr_reports);

	KUNIT_ASSERT_NOT_NULL(test, object);
	memset(object, 1, size);
	KUNIT_EXPECT_NULL(test, memchr_inv(object, 1, size));
	KUNIT_EXPECT_EQ(test, atomic_read(&nr_reports), before);
}

static struct mp_pool *poisoned_pool(struct kunit *test, size_t size)
{
	if (!IS_ENABLED(CONFIG_KASAN_GENERIC))
		kunit_skip(test, "needs CONFIG=kasan");
	return mp_create_pool_named(fixture(test)->region, "poisoned", size, 32, 0);
}

static void pool_debug_test_kasan_overrun(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 0);
	size_t size;

	for (size = 1; size <= 40; size++) {
		u8 *object = size % 2 ? mp_alloc(pool, size, 0) : mp_nalloc(pool, size, 0);

		use_object(test, object, size);
		expect_report(test, object + size);
	}
	mp_destroy_pool(pool);
}

static void pool_debug_test_kasan_large(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 0);
	u8 *object = mp_alloc(pool, 5001, 0);

	use_object(test, object, 5001);
	expect_report(test, object + 5001);
	expect_report(test, object + 8191);
	mp_destroy_pool(pool);
}

/* A freed medium object is poisoned, in a block and in an arena. */
static void pool_debug_test_kasan_medium(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 512);
	unsigned int i;

	for (i = 0; i < 2; i++) {
		u8 *object = mp_alloc(pool, 1001, 0);

		KUNIT_EXPECT_EQ(test, in_block(&pool->first, object, 1001), i == 0);
		use_object(test, object, 1001);
		expect_report(test, object + 1001);
		KUNIT_EXPECT_TRUE(test, mp_free(pool, object));
		expect_report(test, object);
		expect_report(test, object + 1000);
		make_old(pool);
	}
	mp_destroy_pool(pool);
}

/* An object in what was a larger one: the rest stays poisoned, and merged holes are. */
static void pool_debug_test_kasan_arena(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 512);
	u8 *objects[3];
	unsigned int i;

	make_old(pool);
	for (i = 0; i < 3; i++)
		objects[i] = mp_alloc(pool, 1001, 0);
	/* Each one lies below the one before; so the first of these is the highest. */
	KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[1]));
	KUNIT_EXPECT_TRUE(test, mp_free(pool, objects[0]));
	for (i = 0; i < 2; i++) {
		expect_report(test, objects[i]);
		expect_report(test, objects[i] + 1000);
	}
	use_object(test, objects[2], 1001);
	objects[0] = mp_alloc(pool, 600, 0);
	use_object(test, objects[0], 600);
	expect_report(test, objects[0] + 600);
	expect_report(test, objects[1] + 100);
	mp_destroy_pool(pool);
}

static void pool_debug_test_kasan_never_given(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 0);

	expect_report(test, block_start(&pool->first));
	use_object(test, mp_alloc(pool, 100, 0), 100);
	expect_report(test, pool->last);
	expect_report(test, pool->end - 1);
	mp_destroy_pool(pool);
}

static void pool_debug_test_kasan_after_reset(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 0);
	u8 *first = mp_alloc(pool, 100, 0), *later, *spare;

	later = mp_alloc(pool, pool->max, 0);
	mp_reset_pool(pool);
	spare = block_start(pool->first.next);
	expect_report(test, first);
	expect_report(test, first + 99);
	expect_report(test, later);
	expect_report(test, spare);
	/* A new object can be used, and nothing behind it. */
	KUNIT_EXPECT_PTR_EQ(test, (u8 *)mp_alloc(pool, 50, 0), first);
	use_object(test, first, 50);
	expect_report(test, first + 50);
	mp_destroy_pool(pool);
}

static void pool_debug_test_kasan_after_rewind(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 0);
	u8 *older = mp_alloc(pool, 33, 0), *newer, *later;
	struct mp_mark mark;

	mp_mark_pool(pool, &mark);
	newer = mp_alloc(pool, 33, 0);
	later = mp_alloc(pool, pool->max, 0);
	use_object(test, newer, 33);
	mp_rewind_pool(pool, &mark);
	use_object(test, older, 33);
	expect_report(test, newer);
	expect_report(test, later);
	mp_destroy_pool(pool);
}

/* After a pool is destroyed, nothing of its pages is poisoned. */
static void pool_debug_test_kasan_after_destroy(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 0);
	struct buddy_region *region = fixture(test)->region;
	u8 *large = mp_alloc(pool, 5000, 0);
	void *half;

	KUNIT_EXPECT_TRUE(test, mp_free(pool, large));
	mp_alloc(pool, 5000, 0);
	mp_alloc(pool, pool->max, 0);
	mp_destroy_pool(pool);
	/* The fixture's pool is in the first half of the region, so take the second. */
	half = buddy_alloc(region, 8, 0);
	use_object(test, half, 256 * PAGE_SIZE);
	buddy_free(region, half, 8);
	half = buddy_alloc(region, 7, 0);
	use_object(test, half, 128 * PAGE_SIZE);
	buddy_free(region, half, 7);
}

/*
 * KASAN may report while the pool's user is changing the pool.  The handler that names
 * the pool must not follow the pool's pointers; here all of them are bad.
 */
static void pool_debug_test_kasan_beside_owner(struct kunit *test)
{
	struct mp_pool *pool = poisoned_pool(test, 0);
	struct mp_block *next;
	u8 *large, *second;
	struct mp_pool was;

	KUNIT_ASSERT_NOT_NULL(test, pool);
	second = mp_alloc(pool, pool->max, 0) ? mp_alloc(pool, pool->max, 0) : NULL;
	large = mp_alloc(pool, 5001, 0);
	KUNIT_ASSERT_TRUE(test, second && large && pool->first.next);
	was = *pool;
	next = pool->first.next;
	pool->entries.rb_node = (void *)0x100;
	pool->entry_list.next = (void *)0x100;
	pool->first.next = (void *)0x100;
	pool->first.end = (void *)0x100;
	pool->active = (void *)0x100;
	pool->tail = (void *)0x100;
	expect_report(test, large + 5001);
	expect_report(test, second + pool->max);
	expect_report(test, (u8 *)next + PAGE_SIZE - 1);
	*pool = was;
	mp_destroy_pool(pool);
}

/* --- kmemleak --- */

#define LEAKER	"pool-leaker"	/* name of the task; kmemleak prints it for each object */
#define LEAKS	16

static DECLARE_COMPLETION(done);

static int finish(int result)
{
	complete(&done);
	while (!kthread_should_stop())
		schedule_timeout_interruptible(1);
	return result;
}

/* Runs in a thread, so that its stack and registers are gone when kmemleak scans. */
static int leak(void *data)
{
	void **slots = data;
	unsigned int i, fails = 0;

	/*
	 * kmemleak must find the pointers in @slots only.  (Other places may have copies of
	 * the last few, such as the stack.)  The objects are larger than those of the
	 * slab, because its arrays of free objects would have copies, too.
	 */
	for (i = 0; i < LEAKS; i++) {
		slots[i] = kmalloc(4 * KMALLOC_MAX_CACHE_SIZE, GFP_KERNEL);
		fails += !slots[i];
	}
	return finish(fails ? -ENOMEM : 0);
}

static unsigned long hidden[LEAKS];

/* Keep only the inverted pointers, which kmemleak does not recognise. */
static int hide(void *data)
{
	unsigned long *slots = data;
	unsigned int i;

	for (i = 0; i < LEAKS; i++) {
		hidden[i] = ~slots[i];
		slots[i] = 0;
	}
	return finish(0);
}

static void run_and_stop(struct kunit *test, int (*fn)(void *), void *data)
{
	struct task_struct *task = kthread_run(fn, data, LEAKER);

	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, task);
	wait_for_completion(&done);
	KUNIT_EXPECT_EQ(test, kthread_stop(task), 0);
}

#define KMEMLEAK	"/sys/kernel/debug/kmemleak"

static int run_shell(const char *command)
{
	char *argv[4] = { "/bin/sh", "-c", (char *)command }, *envp[2] = { "PATH=/bin" };

	return call_usermodehelper(argv[0], argv, envp, UMH_WAIT_PROC);
}

/*
 * Let kmemleak scan, and return true if it reports an object of the leaker.  An object that
 * has changed since the last scan is reported only by the next scan.
 */
static bool is_reported(struct kunit *test)
{
	static const char command[] =
		"f=" KMEMLEAK "; echo scan >$f; grep -q " LEAKER " $f";
	int status = run_shell(command);

	/* The status is that of grep: found or not found. */
	KUNIT_EXPECT_TRUE(test, status == 0 || status == 1 << 8);
	return status == 0;
}

static void destroy_pool(struct kunit_resource *res)
{
	mp_destroy_pool(res->data);
}

/* kmemleak searches the pools of region0, which the module made when it was loaded. */
static void pool_debug_test_kmemleak(struct kunit *test)
{
	struct buddy_region *region = buddy_region_get("region0");
	struct mp_pool *pool;
	unsigned int i;
	void **slots;

	KUNIT_ASSERT_NOT_NULL(test, region);
	pool = mp_create_pool(region, 0, 0);
	buddy_region_put(region);
	KUNIT_ASSERT_NOT_NULL(test, pool);
	/* Destroy the pool also if the test is aborted or skipped. */
	kunit_alloc_resource(test, NULL, destroy_pool, GFP_KERNEL, pool);
	if (!IS_ENABLED(CONFIG_DEBUG_KMEMLEAK))
		kunit_skip(test, "needs CONFIG_DEBUG_KMEMLEAK");
	slots = mp_calloc(pool, LEAKS, sizeof(*slots), 0);
	KUNIT_ASSERT_NOT_NULL(test, slots);
	run_and_stop(test, leak, slots);
	/* kmemleak does not report an object that is younger than 5 s. */
	msleep(5100);
	KUNIT_EXPECT_FALSE(test, is_reported(test) || is_reported(test));
	run_and_stop(test, hide, slots);
	EXPECT_WARNING("new suspected memory leaks",
		       KUNIT_EXPECT_TRUE(test, is_reported(test) || is_reported(test)));
	for (i = 0; i < LEAKS; i++)
		kfree((void *)~hidden[i]);
}

#define OWN_BYTES	(16 * KMALLOC_MAX_CACHE_SIZE)

static void free_own(struct kunit_resource *res)
{
	kfree(res->data);
}

/*
 * kmemleak knows this memory as the driver's.  It would switch itself off if the pool told
 * it of the same memory again.
 */
static void pool_debug_test_kmemleak_knows(struct kunit *test)
{
	u8 *own = kmalloc(OWN_BYTES, GFP_KERNEL);
	struct buddy_region *region;
	struct mp_pool *pool;

	if (!IS_ENABLED(CONFIG_DEBUG_KMEMLEAK)) {
		kfree(own);
		kunit_skip(test, "needs CONFIG_DEBUG_KMEMLEAK");
	}
	KUNIT_ASSERT_NOT_NULL(test, own);
	kunit_alloc_resource(test, NULL, free_own, GFP_KERNEL, own);
	region = buddy_region_create("own", PHYS_PFN(__pa(own)), OWN_BYTES >> PAGE_SHIFT, own);
	KUNIT_ASSERT_NOT_ERR_OR_NULL(test, region);
	pool = mp_create_pool(region, 0, 0);
	KUNIT_EXPECT_NOT_NULL(test, pool);
	if (pool) {
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 2000, 0));
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 3000, 0));
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(pool, 9000, 0));
	}
	mp_destroy_pool(pool);
	KUNIT_EXPECT_EQ(test, buddy_region_destroy(region), 0);
	/* This fails if kmemleak has switched itself off. */
	KUNIT_EXPECT_EQ(test, run_shell("echo scan >" KMEMLEAK), 0);
}

static int pool_debug_suite_init(struct kunit_suite *suite)
{
	/* Count KASAN's reports, if the kernel has KASAN. */
	return IS_ENABLED(CONFIG_KASAN_GENERIC) ?
		register_trace_error_report_end(count_report, NULL) : 0;
}

static void pool_debug_suite_exit(struct kunit_suite *suite)
{
	if (IS_ENABLED(CONFIG_KASAN_GENERIC))
		unregister_trace_error_report_end(count_report, NULL);
	tracepoint_synchronize_unregister();
}

static struct kunit_case pool_debug_cases[] = {
	KUNIT_CASE(pool_debug_test_second_user),
	KUNIT_CASE(pool_debug_test_kasan_overrun),
	KUNIT_CASE(pool_debug_test_kasan_large),
	KUNIT_CASE(pool_debug_test_kasan_medium),
	KUNIT_CASE(pool_debug_test_kasan_arena),
	KUNIT_CASE(pool_debug_test_kasan_never_given),
	KUNIT_CASE(pool_debug_test_kasan_after_reset),
	KUNIT_CASE(pool_debug_test_kasan_after_rewind),
	KUNIT_CASE(pool_debug_test_kasan_after_destroy),
	KUNIT_CASE(pool_debug_test_kasan_beside_owner),
	KUNIT_CASE(pool_debug_test_kmemleak_knows),
	KUNIT_CASE(pool_debug_test_kmemleak),
	{}
};

static struct kunit_suite pool_debug_suite = {
	.name = "pool_debug",
	.suite_init = pool_debug_suite_init,
	.suite_exit = pool_debug_suite_exit,
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_debug_cases,
};

kunit_test_suite(pool_debug_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_debug");
MODULE_LICENSE("GPL");
