/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/inspection.h"

#include "base/counter.h"

static const char *const cell_words[] = {
    [ROW_CELL_PLATE] = "plate=",
    [ROW_CELL_SHAPE] = "shape=",
    [ROW_CELL_DOCUMENT] = "document=",
};

static void flush_cells(struct inspection *n) {
    struct inspector *i = n->inspector;
    if (i->celled == 0)
        return;
    inspection_match(n, SCOPE_CELLS, bytes_of(i->cells, i->celled));
    i->celled = 0;
    n->dirty = true;
}

static void take_cell(void *context, enum row_cell kind, struct bytes text) {
    struct inspection *n = context;
    struct inspector *i = n->inspector;
    struct bytes word = bytes_text(cell_words[kind]);
    if (sizeof i->cells - i->celled < word.n + text.n + 1)
        flush_cells(n);
    memcpy(i->cells + i->celled, word.p, word.n);
    memcpy(i->cells + i->celled + word.n, text.p, text.n);
    i->celled += word.n + text.n;
    i->cells[i->celled++] = '\n';
}

void cells_begin(struct inspection *n) {
    struct inspector *i = n->inspector;
    if (!n->plan->reads_rows || n->rows)
        return;
    n->rows = pool_take(&i->readers);
    if (n->rows)
        row_reader_init(n->rows, i->options.digest_key.k0);
    else
        counter_one(COUNTER_INSPECT_ROWS_SHED);
}

void cells_push(struct inspection *n, struct bytes text) {
    const struct row_sink sink = {n, take_cell};
    if (!n->rows)
        return;
    row_reader_push(n->rows, &sink, text);
    flush_cells(n);
}

void cells_gap(struct inspection *n) {
    const struct row_sink sink = {n, take_cell};
    if (!n->rows)
        return;
    row_reader_gap(n->rows, &sink);
    flush_cells(n);
}

static void keep_facts(struct inspection *n) {
    n->row_facts = *row_reader_facts(n->rows);
}

void cells_end(struct inspection *n) {
    const struct row_sink sink = {n, take_cell};
    if (!n->rows)
        return;
    row_reader_end(n->rows, &sink);
    flush_cells(n);
    keep_facts(n);
    cells_drop(n);
}

void cells_drop(struct inspection *n) {
    pool_give(&n->inspector->readers, n->rows);
    n->rows = NULL;
}

const struct row_facts *cells_facts(const struct inspection *n) {
    return n->rows ? row_reader_facts(n->rows) : &n->row_facts;
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
