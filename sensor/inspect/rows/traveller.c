/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/table.h"

#include "inspect/country.h"

/* Tables of travellers whose columns nobody names: numbers of documents beside days that are spread as births
 * are, codes of nationalities, and the day of expiry or the sex. */

enum {
    BORN_FIRST = 1900,
    BORN_LAST = 2026,
    LATER = 2015, /* most travellers were born before, and their documents end behind it */
    YEARS_APART = 15,
    EXPIRY_APART = 2,
};

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

bool traveller_is_short_date(struct bytes t) {
    if (t.n != 6)
        return false;
    for (size_t i = 0; i < t.n; i++)
        if (!is_digit(t.p[i]))
            return false;
    unsigned month = (t.p[2] - '0') * 10u + (t.p[3] - '0'), day = (t.p[4] - '0') * 10u + (t.p[5] - '0');
    return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}

/* --- years --- */

static unsigned year_of_two(unsigned year) {
    return year > 36 ? 1900 + year : 2000 + year;
}

static unsigned read_number(const uint8_t *p, size_t n) {
    unsigned v = 0;
    for (size_t i = 0; i < n; i++)
        v = v * 10 + (p[i] - '0');
    return v;
}

static bool is_year(unsigned v) {
    return v >= BORN_FIRST && v < 2100;
}

/* Of a day that was read as one; 0: there is a time of day in it, or no year. */
static unsigned find_year(struct bytes t) {
    unsigned year = 0;
    if (memchr(t.p, ':', t.n) && !bytes_hold_nocase(t, "00:00"))
        return 0;
    for (size_t at = 0, n; at < t.n; at += n + 1) {
        for (n = 0; at + n < t.n && is_digit(t.p[at + n]);)
            n++;
        if (n == 4 && is_year(read_number(t.p + at, 4)))
            return read_number(t.p + at, 4);
        if (n == 8 && is_year(read_number(t.p + at, 4)))
            return read_number(t.p + at, 4);
        if (n == 8)
            return is_year(read_number(t.p + at + 4, 4)) ? read_number(t.p + at + 4, 4) : 0;
        if (n == 2) /* the last one, unless one of four comes */
            year = year_of_two(read_number(t.p + at, 2));
    }
    return year;
}

/* --- cells --- */

void traveller_halve(struct traveller_counts *n) {
    uint8_t *counts[] = {&n->births, &n->later, &n->alpha2, &n->alpha3, &n->sexes, &n->numbers, &n->varied};
    for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
        *counts[i] /= 2;
}

static void count_day(struct traveller_counts *n, unsigned year) {
    if (year == 0)
        return;
    n->births += year <= BORN_LAST;
    n->later += year >= LATER;
    n->first = n->first && n->first < year ? n->first : (uint16_t)year;
    n->last = n->last > year ? n->last : (uint16_t)year;
}

/* Which of its signs are digits, behind a leading bit. */
static uint16_t build_of(const struct cell *cell) {
    unsigned build = 1;
    for (unsigned i = 0; i < cell->n; i++)
        build = build << 1 | is_digit(cell->sign[i]);
    return (uint16_t)build;
}

void traveller_count(struct traveller_counts *n, const struct cell *cell, struct bytes t) {
    enum { SHORTEST = 7, LONGEST = 10 };
    if (t.n == 1)
        n->sexes += t.p[0] == 'M' || t.p[0] == 'F' || t.p[0] == 'X';
    else if (t.n == 2)
        n->alpha2 += country_is_alpha2(t.p);
    else if (t.n == 3)
        n->alpha3 += country_is_alpha3(t.p);
    else if (cell->is & CELL_TIME)
        count_day(n, find_year(t));
    else if (traveller_is_short_date(t))
        count_day(n, year_of_two(read_number(t.p, 2)));
    else if (cell->is & CELL_NUMBER && cell->n >= SHORTEST && cell->n <= LONGEST) {
        n->build = n->numbers ? n->build : build_of(cell);
        n->varied += build_of(cell) != n->build;
        n->numbers++;
    }
}

/* --- columns --- */

static bool most_of(unsigned part, unsigned all) {
    return part > 0 && part * 10 >= all * 8;
}

static bool holds_births(const struct row_column *c) {
    const struct traveller_counts *n = &c->counts;
    return most_of(n->births, c->cells) && n->later * 10 <= c->cells * 4 && n->last - n->first >= YEARS_APART;
}

static bool holds_expiries(const struct row_column *c) {
    const struct traveller_counts *n = &c->counts;
    return most_of(n->later, c->cells) && n->last - n->first >= EXPIRY_APART && n->first >= LATER;
}

struct found {
    struct row_column *births, *nations, *numbers;
    bool alpha3, sexes, expiries;
};

static void look_at_columns(struct row_table *t, struct found *f) {
    for (unsigned i = 0; i < t->used; i++) {
        struct row_column *c = &t->column[i];
        const struct traveller_counts *n = &c->counts;
        if (c->cells == 0)
            continue;
        bool alpha3 = most_of(n->alpha3, c->cells);
        if (alpha3 || (!f->alpha3 && most_of(n->alpha2, c->cells)))
            f->nations = c;
        f->alpha3 |= alpha3;
        f->sexes |= most_of(n->sexes, c->cells);
        f->expiries |= holds_expiries(c);
        f->births = holds_births(c) ? c : f->births;
        if (most_of(n->numbers, c->cells) && (!f->numbers || n->varied > f->numbers->counts.varied))
            f->numbers = c;
    }
}

/* Without an expiry documents of several countries say that the numbers are of documents. */
static bool are_travellers(const struct found *f) {
    if (!f->births || !f->nations || !f->numbers)
        return false;
    if (!f->expiries)
        return f->alpha3 && f->sexes && f->numbers->counts.varied * 4 >= f->numbers->counts.numbers;
    return f->alpha3 || f->sexes;
}

void traveller_name(struct row_judge *j, struct row_table *t) {
    struct found f = {0};
    look_at_columns(t, &f);
    if (!are_travellers(&f))
        return;
    suspect_drop(j, f.numbers);
    f.numbers->name = ROW_NAME_DOCUMENT;
    f.numbers->numbers = f.numbers->cells;
    f.numbers->by_values = true;
    f.births->name = ROW_NAME_BIRTH;
    f.births->times = f.births->cells;
    f.nations->name = ROW_NAME_NATIONALITY;
    f.nations->persons = f.nations->cells;
    t->named = true;
    j->facts.more = true; /* those before */
}
