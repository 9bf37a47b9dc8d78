// SPDX-License-Identifier: GPL-2.0
/* Suite pool_tree: random operations on parents and children, compared with a model. */
#include <linux/module.h>
#include <linux/prandom.h>

#include "../lib/pool_common.h"

#define NODES		24
#define MOST_PAGES	8UL	/* that a pool may hold; so the region has pages for all pools */

/*
 * What the model knows of a pool.  Times are counted in operations.  Each pool has a cleanup
 * handler, which counts its calls.
 */
struct node {
	struct mp_pool *pool;	/* NULL if there is none */
	struct node *parent;
	unsigned int level;
	unsigned int born;
	unsigned int marked;	/* when @mark was set, or 0 */
	struct mp_mark mark;
	unsigned int calls;
	unsigned int expected;
};

/* The first node is the fixture's pool. */
struct tree {
	struct kunit *test;
	struct rnd_state rnd;
	unsigned int now;
	struct node nodes[NODES];
};

static u32 below(struct tree *tree, u32 limit)
{
	return prandom_u32_state(&tree->rnd) % limit;
}

static void count_call(void *data)
{
	struct node *node = data;

	node->calls++;
}

/* Begin the life of a pool, or its life after a reset. */
static void begin(struct tree *tree, struct node *node)
{
	node->marked = 0;
	KUNIT_ASSERT_EQ(tree->test, mp_add_cleanup(node->pool, count_call, node, 0), 0);
}

/* The children of @node that were created after @since must be gone, and theirs. */
static void expect_gone(struct tree *tree, struct node *node, unsigned int since)
{
	struct node *child;

	for (child = tree->nodes; child < tree->nodes + NODES; child++) {
		if (!child->pool || child->parent != node || child->born <= since)
			continue;
		expect_gone(tree, child, 0);
		child->pool = NULL;
		child->expected++;
	}
}

static void create(struct tree *tree, struct node *parent, struct node *node)
{
	node->pool = mp_create_child(parent->pool, "node", PAGE_SIZE << below(tree, 2), 8, 0);
	KUNIT_ASSERT_NOT_NULL(tree->test, node->pool);
	KUNIT_EXPECT_EQ(tree->test, mp_set_limit(node->pool, MOST_PAGES << PAGE_SHIFT), 0);
	node->parent = parent;
	node->level = parent->level + 1;
	node->born = tree->now;
	begin(tree, node);
}

static void destroy(struct tree *tree, struct node *node)
{
	mp_destroy_pool(node->pool);
	expect_gone(tree, node, 0);
	node->pool = NULL;
	node->expected++;
}

static void reset(struct tree *tree, struct node *node)
{
	mp_reset_pool(node->pool);
	expect_gone(tree, node, 0);
	node->expected++;
	begin(tree, node);
}

static void operate(struct tree *tree)
{
	struct node *node = &tree->nodes[below(tree, NODES)];
	struct node *parent = &tree->nodes[below(tree, NODES)];
	u32 dice = below(tree, 100);

	tree->now++;
	if (!node->pool) {
		if (parent->pool && parent->level < MP_LEVELS - 1)
			create(tree, parent, node);
	} else if (dice < 15 && node->parent) {
		destroy(tree, node);
	} else if (dice < 25) {
		reset(tree, node);
	} else if (dice < 45) {
		mp_mark_pool(node->pool, &node->mark);
		node->marked = tree->now;
	} else if (dice < 65 && node->marked) {
		mp_rewind_pool(node->pool, &node->mark);
		expect_gone(tree, node, node->marked);
	} else {
		mp_alloc(node->pool, 1 + below(tree, 9000), 0);
	}
}

static void expect_tree(struct tree *tree)
{
	unsigned long pages = 0;
	struct node *node;

	for (node = tree->nodes; node < tree->nodes + NODES; node++) {
		KUNIT_ASSERT_EQ_MSG(tree->test, node->calls, node->expected,
				    "node %zd, operation %u", node - tree->nodes, tree->now);
		if (node->pool)
			pages += node->pool->pages;
	}
	KUNIT_ASSERT_EQ_MSG(tree->test, used(tree->test), pages, "operation %u", tree->now);
}

static void pool_tree_test_random(struct kunit *test)
{
	struct tree *tree = kunit_kzalloc(test, sizeof(*tree), GFP_KERNEL);
	unsigned int i;

	KUNIT_ASSERT_NOT_NULL(test, tree);
	tree->test = test;
	prandom_seed_state(&tree->rnd, test_seed(test));
	tree->nodes[0].pool = fixture(test)->pool;
	KUNIT_EXPECT_EQ(test, mp_set_limit(fixture(test)->pool, MOST_PAGES << PAGE_SHIFT), 0);
	begin(tree, &tree->nodes[0]);
	for (i = 0; i < 10000 * test_rounds(); i++) {
		operate(tree);
		expect_tree(tree);
	}
	mp_reset_pool(fixture(test)->pool);
	KUNIT_EXPECT_EQ(test, nr_bad(), 0);
}

static struct kunit_case pool_tree_cases[] = {
	KUNIT_CASE(pool_tree_test_random),
	{}
};

static struct kunit_suite pool_tree_suite = {
	.name = "pool_tree",
	.init = pool_fixture_init,
	.exit = pool_fixture_exit,
	.test_cases = pool_tree_cases,
};

kunit_test_suite(pool_tree_suite);

MODULE_DESCRIPTION("KUnit suite of buddypool: pool_tree");
MODULE_LICENSE("GPL");
