/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/unknown/carver.h"

#include "base/counter.h"
#include "base/utf8.h"

enum {
    RESTARTS_MAX = 16, /* things that break or are small: for more of them what begins is not looked at, */
    STRETCH = 4096,    /* until so many octets of the side make up for each */
    SMALL = ALLOWANCE_OBJECT,
};

/* One call. */
struct carving {
    struct carver *k;
    struct conversation *c;
    enum side from;
};

static struct transfer *begin_object(const struct carving *v) {
    const struct transfer_seed seed = transfer_seed_of("unknown", v->from);
    counter_one(COUNTER_UNKNOWN_OBJECTS);
    return v->c->services->begin(v->c, &seed);
}

/* One that is lost leaves no trace: what several bring is never known to be whole. */
static bool came_at_once(const struct carving *v, uint32_t since) {
    return v->c->transport != PROTOCOL_UDP || v->k->datagrams == since;
}

/* --- text --- */

static void end_text(const struct carving *v, bool whole) {
    struct carver *k = v->k;
    bool all = whole && k->text_first && !k->made_up && came_at_once(v, k->text_datagram);
    if (k->text_begun)
        v->c->services->end(v->c, k->text, all ? TRANSFER_DONE : TRANSFER_CUT);
    k->text = NULL;
    k->text_begun = k->in_text = k->made_up = k->line_open = false;
    k->text_n = 0;
}

/* `at`: where the run stands in the side. */
static void tell_text(const struct carving *v, struct bytes run, uint64_t at) {
    struct carver *k = v->k;
    uint64_t told = k->text_begun && at < k->text_at ? k->text_at - at : 0;
    if (run.n <= told)
        return;
    run = bytes_of(run.p + told, run.n - told);
    at += told;
    if (!k->text_begun) {
        k->text_begun = true;
        k->text_first = at == 0;
        k->text_since = v->c->now;
        k->text_datagram = k->datagrams;
        k->text = begin_object(v);
    } else if (at > k->text_at) {
        v->c->services->gap(v->c, k->text, at - k->text_at);
        k->text_first = false;
    }
    v->c->services->data(v->c, k->text, run.p, run.n);
    v->c->taken[v->from] += (uint32_t)run.n;
    k->text_at = at + run.n;
    k->text_n += run.n;
}

static bool is_control(uint8_t c) {
    return (c < 0x20 && c != '\t' && c != '\n' && c != '\r' && c != '\f' && c != 0x1b) || c == 0x7f;
}

/* Are these eight octets text, without any control character? How many of them are ASCII. */
static bool is_plain_text(const uint8_t *p, unsigned *ascii) {
    const uint64_t ones = UINT64_C(0x0101010101010101), highs = 0x80 * ones;
    uint64_t word, deletes;
    memcpy(&word, p, sizeof word);
    deletes = word ^ 0x7f * ones;
    *ascii = 8 - (unsigned)__builtin_popcountll(word & highs);
    return !(((word - 0x20 * ones) & ~word & highs) | ((deletes - ones) & ~deletes & highs));
}

/* A run ends at a zero; another control character costs as much as sixteen others earn, and those that keep
 * fields apart less. UTF-16 goes on until something else begins. */
static size_t measure_text(struct carver *k, struct bytes in) {
    enum { COST = 16, COST_OF_SEPARATOR = 4, DOUBT_MAX = 48 };
    unsigned ascii;
    for (size_t i = 0; i < in.n && !k->wide; i++) {
        while (in.n - i >= 8 && is_plain_text(in.p + i, &ascii)) {
            k->doubt -= k->doubt < ascii ? k->doubt : (uint8_t)ascii;
            i += 8;
        }
        if (i == in.n)
            break;
        uint8_t c = in.p[i];
        if (!is_control(c)) {
            k->doubt -= k->doubt > 0 && c < 0x80;
            continue;
        }
        if (c == 0) {
            k->in_text = false;
            return i;
        }
        k->doubt = (uint8_t)(k->doubt + (c == 1 || (c >= 0x1c && c <= 0x1f) ? COST_OF_SEPARATOR : COST));
        if (k->doubt >= DOUBT_MAX) {
            k->in_text = false;
            return i + 1;
        }
    }
    return in.n;
}

static void begin_run(struct carver *k, struct bytes run) {
    k->doubt = 0;
    k->in_text = run.n > 0;
    k->wide = run.n > 3 && memchr(run.p, 0, 4) != NULL;
}

/* Does the run that begins behind `between` octets go on with the text before them? A few are of it too, if
 * they are at hand. */
static bool joins_text(const struct carver *k, uint64_t before, size_t between, bool pending) {
    enum { FEW = 32 };
    return (pending || k->text_begun) && before <= FEW && before <= between;
}

/* Octets in which nothing else begins: those that are text go to the side's text. Runs that join are told
 * together: `told` octets were. */
static void take_text(const struct carving *v, struct bytes in, uint64_t at) {
    struct carver *k = v->k;
    size_t told = 0, end = 0; /* of a pending run, `told` being its beginning */
    for (size_t next = 0; next < in.n;) {
        if (!k->in_text) {
            struct bytes rest = bytes_of(in.p + next, in.n - next);
            size_t begin = next + structure_find_text(rest);
            bool pending = end > told;
            uint64_t before = pending ? begin - end : at + begin - k->text_at;
            bool joins = begin < in.n && joins_text(k, before, begin - next, pending);
            if (pending && !joins)
                tell_text(v, bytes_of(in.p + told, end - told), at + told);
            if (!pending || !joins)
                told = joins ? begin - (size_t)before : begin;
            next = end = begin;
            begin_run(k, bytes_of(in.p + begin, in.n - begin));
        }
        if (k->in_text)
            end = next += measure_text(k, bytes_of(in.p + next, in.n - next));
    }
    tell_text(v, bytes_of(in.p + told, end - told), at + told);
}

/* --- things with an end --- */

static void tell_octets(void *context, struct bytes octets) {
    const struct carving *v = context;
    struct carver *k = v->k;
    if (!k->begun) {
        k->begun = true;
        k->transfer = begin_object(v);
    }
    v->c->services->data(v->c, k->transfer, octets.p, octets.n);
    v->c->taken[v->from] += (uint32_t)octets.n;
}

static void close_thing(const struct carving *v, bool whole) {
    struct carver *k = v->k;
    if (k->begun && !whole)
        counter_one(COUNTER_CARVING_BROKEN);
    if (k->begun)
        v->c->services->end(v->c, k->transfer,
                            whole && came_at_once(v, k->thing_since) ? TRANSFER_DONE : TRANSFER_CUT);
    extent_destroy(k->extent);
    k->extent = NULL;
    k->transfer = NULL;
    k->begun = false;
    k->tail_n = 0;
}

/* Counts those that break, are small, or have no end, by stretches of the side. */
static bool may_restart(struct carver *k, uint64_t at) {
    uint32_t stretch = (uint32_t)(at / STRETCH), passed = stretch - k->restarts_at;
    k->restarts -= passed < k->restarts ? passed : k->restarts;
    k->restarts_at = stretch;
    return k->restarts < RESTARTS_MAX;
}

/* Where the search goes on once nothing may begin. */
static size_t skip_stretch(const struct carver *k, size_t at, size_t n) {
    size_t left = STRETCH - (size_t)((k->seen + at) % STRETCH);
    return left < n - at ? at + left : n;
}

static bool begin_thing(const struct carving *v, const struct extent_format *format, uint64_t at) {
    struct carver *k = v->k;
    if (!may_restart(k, at) || !allowance_spend(v->c->allowance, ACCOUNT_OBJECTS, ALLOWANCE_OBJECT)) {
        counter_one(COUNTER_CARVING_BOUNDED);
        return false;
    }
    k->extent = extent_create(format, v->c->allowance);
    k->from_first = at == 0;
    k->thing_since = k->datagrams - (at < k->seen);
    k->broken = false;
    return k->extent != NULL;
}

/* --- the search --- */

static void take_octets(const struct carving *v, struct bytes in);

static void keep_tail(struct carver *k, struct bytes in) {
    if (in.n >= CARVER_TAIL) {
        memcpy(k->tail, in.p + in.n - CARVER_TAIL, CARVER_TAIL);
        k->tail_n = CARVER_TAIL;
        return;
    }
    size_t keep = CARVER_TAIL - in.n < k->tail_n ? CARVER_TAIL - in.n : k->tail_n;
    memmove(k->tail, k->tail + k->tail_n - keep, keep);
    memcpy(k->tail + keep, in.p, in.n);
    k->tail_n = (uint8_t)(keep + in.n);
}

/* Text of any kind is told from a side's first octets; further on long runs alone are. */
static size_t find_text(const struct carver *k, struct bytes seam) {
    bool first = k->seen == k->tail_n;
    return first && structure_text(seam) == STRUCTURE_FOUND ? 0 : structure_find_text(seam);
}

/* What begins in the tail, together with the next run: a thing, or else text. */
static bool look_at_seam(const struct carving *v, struct bytes in) {
    struct carver *k = v->k;
    uint8_t room[2 * CARVER_TAIL], held[CARVER_TAIL];
    const struct extent_format *format;
    size_t n = in.n < CARVER_TAIL ? in.n : CARVER_TAIL, tail = k->tail_n;
    memcpy(room, k->tail, tail);
    memcpy(held, k->tail, tail);
    memcpy(room + tail, in.p, n);
    struct bytes seam = bytes_of(room, tail + n);
    size_t at = extent_find(seam, &format);
    if (at < tail && begin_thing(v, format, k->seen - tail + at)) {
        struct bytes rest;
        extent_feed(k->extent, bytes_of(held + at, tail - at), &rest, tell_octets, (void *)(uintptr_t)v);
        k->in_text = false;
        return true;
    }
    size_t text = k->in_text ? seam.n : find_text(k, seam);
    if (text < tail && text < at) {
        begin_run(k, bytes_of(seam.p + text, seam.n - text));
        tell_text(v, bytes_of(held + text, tail - text), k->seen - tail + text);
    }
    return false;
}

/* Octets of which nothing is walked: up to where a thing begins. */
static void search(const struct carving *v, struct bytes *in) {
    struct carver *k = v->k;
    const struct extent_format *format;
    if (k->seen == 0 && (format = extent_of_first(*in)) && begin_thing(v, format, 0))
        return;
    if (k->seen == 0 && structure_text(*in) == STRUCTURE_FOUND)
        begin_run(k, *in);
    if (k->tail_n > 0 && look_at_seam(v, *in))
        return;
    size_t at = extent_find(*in, &format);
    bool begins = at < in->n && begin_thing(v, format, k->seen + at);
    if (at < in->n && !begins)
        at = skip_stretch(k, at, in->n);
    struct bytes before = bytes_of(in->p, at);
    take_text(v, before, k->seen);
    if (begins)
        k->in_text = false;
    else
        keep_tail(k, before);
    k->seen += at;
    *in = bytes_of(in->p + at, in->n - at);
}

/* What it took ahead and what is none of it, or what it broke at, is looked at again: less its first octet,
 * which may be where it began. */
static void end_thing(const struct carving *v, bool whole) {
    struct carver *k = v->k;
    uint8_t held[EXTENT_HEADER_MAX];
    struct bytes again = extent_again(k->extent);
    if (again.n)
        memcpy(held, again.p, again.n);
    again.p = held;
    close_thing(v, whole);
    k->seen -= again.n;
    take_octets(v, again);
}

/* One without an end ends where something else begins, unless it may be all that the side sends. */
static bool cut_endless(const struct carving *v, struct bytes *in) {
    struct carver *k = v->k;
    const struct extent_format *format;
    struct bytes rest;
    size_t at = k->from_first && !k->broken ? in->n : extent_find(*in, &format);
    if (at == in->n || !may_restart(k, k->seen + at))
        return false;
    k->restarts++;
    extent_feed(k->extent, bytes_of(in->p, at), &rest, tell_octets, (void *)(uintptr_t)v);
    close_thing(v, false);
    k->seen += at;
    *in = bytes_of(in->p + at, in->n - at);
    return true;
}

/* What a side begins with may be a file of its own kind that is all that it sends: it goes on where it
 * breaks, unless something else begins there. */
static bool goes_on_broken(const struct carving *v, struct bytes rest) {
    struct carver *k = v->k;
    uint8_t room[EXTENT_HEADER_MAX + EXTENT_FIRST];
    const struct extent_format *format;
    struct bytes again = extent_again(k->extent);
    size_t n = rest.n < EXTENT_FIRST ? rest.n : EXTENT_FIRST;
    if (!k->from_first || !k->begun)
        return false;
    if (again.n)
        memcpy(room, again.p, again.n);
    if (n)
        memcpy(room + again.n, rest.p, n);
    if (extent_find(bytes_of(room, again.n + n), &format) < again.n)
        return false;
    k->broken = true;
    struct bytes held = extent_forget_end(k->extent);
    if (held.n)
        tell_octets((void *)(uintptr_t)v, held);
    return true;
}

static void feed_thing(const struct carving *v, struct bytes *in) {
    struct carver *k = v->k;
    struct bytes rest;
    if (extent_is_endless(k->extent) && cut_endless(v, in))
        return;
    enum extent_result result = extent_feed(k->extent, *in, &rest, tell_octets, (void *)(uintptr_t)v);
    k->seen += in->n - rest.n;
    *in = rest;
    if (result == EXTENT_BROKEN && goes_on_broken(v, rest))
        return;
    if (result == EXTENT_ENDED || result == EXTENT_BROKEN) {
        k->restarts += result == EXTENT_BROKEN || extent_size(k->extent) < SMALL;
        end_thing(v, result == EXTENT_ENDED);
    }
}

static void take_octets(const struct carving *v, struct bytes in) {
    while (in.n > 0)
        if (v->k->extent)
            feed_thing(v, &in);
        else
            search(v, &in);
}

void carver_take(struct carver *k, struct conversation *c, enum side from, struct bytes in) {
    const struct carving v = {k, c, from};
    take_octets(&v, in);
}

/* --- datagrams --- */

/* Short ones begin no text. */
static bool is_text_datagram(const struct carver *k, struct bytes in) {
    enum { LEAST = 16 };
    const struct extent_format *format;
    struct bytes b = in;
    while (b.n > 0 && (b.p[b.n - 1] == 0 || b.p[b.n - 1] == '\n' || b.p[b.n - 1] == '\r'))
        b.n--;
    if (b.n < (k->text_begun ? 1 : LEAST))
        return false;
    for (struct bytes left = b; left.n > 0;) {
        uint32_t character;
        size_t n = left.p[0] < 0x80 ? 1 : utf8_next(left, &character);
        if (left.p[0] < 0x80 ? is_control(left.p[0]) : n == 1 && left.n > 3)
            return false;
        left = bytes_of(left.p + n, left.n - n);
    }
    return extent_find(b, &format) == b.n;
}

/* The one before it ends a line of its own, unless it is as long as all before it: then both are pieces. */
static void end_line(const struct carving *v, struct bytes in) {
    enum { PIECE = 512 };
    struct carver *k = v->k;
    bool piece = k->last_n == k->most_n && k->last_n >= PIECE && in.n <= k->most_n;
    if (!k->text_begun || !k->line_open || piece)
        return;
    v->c->services->data(v->c, k->text, (const uint8_t *)"\n", 1);
    k->made_up = true;
}

static void take_text_datagram(const struct carving *v, struct bytes in) {
    enum { TEXT_MAX = 1 << 20 };
    const time_ns window = 60 * NS_PER_S;
    struct carver *k = v->k;
    if (k->text_begun && k->made_up && (k->text_n >= TEXT_MAX || v->c->now - k->text_since >= window))
        end_text(v, false);
    end_line(v, in);
    tell_text(v, in, k->seen);
    k->seen += in.n;
    k->tail_n = 0;
    k->line_open = in.p[in.n - 1] != '\n';
    k->last_n = in.n < UINT16_MAX ? (uint16_t)in.n : UINT16_MAX;
    k->most_n = k->last_n > k->most_n ? k->last_n : k->most_n;
}

void carver_take_datagram(struct carver *k, struct conversation *c, enum side from, struct bytes in) {
    const struct carving v = {k, c, from};
    k->datagrams++;
    if (!k->extent && is_text_datagram(k, in))
        take_text_datagram(&v, in);
    else
        carver_take(k, c, from, in);
}

void carver_gap(struct carver *k, struct conversation *c, enum side from, uint64_t n) {
    const struct carving v = {k, c, from};
    while (k->extent && !extent_gap(k->extent, n))
        end_thing(&v, false);
    if (k->extent && k->begun)
        c->services->gap(c, k->transfer, n);
    k->seen += n; /* of a text it is missing as all else between its runs */
    k->tail_n = 0;
}

void carver_end(struct carver *k, struct conversation *c, enum side from, bool whole) {
    const struct carving v = {k, c, from};
    while (k->extent) {
        bool all = extent_is_endless(k->extent) && k->from_first && whole;
        end_thing(&v, all || extent_may_end(k->extent));
    }
    end_text(&v, whole && k->text_at == k->seen);
}
