/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_head.h"

#include "base/counter.h"
#include "mime/mime.h"
#include "protocol/memory.h"

const char *const http_field_names[HTTP_FIELDS] = {
    [HTTP_HOST] = "host",
    [HTTP_AUTHORIZATION] = "authorization",
    [HTTP_CONTENT_LENGTH] = "content-length",
    [HTTP_TRANSFER_ENCODING] = "transfer-encoding",
    [HTTP_CONTENT_TYPE] = "content-type",
    [HTTP_CONTENT_ENCODING] = "content-encoding",
    [HTTP_CONTENT_RANGE] = "content-range",
    [HTTP_CONTENT_DISPOSITION] = "content-disposition",
    [HTTP_ETAG] = "etag",
    [HTTP_LAST_MODIFIED] = "last-modified",
    [HTTP_EXPECT] = "expect",
    [HTTP_UPGRADE] = "upgrade",
    [HTTP_LOCATION] = "location",
    [HTTP_UPLOAD_OFFSET] = "upload-offset",
    [HTTP_UPLOAD_LENGTH] = "upload-length",
    [HTTP_UPLOAD_METADATA] = "upload-metadata",
    [HTTP_UPLOAD_COMPLETE] = "upload-complete",
    [HTTP_UPLOAD_CONTENT_LENGTH] = "x-upload-content-length",
    [HTTP_AMZ_SHA256] = "x-amz-content-sha256",
    [HTTP_AMZ_COPY_SOURCE] = "x-amz-copy-source",
};

enum http_field http_head_named(struct bytes name) {
    static const uint8_t length[HTTP_FIELDS] = {4, 13, 14, 17, 12, 16, 13, 19, 4,  13,
                                                6, 7,  8,  13, 13, 15, 15, 23, 20, 17};
    enum { SHORTEST = 4, LONGEST = 23 };
    if (name.n < SHORTEST || name.n > LONGEST)
        return HTTP_FIELD_NONE;
    for (enum http_field i = 0; i < HTTP_FIELDS; i++)
        if (name.n == length[i] && bytes_equal_nocase(name, http_field_names[i]))
            return i;
    return HTTP_FIELD_NONE;
}

enum http_field http_head_uses(struct bytes line) {
    const uint8_t *colon = line.n ? memchr(line.p, ':', line.n) : NULL;
    return http_head_named(bytes_trim(bytes_of(line.p, colon ? (size_t)(colon - line.p) : 0)));
}

bool http_head_lists(const struct http_head *h, enum http_field field, const char *word) {
    struct bytes list = h->field[field], element;
    while (list.n && mime_list_next(&list, &element))
        if (bytes_equal_nocase(element, word))
            return true;
    return false;
}

uint64_t http_head_number(struct bytes field) {
    struct bytes element;
    uint64_t value;
    while (field.n && mime_list_next(&field, &element))
        if (bytes_number(element, &value) && value <= INT64_MAX)
            return value;
    return UINT64_MAX;
}

/* Does "transfer-encoding" stand anywhere in the block? */
static bool names_transfer_coding(struct bytes block) {
    enum { BEFORE = sizeof "transfer" - 1 };
    for (const uint8_t *at = block.p, *end = block.p + block.n; (at = memchr(at, '-', (size_t)(end - at)));
         at++)
        if (at - block.p >= BEFORE &&
            bytes_starts_nocase(bytes_of(at + 1, (size_t)(end - at - 1)), "encoding") &&
            bytes_starts_nocase(bytes_of(at - BEFORE, BEFORE), "transfer"))
            return true;
    return false;
}

/* It names a transfer coding which is none we know, or puts "chunked" in the wrong field. Some receivers look
 * for chunks all the same. Where no length is announced, a name that is disfigured is looked for too. */
static bool has_likely_chunks(const struct http_head *h, struct bytes block) {
    if (h->length != UINT64_MAX && http_head_lists(h, HTTP_TRANSFER_ENCODING, "identity"))
        return false;
    return http_head_has(h, HTTP_TRANSFER_ENCODING) || http_head_lists(h, HTTP_CONTENT_ENCODING, "chunked") ||
           (h->length == UINT64_MAX && names_transfer_coding(block));
}

void http_head_framing(struct http_head *h, struct bytes block) {
    if (http_head_lists(h, HTTP_TRANSFER_ENCODING, "chunked"))
        h->framing = HTTP_CHUNKED;
    else if (has_likely_chunks(h, block))
        h->framing = HTTP_CHUNKS_LIKELY;
    else if (h->length != UINT64_MAX)
        h->framing = HTTP_LENGTH;
    else
        h->framing = HTTP_UNTIL_CLOSE;
}

static struct http_head empty_head(bool request) {
    return (struct http_head){.request = request, .length = UINT64_MAX, .status = 200};
}

bool http_head_parse(struct http_head *h, bool request, struct bytes block, struct allowance *payer) {
    *h = empty_head(request);
    if (http_plain_parse(h, block, HTTP_STRICTLY))
        return true;
    *h = empty_head(request);
    bool paid = allowance_spend(payer, ACCOUNT_OBJECTS, ALLOWANCE_HEAD + 2 * block.n);
    enum http_read read = paid ? http_libhtp_parse(h, block) : HTTP_NO_MEMORY;
    if (read != HTTP_NO_MEMORY)
        return read == HTTP_READ;
    counter_one(paid ? COUNTER_HTTP_NO_MEMORY : COUNTER_HTTP_HEADS_UNPAID);
    *h = empty_head(request);
    return http_plain_parse(h, block, HTTP_LENIENTLY);
}

void http_head_finish(struct http_head *h) {
    protocol_free(h->own);
    h->own = NULL;
}

/* --- its texts, in memory of their own --- */

enum { TEXTS = 5 + HTTP_FIELDS };

static void list_texts(struct http_head *h, struct bytes *texts[TEXTS]) {
    struct bytes *const first[] = {&h->method, &h->target, &h->host, &h->user, &h->reason};
    memcpy(texts, first, sizeof first);
    for (int i = 0; i < HTTP_FIELDS; i++)
        texts[TEXTS - HTTP_FIELDS + i] = &h->field[i];
}

size_t http_head_text_size(const struct http_head *h) {
    struct http_head copy = *h;
    struct bytes *texts[TEXTS];
    list_texts(&copy, texts);
    size_t size = 0;
    for (int i = 0; i < TEXTS; i++)
        size += texts[i]->n;
    return size;
}

void http_head_move_text(struct http_head *h, void *to) {
    struct bytes *texts[TEXTS];
    uint8_t *at = to;
    list_texts(h, texts);
    for (int i = 0; i < TEXTS; i++) {
        if (texts[i]->n)
            memcpy(at, texts[i]->p, texts[i]->n);
        if (texts[i]->p)
            texts[i]->p = at;
        at += texts[i]->n;
    }
}

struct http_head *http_head_keep(const struct http_head *h) {
    struct http_head *copy = protocol_alloc(PROTOCOL_HELD, sizeof *copy + http_head_text_size(h));
    if (!copy) {
        counter_one(COUNTER_HTTP_NO_MEMORY);
        return NULL;
    }
    *copy = *h;
    copy->own = NULL;
    http_head_move_text(copy, copy + 1);
    return copy;
}
