/* SPDX-License-Identifier: Apache-2.0 */
#include "report/event/shown.h"

#include "base/hash.h"
#include "report/event/redact.h"
#include "report/event/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct bytes shown_cut(struct bytes text) {
    return bytes_of(text.p, text.n < SHOWN_NAME_MAX ? text.n : SHOWN_NAME_MAX);
}

static bool is_covered(unsigned which) {
    return which < FACT_COUNT && fact_rows[which].covered;
}

void shown_cover(struct record *r) {
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        if (!is_covered(i))
            continue;
        uint8_t *text = (uint8_t *)(r + 1) + r->text[i].at;
        size_t n = redact(text, r->text[i].n);
        memset(text + n, 0, r->text[i].n - n); /* the record is stored with what lies behind */
        r->text[i].n = (uint16_t)n;
    }
}

struct bytes shown_called(const struct record *r) {
    struct bytes name = bytes_of(NULL, 0);
    for (unsigned i = 0; i < FACT_COUNT && name.n == 0; i++)
        if (fact_rows[i].scope == FACT_SCOPE_NAME)
            name = record_text_of(r, (enum record_text)i);
    return name;
}

/* A reason is ours. Plates are covered before a cut leaves half of one, and here already: the store holds
 * none. */
static struct bytes shown_text(const struct record *r, enum record_text which,
                               uint8_t room[RECORD_TEXT_MAX]) {
    struct bytes text = record_text_of(r, which);
    if (which == TEXT_REASON)
        return text;
    if (!is_covered(which))
        return shown_cut(text);
    memcpy(room, text.p, text.n);
    return shown_cut(bytes_of(room, redact(room, text.n)));
}

void shown_fill(struct record_builder *b, const struct record *r, struct bytes class) {
    uint8_t room[RECORD_TEXT_MAX];
    record_begin(b, (enum record_kind)r->kind);
    struct record head = *r;
    memcpy(head.text, b->head.text, sizeof head.text);
    b->head = head;
    b->head.digests = 0;
    for (unsigned i = 0; i < TEXT_COUNT; i++)
        record_text(b, (enum record_text)i, shown_text(r, (enum record_text)i, room));
    struct bytes rules = record_text_of(r, TEXT_RULES), rule = record_text_of(r, TEXT_RULE_ID);
    if (rule.n == 0)
        list_next(&rules, &rule);
    record_text(b, TEXT_RULE_ID, rule);
    record_text(b, TEXT_RULES, rule);
    record_text(b, TEXT_CLASS, class);
    record_text(b, TEXT_CLASSES, class);
}

struct record *shown_pack(const struct record_builder *b, uint64_t id) {
    struct record *copy = malloc(sizeof *copy + ((b->used + 7u) & ~7u));
    if (copy)
        record_pack(b, id, copy);
    return copy;
}

struct record *shown_read(struct bytes stored) {
    struct record *r = stored.n >= sizeof *r ? malloc(stored.n) : NULL;
    if (!r)
        return NULL;
    memcpy(r, stored.p, stored.n);
    if (!record_valid(r, stored.n) || r->size != stored.n) {
        free(r);
        return NULL;
    }
    shown_cover(r);
    return r;
}

void shown_name(char out[37], const char *observer, struct bytes key, time_ns first) {
    static const struct hash_key halves[2] = {{0x676e74727931, 1}, {0x676e74727931, 2}};
    uint8_t all[SHOWN_KEY_MAX + 256 + sizeof first];
    uint64_t h[2];
    size_t n = key.n < SHOWN_KEY_MAX ? key.n : SHOWN_KEY_MAX, who = strnlen(observer, 256);
    memcpy(all, key.p, n);
    memcpy(all + n, &first, sizeof first);
    n += sizeof first;
    memcpy(all + n, observer, who);
    for (int k = 0; k < 2; k++)
        h[k] = hash_bytes(&halves[k], all, n + who);
    snprintf(out, 37, "%08x-%04x-8%03x-%04x-%012" PRIx64, (unsigned)(h[0] >> 32),
             (unsigned)(h[0] >> 16 & 0xffff), (unsigned)(h[0] & 0xfff),
             (unsigned)(h[1] >> 48 & 0x3fff) | 0x8000, h[1] & 0xffffffffffffu);
}

size_t shown_key_add(uint8_t *key, size_t n, struct bytes part) {
    part = shown_cut(part);
    if (part.n)
        memcpy(key + n, part.p, part.n);
    key[n + part.n] = '\n';
    return n + part.n + 1;
}
