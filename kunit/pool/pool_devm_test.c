// SPDX-License-Identifier: GPL-2.0
/* Suite pool_devm: devm_mp_create_pool() in a platform driver that is bound and unbound. */
#include <linux/device.h>
#include <linux/err.h>
#include <linux/irqflags.h>
#include <linux/module.h>
#include <linux/platform_device.h>
#include <linux/string.h>

#include "../lib/pool_common.h"

/* What the probe function does.  The device has a pointer to it as its platform data. */
struct plan {
	struct kunit *test;
	size_t size;	/* of the pool's blocks */
	int err;	/* what probe returns after it has created the pool */
	struct mp_pool *pool;
};

static void write_end(void *data)
{
	struct pool_fixture *fixture = data;

	strlcat(fixture->diary, ".", sizeof(fixture->diary));
}

static int probe(struct platform_device *device)
{
	struct plan *plan = *(struct plan **)dev_get_platdata(&device->dev);
	struct kunit *test = plan->test;

	/* What a driver takes before the pool is released after it. */
	if (devm_add_action(&device->dev, write_end, fixture(test)))
		return -ENOMEM;
	plan->pool = devm_mp_create_pool(&device->dev, fixture(test)->region, "bound", plan->size,
					 64, GFP_KERNEL | __GFP_NOWARN);
	if (!plan->pool)
		return -ENOMEM;
	add_letter(test, plan->pool, "a");
	return plan->err;
}

/*
 * The driver has no owner, as KUnit runs a suite before its module has a folder in sysfs.
 * platform_driver_register() would set one.
 */
static struct platform_driver driver = {
	.driver.name = "buddypool-test",
	.driver.bus = &platform_bus_type,
	.probe = probe,
};

/* Make a device, which the driver is bound to if probe succeeds. */
static struct platform_device *make_device(struct kunit *test, struct plan *plan)
{
	struct platform_device *device;

	plan->test = test;
	fixture(test)->diary[0] = '\0';
	device = platform_device_register_data(NULL, driver.driver.name, PLATFORM_DEVID_NONE,
					       &plan, sizeof(plan));
	KUNIT_ASSERT_FALSE(test, IS_ERR(device));
	return device;
}

static void pool_devm_test_goes_when_unbound(struct kunit *test)
{
	struct plan plan = {};
	struct platform_device *device = make_device(test, &plan);

	KUNIT_EXPECT_NOT_NULL(test, device->dev.driver);
	KUNIT_EXPECT_EQ(test, used(test), 2UL);
	if (plan.pool) {
		KUNIT_EXPECT_STREQ(test, &plan.pool->name[0], "bound");
		KUNIT_EXPECT_TRUE(test, IS_ALIGNED((uintptr_t)mp_alloc(plan.pool, 1, 0), 64));
		KUNIT_EXPECT_NOT_NULL(test, mp_alloc(plan.pool, 9000, 0));
	}
	device_release_driver(&device->dev);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a.");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	platform_device_unregister(device);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a.");
}

/* Also when the device goes, and when probe fails behind the pool or at the pool. */
static void pool_devm_test_goes_with_device(struct kunit *test)
{
	struct plan bound = {}, failed = { .err = -EIO };
	struct plan full = { .size = FIXTURE_PAGES << PAGE_SHIFT };
	struct platform_device *device = make_device(test, &bound);

	KUNIT_EXPECT_EQ(test, used(test), 2UL);
	platform_device_unregister(device);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a.");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);

	device = make_device(test, &failed);
	KUNIT_EXPECT_NULL(test, device->dev.driver);
	KUNIT_EXPECT_NOT_NULL(test, failed.pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, "a.");
	KUNIT_EXPECT_EQ(test, used(test), 1UL);
	platform_device_unregister(device);

	device = make_device(test, &full);
	KUNIT_EXPECT_NULL(test, device->dev.driver);
	KUNIT_EXPECT_NULL(test, full.pool);
	KUNIT_EXPECT_STREQ(test, fixture(test)->diary, ".");
	platform_device_unregister(device);
}

static void pool_devm_test_misuse(struct kunit *test)
{
	struct buddy_region *region = fixture(test)->region;
	struct plan plan = {};
	struct platform_device *device = make_device(test, &plan);
	struct mp_pool *pools[5] = { };
	int before = nr_bad();
	unsigned int i;

	EXPECT_WARNING("this is no device",
		       pools[0] = devm_mp_create_pool(NULL, region, "no", 0, 8, 0));
	pools[1] = devm_mp_create_pool(ERR_PTR(-ENODEV), region, "no", 0, 8, 0);
	pools[2] = devm_mp_create_pool(&device->dev, NULL, "no", 0, 8, 0);
	local_irq_disable();
	pools[3] = devm_mp_create_pool(&device->dev, region, "no", 0, 8, 0);
	local_irq_enable();
	__preempt_count_add(NMI_OFFSET);
	pools[4] = devm_mp_create_pool(&device->dev, region, "no", 0, 8, 0);
	__preempt_count_sub(NMI_OFFSET);
	for (i = 0; i < ARRAY_SIZE(pools); i++)
		KUNIT_EXPECT_NULL(test, pools[i]);
	KUNIT_EXPECT_EQ(test, nr_bad(), before + 5);
	KUNIT_EXPECT_EQ(test, used(test), 2UL);
	platform_device_unregister(device);
}

static int devm_init(struct kunit *test)
{
	int err = pool_fixture_init(test);

	return err ?: driver_register(&driver.driver);
}

static void devm_exit(struct kunit *test)
{
	if (!fixture(test))
		return;
	driver_unregister(&driver.driver);
	pool_fixture_exit(test);
}

static struct kunit_case pool_devm_cases[] = {
	KUNIT_CASE(pool_devm_test_misuse),
	KUNIT_CASE(pool_devm_test_goes_when_unbound),
	KUNIT_CASE(pool_devm_test_goes_with_device),
	{}
};

static struct kunit_suite pool_devm_suite = {
	.name = "pool_devm",
	.init = devm_init,
	.exit = devm_exit,
	.test_cases = pool_devm_cases,
};

kunit_test_suite(pool_devm_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_devm");
MODULE_LICENSE("GPL");
