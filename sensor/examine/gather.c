/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/examine.h"
#include "examine/slots.h"

#include "base/counter.h"
#include "base/pool.h"

/* The unpackers that gather what cannot be read while it streams. */

static struct examine_slots *the_slots;
static const struct examine_options *the_options;
static bool examines_here;

/* What is taken apart here is paid for out of a purse of its own, whoever's it is: so it makes no difference
 * whether a worker does it, reading files, or an examiner, which has seen nothing of its hosts. */
static struct allowance purse;
static unsigned running; /* within one another */

/* A library that has the whole file decodes by LZMA or PPMd: a byte that comes out takes what a byte of the
 * wire pays for, less so much that what hardly unfolds, as pictures, always pays for itself. What unfolds
 * more is text, whose bytes take three times that by PPMd: archives pay so for what they bring beyond so many
 * times their size. */
enum { LESS = 16, UNFOLDS = 2 };
static uint64_t made_here;

void examine_use(struct examine_slots *slots, const struct examine_options *options, bool here) {
    the_slots = slots;
    the_options = options;
    examines_here = here;
    for (size_t i = 0; slots && here && examine_formats[i]; i++)
        if (examine_formats[i]->prepare)
            examine_formats[i]->prepare();
}

struct allowance *examine_purse(void) {
    return running ? &purse : NULL;
}

static void fill_purse(void) {
    purse = (struct allowance){.purse = true};
    for (unsigned i = 0; i < ACCOUNT_COUNT; i++)
        purse.left[i] = (int64_t)the_options->output_max;
}

void examine_pay(bool on) {
    running += on ? 1 : -1u;
    if (on && running == 1 && the_options)
        fill_purse();
}

/* --- One file --- */

struct gather {
    struct filter filter;
    struct pool *pool;
    struct unpack *unpack;
    const struct examine_format *format;
    const struct file_type *type;
    struct examine_slot *slot; /* NULL: none was to be had, or it is none of these */
    bool missing;              /* bytes: what follows is not added */
    bool unproven; /* that it is a disc's image the place of its first volume's descriptor tells */
};

static void drop_slot(struct gather *g) {
    slots_close(the_slots, g->slot);
    g->slot = NULL;
}

/* ECMA-119 section 8.1: behind 16 sectors of 2,048 octets. */
static void prove_disc(struct gather *g) {
    enum { DESCRIPTOR = 16 * 2048, KIND = 1, MARK = 5 };
    struct bytes b = slots_bytes(the_slots, g->slot);
    if (b.n < DESCRIPTOR + KIND + MARK)
        return;
    g->unproven = false;
    if (memcmp(b.p + DESCRIPTOR + KIND, "CD001", MARK) != 0)
        drop_slot(g);
}

static void add_data(struct filter *f, const uint8_t *bytes, size_t n) {
    struct gather *g = (struct gather *)f;
    if (!g->slot || g->missing)
        return;
    bool added = slots_add(the_slots, g->slot, bytes, n);
    if (g->unproven)
        prove_disc(g);
    if (added || !g->slot)
        return;
    g->missing = true;
    counter_one(COUNTER_EXAMINE_CUT);
    unpack_bounded(g->unpack);
}

static void add_gap(struct filter *f, uint64_t n) {
    ((struct gather *)f)->missing = true;
}

uint64_t examine_made(void) {
    return made_here;
}

void examine_charge(struct allowance *payer, size_t price, uint64_t size, uint64_t made) {
    uint64_t worth = made - made / LESS;
    bool archive = price == ALLOWANCE_UNPACKED;
    if (archive && size < made / UNFOLDS)
        worth += 2 * (made - UNFOLDS * size);
    if (worth > price)
        allowance_owe(payer, ACCOUNT_EXAMINED, worth - price);
}

static void examine_here(const struct gather *g) {
    struct examined x = {.unpack = g->unpack,
                         .type = g->type,
                         .image = slots_bytes(the_slots, g->slot),
                         .whole = g->slot->whole,
                         .output = the_options->output_max};
    uint64_t before = made_here;
    if (running++ == 0)
        fill_purse();
    counter_one(COUNTER_EXAMINED);
    g->format->examine(&x);
    examined_plainly(&x);
    made_here += the_options->output_max - x.output;
    if (--running == 0)
        examine_charge(unpack_object(g->unpack)->allowance, g->slot->price, slots_bytes(the_slots, g->slot).n,
                       made_here - before);
}

/* What is taken apart here is paid for already, with the file that it stands in. */
static bool is_paid(const struct gather *g) {
    if (running)
        return true;
    size_t price = g->format->price ? g->format->price(slots_bytes(the_slots, g->slot)) : ALLOWANCE_EXAMINED;
    g->slot->price = price;
    return allowance_spend(unpack_object(g->unpack)->allowance, ACCOUNT_EXAMINED, price);
}

static void tell_unpaid(struct gather *g) {
    counter_one(COUNTER_EXAMINE_UNPAID);
    unpack_note(g->unpack, "allowance-bound");
    unpack_bounded(g->unpack);
    drop_slot(g);
}

static void end_gather(struct filter *f, enum transfer_end how) {
    struct gather *g = (struct gather *)f;
    if (g->slot && g->unproven)
        drop_slot(g);
    if (g->slot && !is_paid(g))
        tell_unpaid(g);
    if (g->slot) {
        g->slot->whole = !g->missing && how == TRANSFER_DONE;
        g->slot->object = unpack_object(g->unpack)->number;
        g->slot->state = SLOT_KEPT;
        if (examines_here) {
            examine_here(g);
            slots_close(the_slots, g->slot);
        }
    }
    pool_give(g->pool, g);
}

static void note_bounded(struct filter *f) {
    ((struct gather *)f)->missing = true;
}

static const struct filter_ops gather_ops = {
    .data = add_data, .gap = add_gap, .end = end_gather, .bounded = note_bounded};

/* --- Unpackers --- */

static const struct examine_format *find_format(const struct file_type *type) {
    for (size_t i = 0; examine_formats[i]; i++)
        if (examine_formats[i]->matches(type))
            return examine_formats[i];
    return NULL;
}

static bool matches_any(const struct file_type *type, struct bytes declared) {
    return the_slots && find_format(type);
}

/* Of one whose first bytes are missing nothing could be read. NULL: likewise, or too many are at once. */
static struct gather *begin_gather(struct unpack *u, const struct file_type *type, uint64_t expected) {
    const struct object *o = unpack_object(u);
    struct gather *g = o->offset == 0 ? pool_take(unpack_state(u)) : NULL;
    if (!g)
        return NULL;
    *g = (struct gather){.filter = {.ops = &gather_ops},
                         .pool = unpack_state(u),
                         .unpack = u,
                         .type = type,
                         .format = find_format(type),
                         .slot = slots_open(the_slots, expected, running ? NULL : o->allowance)};
    return g;
}

static void tell_no_room(struct unpack *u) {
    counter_one(COUNTER_EXAMINE_NO_ROOM);
    unpack_bounded(u);
}

static struct filter *create_gather(struct unpack *u) {
    const struct object *o = unpack_object(u);
    struct gather *g = begin_gather(u, o->type, o->total);
    if (!g || !g->slot)
        tell_no_room(u);
    return g ? &g->filter : NULL;
}

/* --- What is known and not read: it is told as such --- */

static bool matches_closed(const struct file_type *type, struct bytes declared) {
    static const char *const kinds[] = {"application/vnd.ms-outlook-pst", "application/x-mssql-mdf",
                                        "application/x-mssql-bak", "application/x-ms-wim"};
    for (size_t i = 0; the_slots && i < sizeof kinds / sizeof *kinds; i++)
        if (bytes_equal(bytes_text(type->mime), bytes_text(kinds[i])))
            return true;
    return false;
}

static struct filter *tell_closed(struct unpack *u) {
    counter_one(COUNTER_EXAMINE_CLOSED);
    unpack_bounded(u);
    return NULL;
}

static const struct unpacker unpacker_closed = {
    .name = "closed", .kind = UNPACK_FILE, .matches = matches_closed, .create = tell_closed};

/* --- Images of discs: what begins them is nobody's mark --- */

static const struct file_type disc = {"application/x-iso9660-image", "ISO 9660 image", KIND_ARCHIVE};

static bool matches_binary(const struct file_type *type, struct bytes declared) {
    return the_slots && type->kind == KIND_BINARY &&
           bytes_equal(bytes_text(type->mime), bytes_text("application/octet-stream"));
}

static bool is_called_disc(const struct object *o) {
    static const char *const ends[] = {".iso", ".img", ".cdr"};
    struct bytes name = object_fact(o, FACT_NAME);
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (name.n > 4 && bytes_equal_nocase(bytes_of(name.p + name.n - 4, 4), ends[i]))
            return true;
    return bytes_equal_nocase(object_fact(o, FACT_DECLARED_TYPE), disc.mime);
}

static struct filter *create_disc(struct unpack *u) {
    struct gather *g = begin_gather(u, &disc, EXAMINE_BLOCK);
    if (!g || !g->slot)
        counter_one(COUNTER_EXAMINE_NO_ROOM);
    if (!g)
        return NULL;
    g->unproven = true;
    return &g->filter;
}

static struct filter *create_called_disc(struct unpack *u) {
    return is_called_disc(unpack_object(u)) ? create_disc(u) : NULL;
}

/* What begins with nothing may be anything: it is looked at as such too. */
static struct filter *create_other_disc(struct unpack *u) {
    struct bytes first = unpack_first(u);
    for (size_t i = 0; i < first.n; i++)
        if (first.p[i] != 0)
            return NULL;
    return first.n == TYPE_BYTES && !is_called_disc(unpack_object(u)) ? create_disc(u) : NULL;
}

static void *start_gathering(size_t objects) {
    return unpack_start_pool(sizeof(struct gather), objects / 8 + 16);
}

static const struct unpacker unpacker_gathered = {
    .name = "gathered",
    .kind = UNPACK_FILE,
    .matches = matches_any,
    .create = create_gather,
    .start = start_gathering,
    .stop = unpack_stop_pool,
};

static const struct unpacker unpacker_called_disc = {
    .name = "disc",
    .kind = UNPACK_FILE,
    .matches = matches_binary,
    .create = create_called_disc,
    .start = start_gathering,
    .stop = unpack_stop_pool,
};

static const struct unpacker unpacker_other_disc = {
    .name = "disc, perhaps",
    .kind = UNPACK_TEXT,
    .matches = matches_binary,
    .create = create_other_disc,
    .start = start_gathering,
    .stop = unpack_stop_pool,
};

const struct unpacker *const *examine_unpackers(const struct unpacker *const *table) {
    static const struct unpacker *all[UNPACKER_TABLE_MAX + 1];
    size_t n = 0;
    while (table[n] && n < UNPACKER_TABLE_MAX - 4) {
        all[n] = table[n];
        n++;
    }
    all[n++] = &unpacker_gathered;
    all[n++] = &unpacker_closed;
    all[n++] = &unpacker_called_disc;
    all[n++] = &unpacker_other_disc;
    all[n] = NULL;
    return all;
}
