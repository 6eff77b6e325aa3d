/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"

#include "base/counter.h"
#include "inspect/zones.h"

static const char *const cell_words[] = {
    [ROW_CELL_PLATE] = "=plate",
    [ROW_CELL_SHAPE] = "=shape",
    [ROW_CELL_DOCUMENT] = "=document",
};

static void flush_cells(struct inspection *n) {
    struct inspector *i = n->inspector;
    if (i->celled == 0)
        return;
    inspection_match(n, SCOPE_CELLS, bytes_of(i->cells, i->celled));
    i->celled = 0;
    n->dirty = true;
}

/* What it is stands behind it: to find that is what Hyperscan does best. */
static void add_line(struct inspection *n, struct bytes text, struct bytes word) {
    struct inspector *i = n->inspector;
    if (sizeof i->cells - i->celled < word.n + text.n + 1)
        flush_cells(n);
    memcpy(i->cells + i->celled, text.p, text.n);
    memcpy(i->cells + i->celled + text.n, word.p, word.n);
    i->celled += word.n + text.n;
    i->cells[i->celled++] = '\n';
}

static void take_cell(void *context, enum row_cell kind, struct bytes text) {
    add_line(context, text, bytes_text(cell_words[kind]));
}

static void take_zone(void *context, struct bytes number) {
    add_line(context, number, bytes_text("=zone"));
}

/* What lies behind the reader of rows, in one piece of memory. */
struct beside {
    bool ended; /* the reader was, and nobody has begun it again; of a fresh one it is false */
    struct zone_reader zones;
    uint16_t n; /* octets of the object's text, if it is small; SMALL_TEXT + 1: it is not */
    uint8_t text[SMALL_TEXT];
};

static size_t beside_offset(void) {
    return (row_reader_size() + 15) & ~(size_t)15;
}

size_t cells_size(void) {
    return beside_offset() + sizeof(struct beside);
}

static struct beside *beside_of(const struct inspection *n) {
    return (struct beside *)(void *)((uint8_t *)n->rows + beside_offset());
}

static struct zone_reader *zones_of(const struct inspection *n) {
    return &beside_of(n)->zones;
}

static void keep_small(struct beside *b, struct bytes text) {
    if (text.n > SMALL_TEXT - (size_t)(b->n < SMALL_TEXT ? b->n : SMALL_TEXT)) {
        b->n = SMALL_TEXT + 1;
    } else if (b->n <= SMALL_TEXT) {
        memcpy(b->text + b->n, text.p, text.n);
        b->n = (uint16_t)(b->n + text.n);
    }
}

static void begin_reader(struct inspection *n) {
    struct beside *b = beside_of(n);
    uint64_t seed = n->inspector->options.digest_key.k0;
    if (b->ended)
        row_reader_again(n->rows, seed);
    else
        row_reader_init(n->rows, seed);
    b->ended = false;
}

void cells_begin(struct inspection *n) {
    if (!n->plan->reads_rows || (n->rows && !n->rows_over))
        return;
    n->rows_over = n->rows_lost = false;
    if (!n->rows && !readers_take(n, !n->object->gathered)) {
        counter_one(COUNTER_INSPECT_ROWS_SHED);
        return;
    }
    begin_reader(n);
    if (n->object->aside && !n->object->gathered)
        row_reader_expect_strays(n->rows);
    zone_reader_init(zones_of(n));
    beside_of(n)->n = 0;
}

/* What was read is lost with the reader: it goes on as behind a gap, once one is free. */
static bool has_reader(struct inspection *n) {
    if (n->rows || !n->rows_lost || !readers_take(n, false))
        return n->rows;
    const struct row_sink sink = {n, take_cell};
    n->rows_lost = false;
    begin_reader(n);
    row_reader_gap(n->rows, &sink);
    zone_reader_init(zones_of(n));
    beside_of(n)->n = SMALL_TEXT + 1;
    return true;
}

void cells_push(struct inspection *n, struct bytes text) {
    const struct row_sink sink = {n, take_cell};
    const struct zone_sink zones = {n, take_zone};
    if (n->rows_over || !has_reader(n))
        return;
    readers_touch(n);
    n->reads = true;
    row_reader_push(n->rows, &sink, text);
    keep_small(beside_of(n), text);
    zone_reader_push(zones_of(n), &zones, text);
    flush_cells(n);
    n->reads = false;
}

void cells_gap(struct inspection *n) {
    const struct row_sink sink = {n, take_cell};
    const struct zone_sink zones = {n, take_zone};
    if (!n->rows || n->rows_over)
        return;
    beside_of(n)->n = SMALL_TEXT + 1;
    row_reader_gap(n->rows, &sink);
    zone_reader_end(zones_of(n), &zones);
    flush_cells(n);
}

void cells_end(struct inspection *n) {
    const struct row_sink sink = {n, take_cell};
    const struct zone_sink zones = {n, take_zone};
    if (!n->rows || n->rows_over)
        return;
    row_reader_end(n->rows, &sink);
    zone_reader_end(zones_of(n), &zones);
    flush_cells(n);
    n->rows_over = beside_of(n)->ended = true;
}

struct bytes cells_small(const struct inspection *n) {
    const struct beside *b = n->rows ? beside_of(n) : NULL;
    return b && b->n <= SMALL_TEXT ? bytes_of(b->text, b->n) : bytes_of(NULL, 0);
}

const struct row_facts *cells_facts(const struct inspection *n) {
    static const struct row_facts none;
    return n->rows ? row_reader_facts(n->rows) : &none;
}

bool cells_more(const struct inspection *n) {
    return n->rows && (row_reader_facts(n->rows)->more || zones_of(n)->more);
}

bool cells_hold(const struct inspection *n, const struct rows_condition *c) {
    const struct row_facts *f = cells_facts(n);
    unsigned column = (unsigned)f->named << PLATE_COLUMN_NAMED | (unsigned)f->shaped << PLATE_COLUMN_SHAPED;
    if (!c->asked)
        return true;
    return (!c->plate_column || c->plate_column & column) && f->rows >= c->rows && f->plates >= c->plates &&
           (!c->time_column || f->time) && (!c->state_column || f->state) &&
           (!c->reader_column || f->reader) && (!c->jurisdictions || c->jurisdictions & f->jurisdictions);
}
