/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cluster: the metadata of 64 naturally aligned pages.
 *
 * Which states a cluster has, what its words say in each state, and who may change
 * which word.
 */
#ifndef BUDDY_CLUSTER_H
#define BUDDY_CLUSTER_H

#include <linux/atomic.h>
#include <linux/bitfield.h>
#include <linux/build_bug.h>

#include "bitmap64.h"
#include "buddy.h"

#define CLUSTER_ORDER	BITMAP64_ORDER
#define CLUSTER_PAGES	BITMAP64_BITS

/* The largest block below a cluster, and the half words of the per-CPU caches. */
#define HALF_ORDER	BUDDY_HALF_ORDER
#define HALF_PAGES	BUDDY_HALF_PAGES

/* No region goes beyond this pfn: the number of half a cluster has 32 bits. */
#define END_PFN		BIT(32 + HALF_ORDER)

/* @list of a cluster that is on no free list. */
#define NO_LIST		0xff

/**
 * enum cluster_state - what a cluster is part of
 * @CLUSTER_INSIDE: a block that begins in another cluster; of the other members,
 *	@first_half alone has a meaning
 * @CLUSTER_SPLIT: blocks below CLUSTER_ORDER: @free and @tail describe its pages
 * @CLUSTER_FREE: it is the first of a free block, whose order is @list
 * @CLUSTER_USED: it is the first of a used block, or of a block in a CPU's cache:
 *	@block says which
 * @CLUSTER_PART: it is the first of a naturally aligned part of a used block that begins
 *	in an earlier cluster; @block has the pages of the whole block
 */
enum cluster_state {
	CLUSTER_INSIDE,
	CLUSTER_SPLIT,
	CLUSTER_FREE,
	CLUSTER_USED,
	CLUSTER_PART,
};

/**
 * struct cluster - 64 naturally aligned pages
 * @free: a bit for each free page; 0 while a CPU caches the cluster's free pages
 * @hot: what inline.h reads: @tail and @first_half
 * @tail: a bit for each page that continues the block of the page before it
 * @block: the block word of a used block: block_word() or BLOCK_CACHED
 * @first_half: number of the first half: pfn / 32; constant
 * @state: &enum cluster_state
 * @goes_on: a block that begins in this split cluster goes on in the next one
 * @held: that block is held by a watched call, see buddy_hold_block()
 * @list: the free list that it is on: the order of its largest free block
 * @pcp_cpu: 1 + the CPU that caches the free pages, or 0; no kernel has 65,535 CPUs
 *
 * The region's lock protects all members, with these exceptions:
 *
 * - @tail and @block are also changed without the lock, by atomic operations: by the
 *   caller who owns the pages, at the end of an allocation and at the start of a
 *   free.  pcp.h has the protocol.
 * - @pcp_cpu, @tail, @block and @first_half are also read without the lock.
 *
 * The struct is 0.375 byte for each page that it describes.
 */
struct cluster {
	u64 free;
	union {
		struct buddy_tails hot;
		struct {
			union {
				atomic64_t tail;
				atomic64_t block;
			};
			u32 first_half;
			u8 state : 6;
			u8 goes_on : 1;
			u8 held : 1;
			u8 list;
			u16 pcp_cpu;
		};
	};
};

static_assert(sizeof(struct cluster) == 3 * sizeof(u64));

/* So many clusters, from a multiple of it on in the array, have whole cache lines of 64 bytes. */
#define LINES_CLUSTERS	8

/*
 * The block word of a used block that begins with whole clusters has the block's pages.
 * If the block has 2^order pages and is naturally aligned, a CPU may cache it: a free claims
 * it by a cmpxchg without the lock.  All other blocks have BLOCK_PACKED in their words, so
 * that no such cmpxchg succeeds.
 *
 * Bit 0 keeps a block word apart from a word of tails.  In a split cluster, that bit
 * says that page 0 continues a block of the cluster before.  No CPU caches such a cluster,
 * so without the lock a word with bit 0 means the same in both cases: keep off.
 */
#define BLOCK_WORD	BIT_ULL(0)
#define BLOCK_PACKED	BIT_ULL(1)
#define BLOCK_PAGES	GENMASK_ULL(63, 3)

/* The block word of a block in a CPU's cache: zero pages. */
#define BLOCK_CACHED	BLOCK_WORD

static inline u64 block_word(u64 pages)
{
	return FIELD_PREP(BLOCK_PAGES, pages) | BLOCK_CACHED;
}

static inline bool is_block_word(u64 tail)
{
	return tail & BLOCK_WORD;
}

/* The pages of a used block; 0 if a CPU caches it. */
static inline unsigned long block_pages(const struct cluster *cluster)
{
	return FIELD_GET(BLOCK_PAGES, (u64)atomic64_read(&cluster->block));
}

/* A block from before ends in the cluster, one lies across its middle, or the last goes on. */
static inline bool is_packed(const struct cluster *cluster)
{
	return cluster->goes_on ||
	       atomic64_read(&cluster->tail) & (BIT_ULL(0) | BIT_ULL(HALF_PAGES));
}

static inline unsigned long cluster_number(const struct cluster *cluster)
{
	return cluster->first_half >> (CLUSTER_ORDER - HALF_ORDER);
}

static inline unsigned long cluster_pfn(const struct cluster *cluster)
{
	return (unsigned long)cluster->first_half << HALF_ORDER;
}

/* A block of CLUSTER_ORDER becomes a split cluster without free pages. */
static inline void open_cluster(struct cluster *cluster, u64 tail)
{
	cluster->state = CLUSTER_SPLIT;
	cluster->goes_on = false;
	cluster->held = false;
	cluster->free = 0;
	atomic64_set(&cluster->tail, tail);
}

#endif /* BUDDY_CLUSTER_H */
