// SPDX-License-Identifier: GPL-2.0
/*
 * Makes the calls of the programs, and checks their results against the record of model.c.
 *
 * A block is in use from the return of the allocation until the call that frees it.
 * Between a call and its return, it may be either.
 */
#include "model.h"

/* Read the counters as buddy_region_stats() does. */
void read_stats(struct buddy_stats *stats)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	*stats = region->stats;
	buddy_pcp_add_free(region, stats);
	raw_spin_unlock_irqrestore(&region->lock, flags);
}

void drain(void)
{
	unsigned long flags;

	raw_spin_lock_irqsave(&region->lock, flags);
	buddy_pcp_drain(region);
	raw_spin_unlock_irqrestore(&region->lock, flags);
}

/* --- calls --- */

static void got_block(const struct attempt *attempt, struct slot *slot, unsigned long pfn)
{
	unsigned long nr = attempt->run.nr;
	const struct pfn_range *range;

	memory_publish(&views[slot - now.slots]);
	slot->busy = false;
	trace_line("", "  has got %#lx to %#lx", pfn, pfn + nr - 1);
	range = find_range(region, pfn);
	if (!range || pfn + nr > range->pfn + range->pages) {
		fault("%#lx, %lu pages, is not in the region", pfn, nr);
		return;
	}
	if (any_of(attempt->mistaken, pfn, nr))
		cannot_be_told();
	if (!meets(&attempt->run, pfn))
		fault("%#lx is not where it was asked for", pfn);
	if (any_of(now.used, pfn, nr))
		fault("%#lx, %lu pages, is allocated twice", pfn, nr);
	if (!has_mistakes() && !memory_may_use(pfn, nr))
		fault("%#lx, %lu pages: what the last owner stored may come later", pfn, nr);
	set_pages(now.used, pfn, nr, true);
	taken_by(attempt, pfn, nr);
	slot->pfn = pfn;
	slot->nr = nr;
	slot->held = true;
	now.allocs[order_base_2(nr)]++;
}

/* What the call asks for, in pages. */
static struct buddy_run asked(const struct op *op)
{
	struct buddy_run run = { .nr = op->nr, .end = ULONG_MAX, .align = 1 };

	switch (op->kind) {
	case ALLOC:
	case ALLOC_BULK:
		run.nr = BIT(op->nr);
		run.align = run.nr;
		break;
	case ALIGNED:
		run.align = BIT(op->extra);
		break;
	case WITHIN:
		run.align = BIT(op->extra);
		run.start = op->low ? BASE + op->low : 0;
		run.end = op->high ? BASE + op->high : ULONG_MAX;
		run.boundary = op->boundary ? BIT(op->boundary) : 0;
		run.top_down = op->top_down;
		break;
	}
	return run;
}

static unsigned long alloc_within(const struct buddy_run *run)
{
	struct buddy_window window = {
		.low = PFN_PHYS(run->start),
		.high = run->end == ULONG_MAX ? 0 : PFN_PHYS(run->end) - 1,
		.boundary = PFN_PHYS(run->boundary),
		.align_order = ilog2(run->align),
		.top_down = run->top_down,
	};

	return buddy_alloc_pfn_within(region, run->nr, &window, 0);
}

static void do_alloc(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot];
	struct buddy_run run = asked(op);
	struct attempt *attempt;
	unsigned long pfn;

	if (slot->held || slot->busy)
		return;
	slot->busy = true;
	attempt = begin_alloc(&run, op->kind != ALLOC);
	if (op->kind == ALLOC)
		pfn = buddy_alloc_pfn(region, op->nr, 0);
	else if (op->kind == EXACT)
		pfn = buddy_alloc_pfn_exact(region, run.nr, 0);
	else if (op->kind == ALIGNED)
		pfn = buddy_alloc_pfn_aligned(region, run.nr, op->extra, 0);
	else
		pfn = alloc_within(&run);
	if (pfn == BUDDY_NO_PFN) {
		slot->busy = false;
		trace_line("", "  has got none");
		fail_alloc(attempt);
	} else {
		got_block(attempt, slot, pfn);
	}
	end_alloc(attempt);
}

static void do_alloc_bulk(const struct op *op)
{
	struct slot *slots = &now.slots[op->slot];
	struct buddy_run run = asked(op);
	unsigned long pfns[NR_SLOTS];
	struct attempt *attempt;
	unsigned int i, nr;

	for (i = 0; i < op->extra; i++)
		if (slots[i].held || slots[i].busy)
			return;
	for (i = 0; i < op->extra; i++)
		slots[i].busy = true;
	attempt = begin_alloc(&run, false);
	nr = buddy_alloc_bulk(region, op->nr, op->extra, pfns, 0);
	for (i = 0; i < op->extra; i++) {
		slots[i].busy = false;
		if (i < nr)
			got_block(attempt, &slots[i], pfns[i]);
	}
	if (nr < op->extra)
		fail_alloc(attempt);
	end_alloc(attempt);
}

/* The pages [pfn, pfn + nr) are not in use from here on. */
static void leave(unsigned long pfn, unsigned long nr)
{
	if (!nr)
		return;
	disturb();
	memory_leave(pfn, nr);
	set_pages(now.used, pfn, nr, false);
	set_pages(now.leaving[caller()], pfn, nr, true);
}

/* Before a free: the block is not in use from here on. */
static void let_go(struct slot *slot)
{
	memory_observe(&views[slot - now.slots]);
	slot->held = false;
	leave(slot->pfn, slot->nr);
	now.frees[order_base_2(slot->nr)]++;
}

static void has_gone(const struct slot *slot)
{
	set_pages(now.leaving[caller()], slot->pfn, slot->nr, false);
	trace_line("", "  has freed %#lx to %#lx", slot->pfn, slot->pfn + slot->nr - 1);
}

static void free_block(const struct slot *slot, bool exact)
{
	if (exact || !is_power_of_2(slot->nr))
		buddy_free_pfn_exact(region, slot->pfn, slot->nr);
	else
		buddy_free_pfn(region, slot->pfn, ilog2(slot->nr));
}

static unsigned int errors_seen(void)
{
	return self ? self->errors : now.errors;
}

static void expect_no_error(unsigned int before, const struct slot *slot)
{
	if (errors_seen() != before && !slot->victim)
		fault("a correct call for %#lx, %lu pages, is reported as an error", slot->pfn,
		      slot->nr);
}

/* In an NMI, a free that needs the lock is an error, and the block stays in use. */
static bool was_refused(unsigned int errors)
{
	return in_nmi() && self->errors == errors + 1 && self->kind == BUDDY_IN_NMI;
}

static void take_back(struct slot *slot, const struct slot *copy)
{
	memory_publish(&views[slot - now.slots]);
	set_pages(now.leaving[caller()], copy->pfn, copy->nr, false);
	set_pages(now.used, copy->pfn, copy->nr, true);
	now.frees[order_base_2(copy->nr)]--;
	now.mistakes++;
	slot->busy = false;
	slot->held = true;
}

static void do_free(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot], copy;
	unsigned int errors = errors_seen();

	if (!slot->held)
		return;
	let_go(slot);
	/* Another program may use the slot meanwhile; not in an NMI: it may stay in use. */
	slot->busy = in_nmi();
	copy = *slot;
	free_block(&copy, op->kind == FREE_EXACT);
	if (was_refused(errors)) {
		take_back(slot, &copy);
		return;
	}
	if (in_nmi())
		slot->busy = false;
	has_gone(&copy);
	expect_no_error(errors, &copy);
}

static void do_free_bulk(const struct op *op)
{
	unsigned int errors = errors_seen(), nr = 0, i;
	struct slot copies[NR_SLOTS];
	unsigned long pfns[NR_SLOTS];

	for (i = 0; i < op->extra; i++) {
		struct slot *slot = &now.slots[op->slot + i];

		if (!slot->held || slot->nr != BIT(op->nr))
			continue;
		let_go(slot);
		pfns[nr] = slot->pfn;
		copies[nr++] = *slot;
	}
	if (!nr)
		return;
	buddy_free_bulk(region, op->nr, nr, pfns);
	for (i = 0; i < nr; i++)
		has_gone(&copies[i]);
	expect_no_error(errors, &copies[0]);
}

/* The pages stay in use, and are blocks of their own when the call returns. */
static void do_split(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot], *rest = &now.slots[op->extra] - 1;
	unsigned long nr = slot->nr, i;
	unsigned int errors = errors_seen();

	if (!slot->held || nr >= CLUSTER_PAGES || op->extra + nr - 1 > NR_SLOTS)
		return;
	for (i = 1; i < nr; i++)
		if (rest[i].held || rest[i].busy)
			return;
	memory_observe(&views[op->slot]);
	/* No other program may free the block or use the slots during the call. */
	slot->held = false;
	slot->busy = true;
	for (i = 1; i < nr; i++)
		rest[i].busy = true;
	buddy_split_pfn(region, slot->pfn, nr);
	expect_no_error(errors, slot);
	now.frees[order_base_2(nr)]++;
	now.allocs[0] += nr;
	for (i = 0; i < nr; i++) {
		struct slot *page = i ? &rest[i] : slot;

		*page = (struct slot){ slot->pfn + i, 1, .held = true };
		memory_publish(&views[page - now.slots]);
	}
}

/*
 * Cut the slot's block down to the pages that @op says, as far as there are such pages.
 * Return whether the call succeeds.
 */
static bool call_trim(struct slot *slot, const struct op *op)
{
	unsigned long first = op->extra % slot->nr, keep = min(op->nr, slot->nr - first);
	unsigned int errors = errors_seen();
	int err = buddy_trim_pfn(region, slot->pfn, slot->nr, slot->pfn + first, keep);

	if (!err != (errors_seen() == errors))
		fault("a trim of the block at %#lx returns %d", slot->pfn, err);
	if (err)
		return false;
	slot->pfn += first;
	slot->nr = keep;
	return true;
}

/* The pages that are kept stay in use. */
static void do_trim(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot], old = *slot;
	unsigned int errors = errors_seen();
	unsigned long first, behind;

	if (!slot->held || !op->nr)
		return;
	memory_observe(&views[op->slot]);
	/* No other program may free the block or use the slot during the call. */
	slot->held = false;
	slot->busy = true;
	first = op->extra % old.nr;
	behind = old.nr - first - min(op->nr, old.nr - first);
	leave(old.pfn, first);
	leave(old.pfn + old.nr - behind, behind);
	if (call_trim(slot, op)) {
		now.frees[order_base_2(old.nr)]++;
		now.allocs[order_base_2(slot->nr)]++;
	} else if (was_refused(errors)) {
		set_pages(now.used, old.pfn, old.nr, true);
		now.mistakes++;
	} else {
		expect_no_error(errors, slot);
	}
	memset(now.leaving[caller()], 0, sizeof(now.leaving[0]));
	trace_line("", "  has kept %#lx to %#lx", slot->pfn, slot->pfn + slot->nr - 1);
	slot->busy = false;
	slot->held = true;
	memory_publish(&views[op->slot]);
}

static void begin_mistake(const struct slot *slot)
{
	now.mistakes++;
	if (self)
		mistake[self->number] = slot;
}

static void end_mistake(void)
{
	if (self)
		mistake[self->number] = NULL;
}

/* If the split fails, another call frees the block: its pages are not freed then. */
static void split_and_free(const struct slot *slot)
{
	unsigned int errors = errors_seen();
	unsigned long i;

	buddy_split_pfn(region, slot->pfn, slot->nr);
	for (i = 0; i < slot->nr && errors_seen() == errors; i++)
		buddy_free_pfn(region, slot->pfn + i, 0);
}

/* If the trim fails, another call frees the block. */
static void trim_and_free(const struct slot *slot, const struct op *op)
{
	struct slot rest = *slot;

	if (call_trim(&rest, op))
		free_block(&rest, false);
}

/* The first free of the block is correct, the others are mistakes. */
static void do_free_again(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot], copy;

	if (!slot->nr)
		return;
	begin_mistake(slot);
	if (slot->held) {
		let_go(slot);
		now.mistakes--;
	}
	copy = *slot;
	if (op->kind == AGAIN_SPLIT)
		split_and_free(&copy);
	else if (op->kind == AGAIN_TRIM)
		trim_and_free(&copy, op);
	else if (op->kind == AGAIN_BULK)
		buddy_free_bulk(region, ilog2(copy.nr), 1, &copy.pfn);
	else
		free_block(&copy, op->kind == AGAIN_EXACT);
	has_gone(&copy);
	end_mistake();
}

enum use { IN_USE, FREED, IN_DOUBT };

static enum use slot_use(const struct slot *slot)
{
	unsigned int k;

	if (slot->held)
		return IN_USE;
	if (is_alloc_under_way() || any_of(now.used, slot->pfn, slot->nr))
		return IN_DOUBT;
	for (k = 0; k <= MAX_PROGRAMS; k++)
		if (any_of(now.leaving[k], slot->pfn, slot->nr))
			return IN_DOUBT;
	return FREED;
}

static void do_wrong(const struct op *op)
{
	enum buddy_error kind = op->extra ? BUDDY_NOT_A_HEAD : BUDDY_WRONG_SIZE;
	const struct slot *slot = &now.slots[op->slot];
	unsigned int errors = errors_seen();
	unsigned long pfn;
	enum use use;

	if (!slot->nr)
		return;
	use = slot_use(slot);
	pfn = slot->pfn + op->extra;
	begin_mistake(slot);
	if (op->kind == WRONG_SPLIT)
		buddy_split_pfn(region, pfn, op->nr);
	else if (op->kind == WRONG_PAGE)
		buddy_free_pfn(region, pfn, 0);
	else if (op->kind == WRONG_TRIM)
		buddy_trim_pfn(region, pfn, op->nr, pfn, op->nr);
	else if (op->kind == KEEP_MORE)
		buddy_trim_pfn(region, slot->pfn, slot->nr, pfn, op->nr);
	else
		buddy_free_pfn_exact(region, pfn, op->nr);
	end_mistake();
	if (!self || use == IN_DOUBT || slot_use(slot) != use)
		return;
	if (op->kind == KEEP_MORE)
		kind = BUDDY_PART;
	else if (use == FREED)
		kind = BUDDY_DOUBLE_FREE;
	/* With weak memory, the call may miss a part of what came shortly before it. */
	if (errors_seen() != errors + 1 || (self->kind != kind && !memory_is_weak))
		fault("a wrong call for the block at %#lx is not reported as kind %d", slot->pfn,
		      kind);
}

static void do_pages(const struct op *op)
{
	struct slot *slot = &now.slots[op->slot];
	unsigned long pages;

	if (!slot->held)
		return;
	memory_observe(&views[op->slot]);
	/* No other program may free the block or use the slot during the call. */
	slot->held = false;
	slot->busy = true;
	pages = buddy_block_pages(region, slot->pfn);
	slot->busy = false;
	slot->held = true;
	if (pages != slot->nr)
		fault("the block at %#lx has %lu pages, not %lu", slot->pfn, slot->nr, pages);
}

static void do_stats(void)
{
	struct buddy_stats stats;

	read_stats(&stats);
	if (stats.free_pages > stats.pages)
		fault("%lu of %lu pages are free", stats.free_pages, stats.pages);
}

void do_op(const struct op *op)
{
	if (tracing)
		trace_line("", "%s", describe_op(op));
	switch (op->kind) {
	case ALLOC:
	case EXACT:
	case ALIGNED:
	case WITHIN:
		return do_alloc(op);
	case ALLOC_BULK:
		return do_alloc_bulk(op);
	case FREE:
	case FREE_EXACT:
		return do_free(op);
	case FREE_BULK:
		return do_free_bulk(op);
	case SPLIT:
		return do_split(op);
	case TRIM:
		return do_trim(op);
	case AGAIN:
	case AGAIN_EXACT:
	case AGAIN_BULK:
	case AGAIN_SPLIT:
	case AGAIN_TRIM:
		return do_free_again(op);
	case WRONG_SPLIT:
	case WRONG_TRIM:
	case KEEP_MORE:
	case WRONG:
	case WRONG_PAGE:
		return do_wrong(op);
	case PAGES:
		return do_pages(op);
	case STATS:
		return do_stats();
	case DRAIN:
		return drain();
	case OFFLINE:
		return cpu_offline(op->nr);
	}
}
