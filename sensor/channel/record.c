/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"
#include "channel/channel.h"

/* Together they fit RECORD_TEXT_MAX, so one text never crowds out another. */
static const uint16_t text_limit[TEXT_COUNT] = {
#define FACT(id, ecs, brief, longest, ...) [TEXT_##id] = longest,
    FACT_TABLE
#undef FACT
#define RECORD_TEXT(id, longest) [TEXT_##id] = longest,
        RECORD_TEXT_TABLE
#undef RECORD_TEXT
};

_Static_assert((int)TEXT_PROTOCOL == (int)FACT_COUNT, "the facts stand first, in their order");
_Static_assert(sizeof(struct record) % 8 == 0, "texts begin aligned");
_Static_assert(RECORD_TEXT_MAX % 8 == 0 && RECORD_TEXT_MAX <= UINT16_MAX,
               "digests begin aligned; offsets fit");

void record_begin(struct record_builder *b, enum record_kind kind) {
    memset(&b->head, 0, sizeof b->head);
    b->head.version = RECORD_VERSION;
    b->head.kind = (uint16_t)kind;
    b->used = 0;
}

/* Makes text `which` `n` bytes long, moving the texts behind it; its new bytes are for the caller to fill. */
static uint8_t *resize_text(struct record_builder *b, enum record_text which, size_t n) {
    if (b->head.text[which].n == 0)
        b->head.text[which].at = (uint16_t)b->used;
    uint32_t at = b->head.text[which].at, old = b->head.text[which].n;
    if (at + old < b->used) { /* seldom: most texts are added behind the others */
        memmove(b->text + at + n, b->text + at + old, b->used - at - old);
        for (unsigned i = 0; i < TEXT_COUNT; i++)
            if (b->head.text[i].n && b->head.text[i].at > at)
                b->head.text[i].at = (uint16_t)(b->head.text[i].at + n - old);
    }
    b->used = (uint32_t)(b->used + n - old);
    b->head.text[which].n = (uint16_t)n;
    return b->text + at;
}

void record_text(struct record_builder *b, enum record_text which, struct bytes value) {
    size_t n = utf8_fit(value, text_limit[which]);
    uint8_t *to = resize_text(b, which, n);
    if (n)
        memcpy(to, value.p, n);
}

void record_text_add(struct record_builder *b, enum record_text which, const char *value) {
    size_t old = b->head.text[which].n, more = value ? strlen(value) : 0;
    size_t gap = old ? 1 : 0;
    if (more == 0 || old + gap + more > text_limit[which])
        return;
    uint8_t *to = resize_text(b, which, old + gap + more);
    if (gap)
        to[old] = '\n';
    memcpy(to + old + gap, value, more);
}

void record_copy(struct record_builder *b, const struct record *r) {
    record_begin(b, (enum record_kind)r->kind);
    struct record head = *r;
    memset(head.text, 0, sizeof head.text);
    b->head = head;
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        record_text(b, (enum record_text)i, record_text_of(r, (enum record_text)i));
    if (r->digests)
        memcpy(b->digest, record_digests_of(r), r->digests * sizeof *b->digest);
}

size_t record_pack(const struct record_builder *b, uint64_t id, void *out) {
    struct record *r = (struct record *)out;
    size_t texts = (b->used + 7u) & ~(size_t)7;
    size_t digests = b->head.digests < RECORD_DIGESTS_MAX ? b->head.digests : RECORD_DIGESTS_MAX;
    uint8_t *at = (uint8_t *)out + sizeof *r;
    *r = b->head;
    r->id = id;
    r->digests = (uint16_t)digests;
    r->size = (uint32_t)(sizeof *r + texts + digests * sizeof b->digest[0]);
    memcpy(at, b->text, b->used);
    memset(at + b->used, 0, texts - b->used);
    memcpy(at + texts, b->digest, digests * sizeof b->digest[0]);
    return r->size;
}

struct bytes record_text_of(const struct record *r, enum record_text which) {
    return bytes_of((const uint8_t *)(r + 1) + r->text[which].at, r->text[which].n);
}

const uint64_t *record_digests_of(const struct record *r) {
    return (const uint64_t *)((const uint8_t *)r + r->size) - r->digests;
}

static bool is_time(time_ns t) {
    return t >= 0 && t <= CLOCK_LATEST;
}

bool record_valid(const struct record *r, size_t available) {
    if (available < sizeof *r || r->size > available || r->size < sizeof *r || r->size % 8)
        return false;
    if (r->version != RECORD_VERSION || r->kind < RECORD_TRANSFER || r->kind >= RECORD_KINDS)
        return false;
    if (!is_time(r->time) || !is_time(r->first) || !is_time(r->last))
        return false;
    size_t room = r->size - sizeof *r;
    if (r->digests > RECORD_DIGESTS_MAX || r->destination_bits > PREFIX_BITS_MAX ||
        r->digests * sizeof(uint64_t) > room)
        return false;
    room -= r->digests * sizeof(uint64_t);
    if (room > RECORD_TEXT_MAX)
        return false;
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        if ((size_t)r->text[i].at + r->text[i].n > room)
            return false;
    return true;
}
