/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/rsync/rsync_number.h"
#include "protocol/rsync/rsync_session.h"

#include <stdlib.h>

/* What the flags of an entry mean. Some bits have another meaning in an older version. */
enum {
    TOP_DIR = 1 << 0,
    SAME_MODE = 1 << 1,
    EXTENDED = 1 << 2, /* before 28: the same device */
    SAME_USER = 1 << 3,
    SAME_GROUP = 1 << 4,
    SAME_NAME = 1 << 5,
    LONG_NAME = 1 << 6,
    SAME_TIME = 1 << 7,
    SAME_MAJOR = 1 << 8,
    LINKED = 1 << 9,
    USER_NAMED = 1 << 10,  /* before 30: the same device of a hard link */
    GROUP_NAMED = 1 << 11, /* before 30: a minor number of 8 bits */
    LINKED_FIRST = 1 << 12,
    ERROR_END = 1 << 12,
    HAS_NANOSECONDS = 1 << 13,
    SAME_ACCESS = 1 << 14,
    CREATED_WITH = 1 << 17,
};

enum {
    FORMAT = 0170000,
    REGULAR = 0100000,
    DIRECTORY = 0040000,
    LINK = 0120000,
    CHARACTERS = 0020000,
    BLOCKS = 0060000,
    PIPE = 0010000,
    SOCKET = 0140000
};

enum { ENTRIES_MAX = 1 << 16, NAMES_MAX = 1 << 22, FIRST_ROOM = 64 };

static bool is_a(uint32_t mode, unsigned format) {
    return (mode & FORMAT) == format;
}

bool rsync_is_folder(const struct rsync_last *last) {
    return is_a(last->mode, DIRECTORY);
}

/* --- keeping --- */

static bool grow_room(void **p, uint32_t *room, size_t need, size_t size, size_t most) {
    size_t grown = *room ? *room : FIRST_ROOM;
    while (grown < need)
        grown *= 2;
    if (need <= *room)
        return true;
    void *q = grown <= most ? protocol_grow(PROTOCOL_HELD, *p, grown * size) : NULL;
    if (!q)
        return false;
    *p = q;
    *room = (uint32_t)grown;
    return true;
}

/* Where there is no room they have no names: which is which is not known any more. */
static void keep_entry(struct rsync_list *l, const struct rsync_last *last, uint64_t size) {
    if (!l->nameless && grow_room((void **)&l->entry, &l->room, l->n + 1, sizeof *l->entry, ENTRIES_MAX) &&
        grow_room((void **)&l->names, &l->names_room, l->names_n + last->name_n, 1, NAMES_MAX)) {
        l->entry[l->n] = (struct rsync_entry){size, last->mode, l->names_n, last->name_n};
        memcpy(l->names + l->names_n, last->name, last->name_n);
        l->names_n += last->name_n;
    } else if (!l->nameless) {
        counter_one(COUNTER_RSYNC_LISTS_LONG);
        uint32_t n = l->n, first = l->first;
        rsync_list_finish(l);
        l->n = n;
        l->first = first;
        l->nameless = true;
    }
    l->n++;
}

void rsync_list_finish(struct rsync_list *l) {
    protocol_free(l->entry);
    protocol_free(l->names);
    *l = (struct rsync_list){0};
}

/* --- order --- */

/* What a path is at the component that begins at `at`: files come before directories, and "." before all. */
struct component {
    struct bytes text;
    bool directory, self;
};

static struct component find_component(const struct rsync_list *l, const struct rsync_entry *e, size_t at) {
    struct bytes rest = bytes_of(l->names + e->name + at, e->name_n - at);
    struct bytes text = bytes_until(rest, '/');
    bool directory = text.n < rest.n || is_a(e->mode, DIRECTORY);
    bool self = text.n == rest.n && directory && text.n == 1 && text.p[0] == '.';
    return (struct component){text, directory && !self, self};
}

/* As if behind a directory's name stood a slash. */
static int compare_texts(struct component a, struct component b) {
    size_t n = a.text.n < b.text.n ? a.text.n : b.text.n;
    int order = n ? memcmp(a.text.p, b.text.p, n) : 0;
    if (order)
        return order;
    int next_a = a.text.n > n ? a.text.p[n] : a.directory ? '/' : 0;
    int next_b = b.text.n > n ? b.text.p[n] : b.directory ? '/' : 0;
    return next_a - next_b;
}

/* Where the first component begins that is not the same in both. */
static size_t skip_same(const struct rsync_list *l, const struct rsync_entry *a,
                        const struct rsync_entry *b) {
    const uint8_t *p = l->names + a->name, *q = l->names + b->name;
    size_t n = a->name_n < b->name_n ? a->name_n : b->name_n, begins = 0;
    for (size_t i = 0; i < n && p[i] == q[i]; i++)
        if (p[i] == '/')
            begins = i + 1;
    return begins;
}

static int compare_paths(const struct rsync_list *l, const struct rsync_entry *a,
                         const struct rsync_entry *b) {
    for (size_t at = skip_same(l, a, b);;) {
        if (at >= a->name_n || at >= b->name_n) /* what is in a directory comes behind it */
            return (int)(at < a->name_n) - (int)(at < b->name_n);
        struct component x = find_component(l, a, at), y = find_component(l, b, at);
        if (x.self || y.self)
            return (int)y.self - (int)x.self;
        if (x.directory != y.directory)
            return x.directory ? 1 : -1;
        if (!bytes_equal(x.text, y.text))
            return compare_texts(x, y);
        at += x.text.n + 1;
    }
}

/* Of two that are alike the first one comes first. */
static int compare_places(const struct rsync_entry *a, const struct rsync_entry *b) {
    return (a->name > b->name) - (a->name < b->name);
}

static int compare_new(const void *p, const void *q, void *list) {
    int order = compare_paths(list, p, q);
    return order ? order : compare_places(p, q);
}

/* Before version 29: octet by octet. */
static int compare_old(const void *p, const void *q, void *list) {
    const struct rsync_list *l = list;
    const struct rsync_entry *a = p, *b = q;
    size_t n = a->name_n < b->name_n ? a->name_n : b->name_n;
    int order = n ? memcmp(l->names + a->name, l->names + b->name, n) : 0;
    order = order ? order : (int)a->name_n - (int)b->name_n;
    return order ? order : compare_places(a, b);
}

void rsync_list_sort(struct rsync_list *l, unsigned version) {
    if (!l->nameless && l->n > 1)
        qsort_r(l->entry, l->n, sizeof *l->entry, version >= 29 ? compare_new : compare_old, l);
}

/* --- reading --- */

/* One entry as it is read; nothing of it counts until all of it is there. */
struct draft {
    const struct rsync_form *form;
    struct reader r;
    uint32_t flags;
    bool good; /* false: more octets are needed */
    bool odd;  /* it makes no sense */
};

static uint32_t take_u8(struct draft *d) {
    uint8_t value = 0;
    d->good = d->good && reader_u8(&d->r, &value);
    return value;
}

static uint32_t take_int(struct draft *d) {
    uint32_t value = 0;
    d->good = d->good && reader_u32le(&d->r, &value);
    return value;
}

static uint32_t take_varint(struct draft *d) {
    uint32_t value = 0;
    d->good = d->good && rsync_read_varint(&d->r, &value);
    return value;
}

static uint32_t take_varint30(struct draft *d) {
    return d->form->version < 30 ? take_int(d) : take_varint(d);
}

static uint64_t take_varlong30(struct draft *d, unsigned least) {
    uint64_t value = 0;
    d->good = d->good && (d->form->version < 30 ? rsync_read_longint(&d->r, &value)
                                                : rsync_read_varlong(&d->r, least, &value));
    return value;
}

static void skip_octets(struct draft *d, size_t n) {
    d->good = d->good && reader_skip(&d->r, n);
}

static void skip_id(struct draft *d, unsigned named) {
    take_varint30(d);
    if (d->form->version >= 30 && d->flags & named)
        skip_octets(d, take_u8(d));
}

static void skip_device(struct draft *d) {
    if (d->form->version < 28) {
        if (!(d->flags & EXTENDED))
            take_int(d);
        return;
    }
    if (!(d->flags & SAME_MAJOR))
        take_varint30(d);
    if (d->form->version >= 30)
        take_varint(d);
    else if (d->flags & GROUP_NAMED)
        take_u8(d);
    else
        take_int(d);
}

static bool has_device(const struct draft *d, uint32_t mode) {
    const struct rsync_options *o = d->form->options;
    if (is_a(mode, CHARACTERS) || is_a(mode, BLOCKS))
        return o->devices;
    return (is_a(mode, PIPE) || is_a(mode, SOCKET)) && o->specials && d->form->version < 31;
}

static void skip_hard_link(struct draft *d, uint32_t mode) {
    bool linked = d->flags & LINKED || (d->form->version < 28 && is_a(mode, REGULAR));
    if (!d->form->options->hard_links || !linked || d->form->version >= 30)
        return;
    if (!(d->flags & USER_NAMED))
        take_varlong30(d, 0);
    take_varlong30(d, 0);
}

static void skip_checksum(struct draft *d, uint32_t mode) {
    if (d->form->options->checksums && (is_a(mode, REGULAR) || d->form->version < 28))
        skip_octets(d, d->form->checksum_n);
}

/* A list of access: the number of one that came before, or 0 and the list. */
static void skip_access(struct draft *d) {
    enum { OBJECTS = 4, NAMED = 1 << OBJECTS, NAME_FOLLOWS = 1 };
    if (take_varint(d) != 0 || !d->good)
        return;
    uint32_t flags = take_u8(d);
    for (unsigned i = 0; i < OBJECTS; i++)
        if (flags >> i & 1)
            take_varint(d);
    uint32_t count = flags & NAMED ? take_varint(d) : 0;
    for (; count > 0 && d->good; count--) {
        take_varint(d);
        if (take_varint(d) & NAME_FOLLOWS)
            skip_octets(d, take_u8(d));
    }
}

/* Further attributes likewise; of a long one its digest. */
static void skip_attributes(struct draft *d) {
    enum { WHOLE_MAX = 32 };
    if (take_varint(d) != 0 || !d->good)
        return;
    for (uint32_t count = take_varint(d); count > 0 && d->good; count--) {
        uint32_t name = take_varint(d), value = take_varint(d);
        skip_octets(d, name);
        skip_octets(d, value > WHOLE_MAX ? d->form->checksum_n : value);
    }
}

static void skip_further(struct draft *d, uint32_t mode) {
    const struct rsync_options *o = d->form->options;
    if (o->acls && !is_a(mode, LINK)) {
        skip_access(d);
        if (is_a(mode, DIRECTORY)) /* what is made in it has */
            skip_access(d);
    }
    if (o->xattrs)
        skip_attributes(d);
}

/* A further name of a file whose entry came before in this list says nothing more of it. */
static const struct rsync_entry *find_linked(struct draft *d, const struct rsync_list *l) {
    static const struct rsync_entry unknown = {.mode = REGULAR};
    if (d->form->version < 30 || !(d->flags & LINKED) || d->flags & LINKED_FIRST)
        return NULL;
    uint32_t first = take_varint(d);
    if (!d->good || first < l->first)
        return NULL;
    if (first - l->first >= l->n) {
        d->odd = true;
        return NULL;
    }
    if (l->nameless)
        return &unknown;
    return &l->entry[first - l->first];
}

static void take_name(struct draft *d, struct rsync_last *last) {
    uint32_t same = d->flags & SAME_NAME ? take_u8(d) : 0;
    uint32_t n = d->flags & LONG_NAME ? take_varint30(d) : take_u8(d);
    const uint8_t *text;
    if (!d->good)
        return;
    if (same > last->name_n || n > RSYNC_NAME_MAX - same || same + n == 0) {
        d->odd = true;
        return;
    }
    d->good = reader_take(&d->r, n, &text);
    if (d->good) {
        memcpy(last->name + same, text, n);
        last->name_n = (uint16_t)(same + n);
    }
}

/* Behind the length; gives the mode. */
static uint32_t take_attributes(struct draft *d, uint32_t mode) {
    const struct rsync_options *o = d->form->options;
    if (!(d->flags & SAME_TIME)) {
        if (d->form->version >= 30)
            take_varlong30(d, 4);
        else
            take_int(d);
    }
    if (d->flags & HAS_NANOSECONDS && d->form->version >= 31)
        take_varint(d);
    if (o->create_times && !(d->flags & CREATED_WITH))
        take_varlong30(d, 4);
    if (!(d->flags & SAME_MODE))
        mode = take_int(d);
    if (o->access_times && !is_a(mode, DIRECTORY) && !(d->flags & SAME_ACCESS))
        take_varlong30(d, 4);
    if (o->owner && !(d->flags & SAME_USER))
        skip_id(d, USER_NAMED);
    if (o->group && !(d->flags & SAME_GROUP))
        skip_id(d, GROUP_NAMED);
    if (has_device(d, mode))
        skip_device(d);
    if (o->links && is_a(mode, LINK))
        skip_octets(d, take_varint30(d));
    return mode;
}

static void take_entry(struct draft *d, struct rsync_list *l, struct rsync_last *last) {
    struct rsync_last next = *last;
    take_name(d, &next);
    const struct rsync_entry *linked = d->odd ? NULL : find_linked(d, l);
    uint64_t size = linked ? linked->size : 0;
    if (linked) {
        next.mode = linked->mode;
    } else if (!d->odd) {
        size = take_varlong30(d, 3);
        next.mode = take_attributes(d, next.mode);
        skip_hard_link(d, next.mode);
        skip_checksum(d, next.mode);
    }
    if (!d->odd)
        skip_further(d, next.mode);
    if (!d->good || d->odd)
        return;
    *last = next;
    keep_entry(l, last, size);
}

/* The flags; false: they are the end of the list. */
static bool take_flags(struct draft *d) {
    const struct rsync_form *form = d->form;
    if (form->varint_flags) {
        d->flags = take_varint(d);
        if (d->good && d->flags == 0)
            take_varint(d);
        return d->flags != 0;
    }
    d->flags = take_u8(d);
    if (d->flags & EXTENDED && form->version >= 28)
        d->flags |= take_u8(d) << 8;
    bool error = form->safe_ends && d->flags == (EXTENDED | ERROR_END);
    if (error)
        take_varint(d);
    return d->flags != 0 && !error;
}

enum rsync_read rsync_list_read(struct rsync_list *l, struct rsync_last *last, const struct rsync_form *form,
                                struct reader *r) {
    struct draft d = {.form = form, .r = *r, .good = true};
    bool entry = take_flags(&d);
    if (d.good && entry)
        take_entry(&d, l, last);
    if (d.odd)
        return RSYNC_LOST;
    if (!d.good)
        return RSYNC_MORE;
    *r = d.r;
    return entry ? RSYNC_TAKEN : RSYNC_END;
}
