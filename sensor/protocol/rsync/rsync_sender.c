/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/memory.h"
#include "protocol/rsync/rsync_number.h"
#include "protocol/rsync/rsync_session.h"

enum { TAG_DATA = 7, PIECE = 512, LISTS_FIRST = 8, BEHIND_MAX = 4096 };

/* Numbers below that of a file. */
enum { INDEX_DONE = -1, INDEX_LISTS_END = -2, INDEX_DELETED = -3, INDEX_LIST = -101 };

/* What is said of a file before its bytes. */
enum {
    HAS_ATTRIBUTES = 1 << 8,
    HAS_BASIS = 1 << 11,
    HAS_NAME = 1 << 12,
    IS_LOCAL = 1 << 14,
    IS_SENT = 1 << 15
};

/* --- lists --- */

static struct rsync_list *newest_list(struct rsync_sender *s) {
    return &s->list[s->lists - 1];
}

static bool begin_list(struct rsync_sender *s) {
    size_t need = s->lists < LISTS_FIRST ? LISTS_FIRST : s->lists;
    bool grows = !s->list || (s->lists >= LISTS_FIRST && (s->lists & (s->lists - 1)) == 0);
    if (s->lists == RSYNC_LISTS_MAX)
        return false;
    if (grows) {
        struct rsync_list *list = protocol_grow(PROTOCOL_HELD, s->list, 2 * need * sizeof *list);
        if (!list)
            return false;
        s->list = list;
    }
    s->list[s->lists++] = (struct rsync_list){.first = s->next_first};
    s->at = RSYNC_LIST;
    return true;
}

static void end_list(struct rsync_sender *s) {
    struct rsync_list *l = newest_list(s);
    rsync_list_sort(l, s->form.version);
    s->next_first = l->first + l->n + 1;
    bool ids = !s->form.incremental && !s->options->numeric;
    s->at = s->form.incremental        ? RSYNC_INDEX
            : ids && s->options->owner ? RSYNC_USERS
            : ids && s->options->group ? RSYNC_GROUPS
                                       : RSYNC_ERROR;
}

/* Small lists of one tree are one text, as long ones are by themselves. */
static void end_names(struct rsync_sender *s) {
    enum { MANY = 256 };
    if (s->names.count >= MANY)
        names_end(&s->names, s->c, TRANSFER_DONE);
    else
        names_flush(&s->names, s->c);
}

static void add_name(struct rsync_sender *s) {
    if (!s->names.open) {
        struct transfer_seed seed = transfer_seed_of("rsync", s->from);
        seed.fact[FACT_PATH] = rsync_text_of(&s->place);
        seed.fact[FACT_USER] = rsync_text_of(&s->user);
        names_begin(&s->names, s->c, &seed);
    }
    names_add(&s->names, s->c, rsync_is_folder(&s->last), bytes_of(s->last.name, s->last.name_n));
}

static void drop_first_list(struct rsync_sender *s) {
    if (s->lists < 2)
        return;
    rsync_list_finish(&s->list[0]);
    memmove(s->list, s->list + 1, --s->lists * sizeof *s->list);
}

static const struct rsync_list *find_list(const struct rsync_sender *s, uint32_t index) {
    for (unsigned i = 0; i < s->lists; i++)
        if (index >= s->list[i].first && index - s->list[i].first < s->list[i].n)
            return &s->list[i];
    return NULL;
}

/* --- steps: each takes from a window, and says when it needs more --- */

static enum rsync_read take_filters(struct rsync_sender *s, struct reader *r) {
    uint32_t n;
    if (!reader_u32le(r, &n))
        return RSYNC_MORE;
    s->skip = n;
    if (n == 0 && !begin_list(s))
        return RSYNC_LOST;
    return RSYNC_TAKEN;
}

static enum rsync_read take_list(struct rsync_sender *s, struct reader *r) {
    enum rsync_read result = rsync_list_read(newest_list(s), &s->last, &s->form, r);
    if (result == RSYNC_TAKEN)
        add_name(s);
    if (result != RSYNC_END)
        return result;
    end_list(s);
    end_names(s);
    return RSYNC_TAKEN;
}

/* Numbers and names of users or groups; 0 is the end, before which one without a name may stand. */
static enum rsync_read take_ids(struct rsync_sender *s, struct reader *r) {
    uint32_t id;
    uint8_t n = 0;
    if (s->form.version < 30 ? !reader_u32le(r, &id) : !rsync_read_varint(r, &id))
        return RSYNC_MORE;
    if ((id || s->form.id0_names) && (!reader_u8(r, &n) || !reader_skip(r, n)))
        return RSYNC_MORE;
    if (id == 0)
        s->at = s->at == RSYNC_USERS && s->options->group ? RSYNC_GROUPS : RSYNC_ERROR;
    return RSYNC_TAKEN;
}

static enum rsync_read take_error(struct rsync_sender *s, struct reader *r) {
    if (s->form.version < 30 && !reader_skip(r, 4))
        return RSYNC_MORE;
    s->at = RSYNC_INDEX;
    return RSYNC_TAKEN;
}

/* From version 30 on numbers are differences to the last one above or below 0. */
static bool read_index(struct rsync_sender *s, struct reader *r, int32_t *out) {
    uint8_t first, second, low[3];
    uint32_t whole;
    if (s->form.version < 30) {
        if (!reader_u32le(r, &whole))
            return false;
        *out = (int32_t)whole;
        return true;
    }
    if (!reader_u8(r, &first))
        return false;
    bool below = first == 0xff;
    if (below && !reader_u8(r, &first))
        return false;
    if (first == 0 && !below) {
        *out = INDEX_DONE;
        return true;
    }
    int32_t *last = below ? &s->below : &s->above;
    int64_t value = (int64_t)*last + first;
    if (first == 0xfe) {
        if (!reader_u8(r, &first) || !reader_u8(r, &second))
            return false;
        value = (int64_t)*last + (first << 8 | second);
        if (first & 0x80) {
            low[0] = second;
            if (!reader_u8(r, &low[1]) || !reader_u8(r, &low[2]))
                return false;
            value = (int64_t)(first & 0x7f) << 24 | low[2] << 16 | low[1] << 8 | low[0];
        }
    }
    *last = (int32_t)value;
    *out = (int32_t)(below ? -(int64_t)*last : *last);
    return true;
}

static enum rsync_read take_done(struct rsync_sender *s) {
    if (s->form.incremental)
        drop_first_list(s);
    if (++s->done >= s->done_last)
        s->at = RSYNC_OVER;
    return RSYNC_TAKEN;
}

static bool skip_counts(struct reader *r) {
    uint32_t count;
    for (unsigned i = 0; i < 5; i++)
        if (!rsync_read_varint(r, &count))
            return false;
    return true;
}

static enum rsync_read take_index(struct rsync_sender *s, struct reader *r) {
    int32_t above = s->above, below = s->below, index;
    if (!read_index(s, r, &index))
        return RSYNC_MORE;
    if (index == INDEX_DELETED && !skip_counts(r)) {
        s->above = above;
        s->below = below;
        return RSYNC_MORE;
    }
    if (index == INDEX_DONE)
        return take_done(s);
    if (index >= 0) {
        s->index = (uint32_t)index;
        s->at = RSYNC_FLAGS;
        return RSYNC_TAKEN;
    }
    if (index > INDEX_LIST)
        return index == INDEX_LISTS_END || index == INDEX_DELETED ? RSYNC_TAKEN : RSYNC_LOST;
    s->done_last++; /* each directory's has an end of its own */
    return s->form.incremental && begin_list(s) ? RSYNC_TAKEN : RSYNC_LOST;
}

static enum rsync_read take_flags(struct rsync_sender *s, struct reader *r) {
    uint16_t flags = IS_SENT;
    struct bytes name;
    if (s->form.version >= 29 && !reader_u16le(r, &flags))
        return RSYNC_MORE;
    if ((flags & HAS_BASIS && !reader_skip(r, 1)) || (flags & HAS_NAME && !rsync_read_vstring(r, &name)))
        return RSYNC_MORE;
    bool renamed = s->form.fewer_attributes && flags & HAS_NAME && flags & IS_LOCAL;
    s->sent = flags & IS_SENT && !s->options->dry;
    s->at = s->sent ? RSYNC_HEAD : RSYNC_INDEX;
    if (s->options->xattrs && flags & HAS_ATTRIBUTES && !s->options->dry && !renamed)
        s->at = RSYNC_ATTRIBUTES;
    return RSYNC_TAKEN;
}

/* Long attributes that the receiver has asked for; 0 is their end. */
static enum rsync_read take_attribute(struct rsync_sender *s, struct reader *r) {
    uint32_t number;
    if (!rsync_read_varint(r, &number))
        return RSYNC_MORE;
    s->at = number ? RSYNC_VALUE : s->sent ? RSYNC_HEAD : RSYNC_INDEX;
    return RSYNC_TAKEN;
}

static enum rsync_read take_value(struct rsync_sender *s, struct reader *r) {
    if (!rsync_read_varint(r, &s->skip))
        return RSYNC_MORE;
    s->at = RSYNC_ATTRIBUTES;
    return RSYNC_TAKEN;
}

/* --- a file --- */

static void begin_file(struct rsync_sender *s) {
    uint8_t path[2 * RSYNC_TEXT_MAX + RSYNC_NAME_MAX];
    const struct rsync_list *l = find_list(s, s->index);
    const struct rsync_entry *e = l && !l->nameless ? &l->entry[s->index - l->first] : NULL;
    struct transfer_seed seed = transfer_seed_of("rsync", s->from);
    size_t n = s->place.n;
    memcpy(path, s->place.p, n);
    if (e) {
        struct bytes name = bytes_of(l->names + e->name, e->name_n);
        memcpy(path + n, name.p, name.n);
        n += name.n;
        seed.fact[FACT_NAME] = bytes_after_last(name, '/');
        seed.length = seed.total = e->size;
    }
    seed.fact[FACT_PATH] = bytes_of(path, n);
    seed.fact[FACT_USER] = rsync_text_of(&s->user);
    s->file.size = e ? e->size : 0;
    rsync_file_begin(&s->file, &seed);
}

static enum rsync_read take_head(struct rsync_sender *s, struct reader *r) {
    enum { BLOCK_LONGEST = 1 << 29 };
    struct rsync_file *f = &s->file;
    uint32_t digest;
    if (!reader_u32le(r, &f->blocks) || !reader_u32le(r, &f->block) || !reader_u32le(r, &digest) ||
        !reader_u32le(r, &f->remainder))
        return RSYNC_MORE;
    if (f->block > BLOCK_LONGEST || f->remainder > f->block || f->blocks >> 31)
        return RSYNC_LOST;
    begin_file(s);
    if (s->options->append && f->blocks) { /* what the receiver has is not sent again */
        uint64_t had = (uint64_t)f->blocks * f->block - (f->remainder ? f->block - f->remainder : 0);
        f->at = had;
        f->c->services->gap(f->c, f->transfer, had);
    }
    s->at = RSYNC_TOKENS;
    return RSYNC_TAKEN;
}

static enum rsync_read take_sum(struct rsync_sender *s, struct reader *r) {
    if (!reader_skip(r, s->sum_n))
        return RSYNC_MORE;
    rsync_file_end(&s->file, TRANSFER_DONE);
    s->at = RSYNC_INDEX;
    return RSYNC_TAKEN;
}

static enum rsync_read (*const steps[])(struct rsync_sender *s, struct reader *r) = {
    [RSYNC_FILTERS] = take_filters, [RSYNC_LIST] = take_list,
    [RSYNC_USERS] = take_ids,       [RSYNC_GROUPS] = take_ids,
    [RSYNC_ERROR] = take_error,     [RSYNC_INDEX] = take_index,
    [RSYNC_FLAGS] = take_flags,     [RSYNC_ATTRIBUTES] = take_attribute,
    [RSYNC_VALUE] = take_value,     [RSYNC_HEAD] = take_head,
    [RSYNC_SUM] = take_sum,
};

static enum rsync_read take_step(struct rsync_sender *s, const uint8_t *p, size_t n, size_t *used) {
    if (s->skip) {
        *used = s->skip < n ? s->skip : n;
        s->skip -= (uint32_t)*used;
        return RSYNC_TAKEN;
    }
    if (s->at == RSYNC_OVER) { /* a few counts */
        *used = n;
        s->behind += n < BEHIND_MAX ? (uint32_t)n : BEHIND_MAX;
        return s->behind < BEHIND_MAX ? RSYNC_TAKEN : RSYNC_LOST;
    }
    if (s->at == RSYNC_TOKENS) {
        enum rsync_read result = rsync_file_take(&s->file, p, n, used);
        if (result != RSYNC_END)
            return result;
        s->at = RSYNC_SUM;
        return RSYNC_TAKEN;
    }
    struct reader r = reader_of(p, n);
    enum rsync_read result = steps[s->at](s, &r);
    *used = result == RSYNC_TAKEN ? n - reader_left(&r) : 0;
    return result;
}

/* --- windows --- */

/* All the steps that a window allows. False: it is not understood. */
static bool run_steps(struct rsync_sender *s, const uint8_t *p, size_t n, size_t *total) {
    enum rsync_read result = RSYNC_TAKEN;
    *total = 0;
    while (*total < n && result == RSYNC_TAKEN) {
        size_t used = 0;
        result = take_step(s, p + *total, n - *total, &used);
        *total += used;
    }
    return result != RSYNC_LOST;
}

static bool hold(struct rsync_sender *s, const uint8_t *p, size_t n) {
    if (n > (size_t)(RSYNC_HELD_MAX - s->held_n))
        return false;
    if (!s->held && !(s->held = protocol_grow(PROTOCOL_HELD, NULL, RSYNC_HELD_MAX)))
        return false;
    memcpy(s->held + s->held_n, p, n);
    s->held_n = (uint16_t)(s->held_n + n);
    return true;
}

/* A long thing that comes octet by octet is not read anew with each of them, but when it has grown by an
 * eighth. */
static size_t find_due(size_t n) {
    enum { SHORT = 256 };
    size_t due = n < SHORT ? 0 : n + n / 8;
    return due < RSYNC_HELD_MAX ? due : RSYNC_HELD_MAX;
}

static bool run_held(struct rsync_sender *s) {
    size_t used;
    if (!run_steps(s, s->held, s->held_n, &used))
        return false;
    memmove(s->held, s->held + used, s->held_n - used);
    s->held_n = (uint16_t)(s->held_n - used);
    s->held_due = (uint16_t)find_due(s->held_n);
    return true;
}

/* The next octets of the sender, headers of packets taken off. What is not whole is held. */
static bool take_content(struct rsync_sender *s, const uint8_t *p, size_t n) {
    size_t used;
    while (s->held_n && n) {
        size_t piece = n < PIECE ? n : PIECE;
        size_t room = (size_t)(RSYNC_HELD_MAX - s->held_n);
        piece = piece < room ? piece : room;
        if (piece == 0 || !hold(s, p, piece) || (s->held_n >= s->held_due && !run_held(s)))
            return false;
        p += piece;
        n -= piece;
    }
    if (n == 0)
        return true;
    return run_steps(s, p, n, &used) && (used == n || hold(s, p + used, n - used));
}

static size_t take_packet_head(struct rsync_sender *s, const uint8_t *p, size_t n) {
    size_t room = sizeof s->head - s->head_n, take = room < n ? room : n;
    memcpy(s->head + s->head_n, p, take);
    s->head_n = (uint8_t)(s->head_n + take);
    if (s->head_n == sizeof s->head) {
        s->head_n = 0;
        s->tag = s->head[3];
        s->left = (uint32_t)s->head[2] << 16 | (uint32_t)s->head[1] << 8 | s->head[0];
    }
    return take;
}

bool rsync_sender_take(struct rsync_sender *s, const uint8_t *p, size_t n) {
    if (!s->multiplexed)
        return take_content(s, p, n);
    while (n > 0) {
        size_t take = s->left < n ? s->left : n;
        if (s->left == 0)
            take = take_packet_head(s, p, n);
        else if (s->tag == TAG_DATA && !take_content(s, p, take))
            return false;
        else
            s->left -= (uint32_t)take;
        if (s->tag < TAG_DATA)
            return false;
        p += take;
        n -= take;
    }
    return true;
}

bool rsync_sender_settle(struct rsync_sender *s) {
    return s->held_n == 0 || run_held(s);
}

bool rsync_sender_gap(struct rsync_sender *s, uint64_t n) {
    bool data = !s->multiplexed || s->tag == TAG_DATA;
    if (!rsync_sender_settle(s) || (s->multiplexed && n > s->left))
        return false;
    if (data && s->at == RSYNC_OVER)
        return true;
    if (data && (s->held_n || s->at != RSYNC_TOKENS || !rsync_file_gap(&s->file, n)))
        return false;
    if (s->multiplexed)
        s->left -= (uint32_t)n;
    return true;
}

void rsync_sender_begin(struct rsync_sender *s) {
    bool filters = s->options->prune || s->options->deletes;
    s->above = -1;
    s->below = 1;
    s->next_first = s->form.incremental;
    s->done_last = s->form.version >= 29 ? 3 : 2;
    s->tag = TAG_DATA;
    if (s->pushes && filters)
        s->at = RSYNC_FILTERS;
    else if (!begin_list(s))
        s->at = RSYNC_OVER;
}

void rsync_sender_finish(struct rsync_sender *s) {
    names_end(&s->names, s->c, TRANSFER_CUT);
    rsync_file_finish(&s->file);
    for (unsigned i = 0; i < s->lists; i++)
        rsync_list_finish(&s->list[i]);
    protocol_free(s->list);
    protocol_free(s->held);
}
