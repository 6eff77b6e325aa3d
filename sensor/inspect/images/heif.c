/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/box.h"
#include "inspect/images/tiff.h"

/* HEIF and AVIF (ISO/IEC 23008-12), and Canon's raw images in the same boxes. A table names the items (iinf),
 * another one their places (iloc), in either order; EXIF, XMP and pictures that are JPEGs are read where they
 * stand in the data, the rest of which is pixels. */

enum {
    UUID = 16,
    SPATIAL = 12, /* ispe: version, width, height */
    DEPTH = 6,    /* pixi: version, channels, bits of the first */
    ENTRY = 12,   /* infe: version, item, protection, type, */
    LONG_ENTRY = 14,
    LIST = 6, /* iinf: version, number of entries, */
    LONG_LIST = 8,
    TABLE = 8, /* iloc: version, sizes of fields, number of items, */
    LONG_TABLE = 10,
    PREVIEW = 16,      /* Canon's, before a JPEG */
    ITEMS_MAX = 8,     /* that are read, whose places are not yet known */
    SLACK = 64,        /* octets of the data that belong to nothing */
    BOX_MAX = 1 << 20, /* octets of a box without pictures that are told; a larger one may hold pixels */
};

/* All but EXIF blocks' own: 0x80 and more. */
enum item_kind { ITEM_UNKNOWN = 0x80, ITEM_EXIF, ITEM_TEXT, ITEM_FILE, ITEM_CODED };

struct heif_state {
    uint64_t end;                /* offset of the end of the box that is read, */
    uint64_t outer;              /* and of the one that it stands in */
    uint64_t left;               /* octets behind what was gathered */
    uint64_t pixels, pixels_end; /* area of coded pictures: offsets; 0, 0: none is known */
    uint64_t base;               /* iloc: of the item's extents */
    uint32_t count, id;          /* iloc: items to come, the present one */
    uint16_t extents;            /* iloc: of it to come */
    uint8_t version, offset_n, length_n, base_n, index_n; /* iloc: octets of its fields */
    uint8_t items;
    bool listed;      /* iinf has been read */
    bool elsewhere;   /* iloc: the item does not stand in the file's data */
    bool is_sequence; /* moov was there: the data holds what iloc does not name */
    struct heif_item {
        uint32_t id;
        uint8_t kind;
    } item[ITEMS_MAX];
};
_Static_assert(sizeof(struct heif_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static struct heif_state *state_of(struct image *i) {
    return (struct heif_state *)(void *)i->state;
}

static void read_box(struct image *i);
static void read_data(struct image *i);

static uint64_t number_of(const uint8_t *p, unsigned size) {
    return size == 8 ? image_u64(p) : size == 4 ? image_u32(p) : size == 2 ? image_u16(p) : 0;
}

/* --- Boxes with a few fields; what follows these is metadata --- */

static void run_left(struct image *i) {
    struct heif_state *s = state_of(i);
    image_tell_header(i, IMAGE_METADATA, 0);
    image_run(i, IMAGE_METADATA, s->left, BOX, read_box);
}

static void gather_box(struct image *i, const struct box *b, uint8_t need, image_reader *read) {
    state_of(i)->left = b->n - need;
    image_gather(i, 0, need, read);
}

static void read_spatial(struct image *i) {
    image_note_size(i, image_u32(i->header + 4), image_u32(i->header + 8), 0);
    run_left(i);
}

static void read_depth(struct image *i) {
    if (i->facts.depth == 0)
        i->facts.depth = (uint16_t)(i->header[4] * i->header[5]);
    run_left(i);
}

static void enter_next_box(struct image *i) {
    image_gather(i, 0, BOX, read_box);
}

/* --- Items --- */

static enum item_kind kind_of(const uint8_t *type) {
    if (image_code_in(type, "Exif"))
        return ITEM_EXIF;
    if (image_code_in(type, "mimeuri "))
        return ITEM_TEXT;
    return image_code_in(type, "jpeg") ? ITEM_FILE : ITEM_CODED;
}

static void add_extent(struct image *i, uint64_t at, uint64_t n, uint32_t id, enum item_kind kind) {
    struct heif_state *s = state_of(i);
    uint64_t end = add_sizes(at, n);
    if (kind == ITEM_CODED) {
        if (s->pixels_end == 0 || at < s->pixels)
            s->pixels = at;
        if (end > s->pixels_end)
            s->pixels_end = end;
        return;
    }
    if (!image_add_place(i, (struct image_place){at, n, id, (uint8_t)kind}) && kind != ITEM_UNKNOWN)
        image_note(i, IMAGE_NOTE_BEHIND);
}

/* The places of an item whose kind was not yet known. */
static void settle_places(struct image *i, uint32_t id, enum item_kind kind) {
    for (unsigned k = 0; k < i->places;) {
        struct image_place *p = &i->place[k];
        if (p->kind != ITEM_UNKNOWN || p->key != id) {
            k++;
        } else if (kind != ITEM_CODED) {
            p->kind = (uint8_t)kind;
            k++;
        } else {
            add_extent(i, p->at, p->n, id, kind);
            memmove(p, p + 1, (--i->places - k) * sizeof *p);
        }
    }
}

static void read_entry(struct image *i) {
    struct heif_state *s = state_of(i);
    const uint8_t *p = i->header;
    bool wide = p[0] >= 3;
    if (wide && i->have == ENTRY && s->left >= LONG_ENTRY - ENTRY) {
        s->left -= LONG_ENTRY - ENTRY;
        image_gather(i, ENTRY, LONG_ENTRY, read_entry);
        return;
    }
    uint32_t id = wide ? image_u32(p + 4) : image_u16(p + 4);
    enum item_kind kind =
        p[0] >= 2 && i->have == (wide ? LONG_ENTRY : ENTRY) ? kind_of(p + (wide ? 10 : 8)) : ITEM_CODED;
    if (kind != ITEM_CODED && s->items < ITEMS_MAX)
        s->item[s->items++] = (struct heif_item){id, (uint8_t)kind};
    else if (kind != ITEM_CODED)
        image_note(i, IMAGE_NOTE_BOUND);
    if (kind == ITEM_EXIF)
        image_holds(i, IMAGE_HOLDS_EXIF);
    if (kind == ITEM_TEXT)
        image_holds(i, IMAGE_HOLDS_XMP);
    settle_places(i, id, kind);
    run_left(i);
}

/* The entries are boxes. */
static void read_list(struct image *i) {
    state_of(i)->listed = true;
    if (i->header[0] > 0 && i->have == LIST)
        image_gather(i, LIST, LONG_LIST, read_list);
    else
        enter_next_box(i);
}

/* --- Places of items --- */

static void read_item(struct image *i);
static void read_extent(struct image *i);

/* What does not fit into the table is none of it. */
static void gather_field(struct image *i, unsigned need, image_reader *read) {
    struct heif_state *s = state_of(i);
    uint64_t left = s->end > i->offset ? s->end - i->offset : 0;
    if (need == 0 || need > left)
        image_run(i, IMAGE_METADATA, left, BOX, read_box);
    else
        image_gather(i, 0, (uint8_t)need, read);
}

static void enter_item(struct image *i) {
    struct heif_state *s = state_of(i);
    unsigned id = s->version < 2 ? 2 : 4, method = s->version > 0 ? 2 : 0;
    gather_field(i, s->count > 0 ? id + method + 2 + s->base_n + 2 : 0, read_item);
}

static void enter_extent(struct image *i) {
    struct heif_state *s = state_of(i);
    if (s->extents == 0)
        enter_item(i);
    else
        gather_field(i, (unsigned)(s->index_n + s->offset_n + s->length_n), read_extent);
}

static enum item_kind kind_of_item(const struct heif_state *s, uint32_t id) {
    for (unsigned k = 0; k < s->items; k++)
        if (s->item[k].id == id)
            return (enum item_kind)s->item[k].kind;
    return s->listed ? ITEM_CODED : ITEM_UNKNOWN;
}

static void read_extent(struct image *i) {
    struct heif_state *s = state_of(i);
    const uint8_t *p = i->header + s->index_n;
    uint64_t at = add_sizes(s->base, number_of(p, s->offset_n)), n = number_of(p + s->offset_n, s->length_n);
    s->extents--;
    if (!s->elsewhere && n > 0)
        add_extent(i, at, n, s->id, kind_of_item(s, s->id));
    enter_extent(i);
}

static void read_item(struct image *i) {
    struct heif_state *s = state_of(i);
    unsigned id = s->version < 2 ? 2 : 4, method = s->version > 0 ? 2 : 0;
    const uint8_t *p = i->header + id + method + 2;
    s->count--;
    s->id = (uint32_t)number_of(i->header, id);
    s->elsewhere = method && (i->header[id + 1] & 15);
    s->base = number_of(p, s->base_n);
    s->extents = (uint16_t)image_u16(p + s->base_n);
    enter_extent(i);
}

static void read_table(struct image *i) {
    struct heif_state *s = state_of(i);
    const uint8_t *p = i->header;
    s->version = p[0];
    if (s->version >= 2 && i->have == TABLE) {
        image_gather(i, TABLE, LONG_TABLE, read_table);
        return;
    }
    s->offset_n = p[4] >> 4;
    s->length_n = p[4] & 15;
    s->base_n = p[5] >> 4;
    s->index_n = s->version > 0 ? p[5] & 15 : 0;
    s->count = s->version < 2 ? image_u16(p + 6) : image_u32(p + 6);
    if (s->offset_n > 8 || s->length_n > 8 || s->base_n > 8 || s->index_n > 8)
        s->count = 0;
    enter_item(i);
}

/* --- The data --- */

static void read_block(struct image *i) {
    tiff_enter_block(i, state_of(i)->left, 0, read_data);
}

/* How many octets stand before the block, counted from here. */
static void read_block_offset(struct image *i) {
    struct heif_state *s = state_of(i);
    uint64_t before = image_u32(i->header);
    if (before > s->left)
        before = s->left;
    s->left -= before;
    image_run(i, IMAGE_METADATA, before, 0, read_block);
}

static void enter_place(struct image *i, struct image_place p) {
    struct heif_state *s = state_of(i);
    if (p.n > s->end - p.at)
        p.n = s->end - p.at;
    if (p.kind == ITEM_EXIF && p.n >= 4) {
        s->left = p.n - 4;
        image_gather(i, 0, 4, read_block_offset);
    } else if (p.kind == ITEM_FILE)
        image_run_child(i, "thumbnail", p.n, 0, read_data);
    else if (p.kind == ITEM_UNKNOWN)
        image_run(i, IMAGE_PIXELS, p.n, 0, read_data);
    else
        image_run(i, IMAGE_METADATA, p.n, 0, read_data);
}

static void enter_stretch(struct image *i, uint64_t n) {
    struct heif_state *s = state_of(i);
    uint64_t at = i->offset;
    if (at >= s->pixels && at < s->pixels_end) {
        image_run(i, IMAGE_PIXELS, n < s->pixels_end - at ? n : s->pixels_end - at, 0, read_data);
        return;
    }
    if (at < s->pixels && n > s->pixels - at)
        n = s->pixels - at;
    if (n < SLACK) {
        image_run(i, IMAGE_METADATA, n, 0, read_data);
        return;
    }
    if (s->pixels_end > 0 && !s->is_sequence)
        image_note(i, IMAGE_NOTE_HIDDEN);
    image_run_unknown(i, n, read_data);
}

static void read_data(struct image *i) {
    struct heif_state *s = state_of(i);
    const struct image_place *p = image_next_place(i);
    if (i->offset >= s->end) {
        enter_next_box(i);
    } else if (p && p->at == i->offset) {
        struct image_place here = *p;
        image_drop_place(i);
        enter_place(i, here);
    } else
        enter_stretch(i, (p && p->at < s->end ? p->at : s->end) - i->offset);
}

/* --- Canon's boxes --- */

static void read_preview(struct image *i) {
    const uint8_t *p = i->header;
    struct heif_state *s = state_of(i);
    uint64_t n = s->id == 'T' ? image_u32(p + 8) : image_u32(p + 12);
    image_run_child(i, s->id == 'T' ? "thumbnail" : "preview", n < s->left ? n : s->left, 0, read_data);
}

static void enter_preview(struct image *i, const struct box *b) {
    struct heif_state *s = state_of(i);
    s->id = b->code[0];
    s->end = i->offset + b->n;
    gather_box(i, b, PREVIEW, read_preview);
}

/* Their boxes stand in those of others, in one behind eight octets. */
static void read_uuid(struct image *i) {
    static const char boxes[] = "\x85\xc0\xb6\x87\x82\x0f\x11\xe0\x81\x11\xf4\xce\x46\x2b\x6a\x48",
                      preview[] = "\xea\xf4\x2b\x5e\x1c\x98\x4b\x88\xb9\xfb\xb7\xdc\x40\x6e\x4d\x16";
    struct heif_state *s = state_of(i);
    bool previews = memcmp(i->header, preview, UUID) == 0 && s->left >= 8;
    s->outer = i->offset + s->left > s->outer ? i->offset + s->left : s->outer;
    if (previews)
        image_run(i, IMAGE_PIXELS, 8, BOX, read_box);
    else if (memcmp(i->header, boxes, UUID) == 0)
        enter_next_box(i);
    else
        run_left(i);
}

/* --- Boxes --- */

static void enter_boxes(struct image *i, const struct box *b, uint8_t before) {
    struct heif_state *s = state_of(i);
    uint64_t end = add_sizes(i->offset, b->n);
    if (end > s->outer)
        s->outer = end;
    if (before)
        image_run(i, IMAGE_PIXELS, before, BOX, read_box);
    else
        enter_next_box(i);
}

static void enter_leaf(struct image *i, const struct box *b) {
    struct heif_state *s = state_of(i);
    s->end = add_sizes(i->offset, b->n);
    if (box_is(b, "mdat"))
        image_gather(i, 0, 0, read_data);
    else if (b->n == UINT64_MAX)
        image_rest(i, IMAGE_METADATA);
    else if (box_is(b, "ispe") && b->n >= SPATIAL)
        gather_box(i, b, SPATIAL, read_spatial);
    else if (box_is(b, "pixi") && b->n >= DEPTH)
        gather_box(i, b, DEPTH, read_depth);
    else if (box_is(b, "infe") && b->n >= ENTRY)
        gather_box(i, b, ENTRY, read_entry);
    else if (box_is(b, "iinf") && b->n >= LONG_LIST)
        image_gather(i, 0, LIST, read_list);
    else if (box_is(b, "iloc") && b->n >= LONG_TABLE)
        image_gather(i, 0, TABLE, read_table);
    else if (box_is(b, "uuid") && b->n >= UUID)
        gather_box(i, b, UUID, read_uuid);
    else if (box_is(b, "CMT1CMT2CMT3CMT4"))
        tiff_enter_block(i, b->n, BOX, read_box);
    else if (box_is(b, "THMBPRVW") && b->n >= PREVIEW)
        enter_preview(i, b);
    else if (b->n <= BOX_MAX)
        image_run(i, IMAGE_METADATA, b->n, BOX, read_box);
    else
        image_run_unknown(i, b->n, enter_next_box);
}

/* Beside the boxes that a file begins with, nothing stands but those that are known. */
static void read_box(struct image *i) {
    struct heif_state *s = state_of(i);
    struct box b;
    enum box_result result = box_read(i, read_box, &b);
    if (result == BOX_MORE)
        return;
    bool inside = i->offset <= s->outer;
    if (result == BOX_BROKEN && inside) {
        image_lost(i);
    } else if (result == BOX_BROKEN ||
               (!inside && !box_is(&b, "ftypmetamdatmoovfreeskipwideuuidpdinstypmoofmfrasidxjumb"))) {
        image_tell_header(i, IMAGE_TRAILER, 0);
        image_end(i);
    } else if (box_is(&b, "meta")) {
        enter_boxes(i, &b, 4);
    } else if (box_is(&b, "iprpipcomoov")) {
        s->is_sequence |= box_is(&b, "moov");
        enter_boxes(i, &b, 0);
    } else
        enter_leaf(i, &b);
}

static bool skip_gap(struct image *i, uint64_t n) {
    struct heif_state *s = state_of(i);
    if (i->tiff.active && tiff_skip(i, n))
        return true;
    if (i->offset < s->end && (i->mode == IMAGE_WALK || i->mode == IMAGE_RUN)) {
        read_data(i);
        return true;
    }
    return false;
}

const struct image_format image_heif = {
    .mimes = {"image/heic", "image/heif", "image/avif", "image/x-canon-cr3"},
    .need = BOX,
    .read = read_box,
    .skip = skip_gap};
