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
    enum { LONGEST = 23, MOST = 6 };
    static const uint8_t of_length[LONGEST + 1][MOST] = {
        /* each and one, which 0 ends */
        [4] = {HTTP_HOST + 1, HTTP_ETAG + 1},
        [6] = {HTTP_EXPECT + 1},
        [7] = {HTTP_UPGRADE + 1},
        [8] = {HTTP_LOCATION + 1},
        [12] = {HTTP_CONTENT_TYPE + 1},
        [13] = {HTTP_AUTHORIZATION + 1, HTTP_CONTENT_RANGE + 1, HTTP_LAST_MODIFIED + 1,
                HTTP_UPLOAD_OFFSET + 1, HTTP_UPLOAD_LENGTH + 1},
        [14] = {HTTP_CONTENT_LENGTH + 1},
        [15] = {HTTP_UPLOAD_METADATA + 1, HTTP_UPLOAD_COMPLETE + 1},
        [16] = {HTTP_CONTENT_ENCODING + 1},
        [17] = {HTTP_TRANSFER_ENCODING + 1, HTTP_AMZ_COPY_SOURCE + 1},
        [19] = {HTTP_CONTENT_DISPOSITION + 1},
        [20] = {HTTP_AMZ_SHA256 + 1},
        [23] = {HTTP_UPLOAD_CONTENT_LENGTH + 1},
    };
    if (name.n > LONGEST)
        return HTTP_FIELD_NONE;
    for (const uint8_t *i = of_length[name.n]; *i; i++) {
        enum http_field field = *i - 1;
        if ((name.p[0] | 0x20) == http_field_names[field][0] &&
            bytes_equal_nocase(name, http_field_names[field]))
            return field;
    }
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

size_t http_head_take(struct http_head *h, bool request, struct bytes in) {
    *h = empty_head(request);
    return http_plain_take(h, in);
}

void http_head_finish(struct http_head *h) {
    protocol_free(h->own);
    h->own = NULL;
}

/* --- its texts, in memory of their own --- */

size_t http_head_text_size(const struct http_head *h) {
    size_t size = h->method.n + h->target.n + h->host.n + h->user.n + h->reason.n;
    for (int i = 0; i < HTTP_FIELDS; i++)
        size += h->field[i].n;
    return size;
}

static void move_text(struct bytes *text, uint8_t **at) {
    if (!text->p)
        return;
    if (text->n)
        memcpy(*at, text->p, text->n);
    text->p = *at;
    *at += text->n;
}

void http_head_move_text(struct http_head *h, void *to) {
    uint8_t *at = to;
    move_text(&h->method, &at);
    move_text(&h->target, &at);
    move_text(&h->host, &at);
    move_text(&h->user, &at);
    move_text(&h->reason, &at);
    for (int i = 0; i < HTTP_FIELDS; i++)
        move_text(&h->field[i], &at);
}

struct http_head *http_head_keep(const struct http_head *h) {
    struct http_head *copy = protocol_grow(PROTOCOL_HELD, NULL, sizeof *copy + http_head_text_size(h));
    if (!copy) {
        counter_one(COUNTER_HTTP_NO_MEMORY);
        return NULL;
    }
    *copy = *h;
    copy->own = NULL;
    http_head_move_text(copy, copy + 1);
    return copy;
}
