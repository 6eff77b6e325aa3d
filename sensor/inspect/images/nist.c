/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/images/format.h"

/* ANSI/NIST-ITL 1: records of tagged fields, "10.001:length" first; the field 999, the last one of a record,
 * is a picture. Records without tags (types 3 to 8) are told as they are. */

enum { FIELD = 0x1d, RECORD = 0x1c, LENGTH = 1, PICTURE = 999, OLD_PICTURE = 99, NUMBER_MAX = 100000000 };

struct nist_state {
    uint64_t begin; /* offset of the record */
    uint64_t end;   /* as its first field says; 0: not yet known */
    uint32_t field; /* number of the present field, or its first one's value */
    enum { AT_TYPE, AT_FIELD, AT_LENGTH, AT_VALUE } at;
};
_Static_assert(sizeof(struct nist_state) <= IMAGE_STATE_MAX, "a format's state has a bound");

static size_t walk_fields(struct image *i, struct bytes in, struct image_piece *out);

static void begin_record(struct image *i) {
    struct nist_state *s = (void *)i->state;
    *s = (struct nist_state){.begin = i->offset};
    image_walk(i, walk_fields);
}

/* A picture goes on to the record's end, where a separator stands. */
static void enter_picture(struct image *i) {
    const struct nist_state *s = (const void *)i->state;
    image_run_child(i, "picture", s->end - i->offset - 1, 1, begin_record);
}

static bool take_digit(struct nist_state *s, uint8_t c) {
    if (c < '0' || c > '9' || s->field >= NUMBER_MAX)
        return false;
    s->field = s->field * 10 + (uint32_t)(c - '0');
    return true;
}

/* One octet, the last before offset `at`. False: it is no record of fields. */
static bool take_octet(struct nist_state *s, uint8_t c, uint64_t at) {
    switch (s->at) {
    case AT_TYPE:
        if (c == '.') {
            s->at = AT_FIELD;
            s->field = 0;
            return true;
        }
        return take_digit(s, c);
    case AT_FIELD:
        if (c != ':')
            return take_digit(s, c);
        s->at = s->end == 0 ? AT_LENGTH : AT_VALUE;
        if (s->end == 0 && s->field != LENGTH)
            return false;
        if (s->end == 0)
            s->field = 0;
        return true;
    case AT_LENGTH:
        if (c != FIELD && c != RECORD)
            return take_digit(s, c);
        s->end = s->begin + s->field;
        s->field = 0;
        s->at = AT_TYPE;
        return s->end >= at;
    case AT_VALUE:
        if (c == FIELD || c == RECORD) {
            s->field = 0;
            s->at = AT_TYPE;
        }
    }
    return true;
}

static size_t walk_fields(struct image *i, struct bytes in, struct image_piece *out) {
    struct nist_state *s = (void *)i->state;
    size_t n = 0;
    bool over = false;
    while (n < in.n && !over) {
        bool good = take_octet(s, in.p[n], i->offset + n + 1);
        n++;
        bool picture = good && s->at == AT_VALUE && in.p[n - 1] == ':' &&
                       (s->field == PICTURE || s->field == OLD_PICTURE) && s->end > i->offset + n + 1;
        over = !good || picture || (s->end > 0 && i->offset + n >= s->end);
        if (!good && s->at == AT_TYPE && i->offset + n == s->begin + 1)
            image_end(i); /* behind a record that was whole something else stands */
        else if (!good)
            image_lost(i);
        else if (picture)
            image_gather(i, 0, 0, enter_picture);
        else if (over)
            image_run(i, IMAGE_METADATA, 0, 0, begin_record);
    }
    *out = (struct image_piece){i->mode == IMAGE_REST ? i->part : IMAGE_METADATA, bytes_of(in.p, n)};
    return n;
}

static void read_start(struct image *i) {
    struct nist_state *s = (void *)i->state;
    image_tell_header(i, IMAGE_METADATA, 0);
    if (take_octet(s, i->header[0], i->offset))
        image_walk(i, walk_fields);
    else
        image_lost(i);
}

const struct image_format image_nist = {.mimes = {"application/x-ansi-nist"}, .need = 1, .read = read_start};
