/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http/http_query.h"
#include "protocol/http/http_upload.h"
#include "protocol/memory.h"

/* CompleteMultipartUpload of S3: XML with a <PartNumber> for each part, which ascend. The parts that it does
 * not name are none of the object. */

static const char WORD[] = "PartNumber>";
enum { WORD_N = sizeof WORD - 1, BITS = HTTP_PARTS_MAX + 1, OCTETS_EACH = 16 };

struct http_parts_list {
    uint32_t number, highest, named;
    uint8_t matched; /* octets of WORD */
    bool digits;     /* a number is being read */
    uint64_t octets; /* of the body */
    uint8_t seen[(BITS + 7) / 8];
    size_t host_n, user_n, path_n, upload_n;
    uint8_t text[]; /* of the key: host, user, path, upload */
};

struct http_parts_list *http_parts_list_begin(const struct http_head *request, const struct http_origin *o) {
    struct bytes path = bytes_until(o->path, '?'), upload = bytes_of(NULL, 0);
    if (path.n < o->path.n && bytes_equal_nocase(o->method, "POST"))
        upload = http_query_value(o->path, "uploadId");
    if (upload.n == 0 || http_query_has(o->path, "partNumber"))
        return NULL;
    struct http_parts_list *l =
        protocol_alloc(PROTOCOL_HELD, sizeof *l + o->host.n + o->user.n + path.n + upload.n);
    if (!l) {
        counter_one(COUNTER_HTTP_NO_MEMORY);
        return NULL;
    }
    struct bytes all[] = {o->host, o->user, path, upload};
    size_t *sizes[] = {&l->host_n, &l->user_n, &l->path_n, &l->upload_n};
    uint8_t *at = l->text;
    for (int i = 0; i < 4; i++) {
        *sizes[i] = all[i].n;
        if (all[i].n)
            memcpy(at, all[i].p, all[i].n);
        at += all[i].n;
    }
    return l;
}

size_t http_parts_list_size(const struct http_parts_list *l) {
    return sizeof *l + l->host_n + l->user_n + l->path_n + l->upload_n;
}

static void note_number(struct http_parts_list *l) {
    uint32_t n = l->number;
    if (n > 0 && n <= HTTP_PARTS_MAX && !(l->seen[n / 8] & 1 << n % 8)) {
        l->seen[n / 8] |= (uint8_t)(1 << n % 8);
        l->named++;
        l->highest = n > l->highest ? n : l->highest;
    }
    l->number = 0;
    l->digits = false;
}

/* WORD begins with the only capital P that it has. */
static void read_octet(struct http_parts_list *l, uint8_t c) {
    if (l->digits && c >= '0' && c <= '9') {
        l->number = l->number <= HTTP_PARTS_MAX ? l->number * 10 + (uint32_t)(c - '0') : l->number;
        return;
    }
    if (l->digits)
        note_number(l);
    l->matched = c == (uint8_t)WORD[l->matched] ? l->matched + 1 : c == (uint8_t)WORD[0];
    if (l->matched == WORD_N) {
        l->digits = true;
        l->matched = 0;
    }
}

void http_parts_list_data(struct http_parts_list *l, struct bytes body) {
    l->octets += body.n;
    for (size_t i = 0; i < body.n; i++)
        read_octet(l, body.p[i]);
}

static struct transfer_seed seed_of(const struct http_parts_list *l, enum side client, uint64_t number) {
    struct transfer_seed f = transfer_seed_of("http", client);
    const uint8_t *at = l->text;
    f.key[0] = bytes_of(at, l->host_n);
    f.key[1] = bytes_of(at + l->host_n, l->user_n);
    f.key[2] = bytes_of(at + l->host_n + l->user_n, l->path_n);
    f.key[3] = bytes_of(at + l->host_n + l->user_n + l->path_n, l->upload_n);
    f.resume = RESUME_PIECE;
    f.offset = number;
    f.length = 0;
    return f;
}

static void tell_piece(struct conversation *c, const struct transfer_seed *f) {
    struct transfer *t = c->services->begin(c, f);
    c->services->end(c, t, TRANSFER_DONE);
}

/* Numbers that are left out are told as parts without a content, no more of them than the list is worth. */
void http_parts_list_end(struct http_parts_list *l, struct conversation *c, enum side client) {
    if (l->digits)
        note_number(l);
    if (l->named == 0)
        return;
    uint64_t left_out = l->highest - l->named;
    for (uint32_t n = 1; n < l->highest && left_out > 0 && left_out <= l->octets / OCTETS_EACH; n++)
        if (!(l->seen[n / 8] & 1 << n % 8)) {
            struct transfer_seed none = seed_of(l, client, n);
            tell_piece(c, &none);
        }
    struct transfer_seed last = seed_of(l, client, UINT64_C(1) + l->highest);
    last.total = l->highest;
    tell_piece(c, &last);
}

void http_parts_list_forget(struct http_parts_list *l) {
    protocol_free(l);
}
