/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"

#include "base/counter.h"

/* The streams of an object's scans: when they begin and end, and which patterns they match. Keys that stand
 * in each row of a table cost most of a scan, and say nothing new behind the first ones: then a variant of
 * the scan goes on that leaves them out, and misses nothing else. */

struct feed streams_feed(struct inspection *n, size_t s, const uint8_t *bytes, size_t count) {
    const struct scan *scan = &n->inspector->rules->scans[s];
    uint64_t began = scan->kind == SCAN_TALLY ? n->tallies[scan->tallies[0]].began : n->debts[s].began;
    uint64_t base = n->offset - began;
    size_t before = n->tail_n < base ? n->tail_n : (size_t)base;
    return (struct feed){n, scan, {bytes, count}, {n->tail + n->tail_n - before, before}, base};
}

static void begin_stream(struct inspection *n, size_t s, size_t set) {
    n->sets[s] = (uint16_t)set;
    n->streams[s] = matcher_begin(n->inspector->matcher, set);
    if (!n->streams[s])
        counter_one(COUNTER_INSPECT_STREAMS_SHED);
}

void streams_begin(struct inspection *n) {
    for (size_t i = 0; i < n->plan->scan_count; i++)
        begin_stream(n, n->plan->scans[i], n->plan->scans[i]);
    n->settling = true;
}

void streams_end(struct inspection *n, bool tell) {
    for (size_t i = 0; i < n->plan->scan_count; i++) {
        size_t s = n->plan->scans[i];
        if (!n->streams[s])
            continue;
        struct feed f = streams_feed(n, s, NULL, 0);
        matcher_end(n->inspector->matcher, n->sets[s], n->streams[s], tell ? values_found : NULL, &f);
        n->streams[s] = NULL;
        if (tell)
            values_flush(n, f.scan, UINT64_MAX);
    }
}

static void change_set(struct inspection *n, size_t s, size_t set) {
    values_flush(n, &n->inspector->rules->scans[s], UINT64_MAX);
    matcher_end(n->inspector->matcher, n->sets[s], n->streams[s], NULL, NULL);
    begin_stream(n, s, set);
}

bool streams_again(struct inspection *n, size_t s) {
    change_set(n, s, n->sets[s]);
    return n->streams[s] != NULL;
}

/* --- what is settled --- */

/* It was met, and no count of this scan waits for more of its values. */
static bool is_settled(const struct inspection *n, const struct scan *scan, unsigned identifier) {
    if (!(n->hits[identifier] & 1u << scan->scope))
        return false;
    for (size_t i = 0; i < scan->tally_count; i++) {
        unsigned t = scan->tallies[i];
        const struct tally *rule = &n->inspector->rules->tallies[t];
        if (n->tallies[t].wanted && !n->tallies[t].full &&
            identifiers_hold(rule->identifiers, rule->count, identifier))
            return false;
    }
    return true;
}

/* Where a count rests any identifier may announce values. */
static size_t choose_set(const struct inspection *n, size_t s) {
    const struct scan *scan = &n->inspector->rules->scans[s];
    for (size_t v = 0; v < scan->variant_count && !n->resting; v++) {
        const struct scan_variant *variant = &scan->variants[v];
        size_t i = 0;
        while (i < variant->count && is_settled(n, scan, variant->left_out[i]))
            i++;
        if (i == variant->count)
            return variant->set;
    }
    return s;
}

/* The new stream sees the last bytes again: what goes on from them is found. A letter before them keeps them
 * from being the text's beginning. */
static void see_again(struct inspection *n, size_t s) {
    struct matcher *m = n->inspector->matcher;
    struct feed f = {n, &n->inspector->rules->scans[s], {(const uint8_t *)"x", 1}, {NULL, 0}, 0};
    matcher_scan(m, n->streams[s], f.chunk.p, f.chunk.n, values_found, &f);
    f.base = f.chunk.n;
    f.chunk = bytes_of(n->tail, n->tail_n);
    matcher_scan(m, n->streams[s], f.chunk.p, f.chunk.n, values_found, &f);
    n->debts[s].began = n->offset - n->tail_n - 1;
}

void streams_settle(struct inspection *n) {
    n->settling = false;
    for (size_t i = 0; i < n->plan->scan_count; i++) {
        size_t s = n->plan->scans[i], set = n->streams[s] ? choose_set(n, s) : n->sets[s];
        if (set == n->sets[s])
            continue;
        change_set(n, s, set);
        if (n->streams[s] && n->offset > 0)
            see_again(n, s);
    }
}
