/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_upload.h"

#include "base/base64.h"
#include "base/hash.h"
#include "mime/mime.h"
#include "protocol/http/http.h"
#include "protocol/http/http_facts.h"
#include "protocol/http/http_query.h"
#include "protocol/shared.h"

#include <assert.h>

enum { UPLOAD_NAME_MAX = 200 };

/* By the address of both hosts and the path of the URL. */
struct upload {
    uint64_t total; /* LENGTH_UNKNOWN */
    size_t name_n;
    char name[UPLOAD_NAME_MAX];
};

/* The parts of a key that stand for all uploads of a kind. */
static const char URL_KEY[] = "upload", NEW_KEY[] = "new upload";

static struct upload *find_upload(struct conversation *c, enum side client, struct bytes path, bool make) {
    static struct hash_key key[2];
    static bool keyed;
    struct {
        struct address from, to;
        uint64_t digest[2];
    } k = {c->end[client].address, c->end[side_other(client)].address, {0, 0}};
    static_assert(sizeof k <= SHARED_KEY_MAX, "addresses and a digest are a key");
    if (!keyed)
        key[0] = hash_key_random(), key[1] = hash_key_random();
    keyed = true;
    for (int i = 0; i < 2; i++)
        k.digest[i] = hash_bytes(&key[i], path.p, path.n);
    bool made;
    return make
               ? shared_state_join(&protocol_http, bytes_of(&k, sizeof k), sizeof(struct upload), NULL, &made)
               : shared_state_find(&protocol_http, bytes_of(&k, sizeof k));
}

/* --- what is asked for --- */

static uint64_t announced_total(const struct http_head *request) {
    uint64_t total = http_head_number(request->field[HTTP_UPLOAD_LENGTH]);
    return total != UINT64_MAX ? total : http_head_number(request->field[HTTP_UPLOAD_CONTENT_LENGTH]);
}

/* tus and the IETF's make them by POST; Google's client libraries by PUT too. */
void http_upload_asked(const struct http_head *request, struct http_origin *o) {
    bool says = http_head_has(request, HTTP_UPLOAD_LENGTH) || http_head_has(request, HTTP_UPLOAD_METADATA) ||
                http_head_has(request, HTTP_UPLOAD_COMPLETE) ||
                http_head_has(request, HTTP_UPLOAD_CONTENT_LENGTH) ||
                bytes_equal_nocase(http_query_value(o->path, "uploadType"), "resumable"); /* Google's */
    o->creates = says && (bytes_equal_nocase(o->method, "POST") || bytes_equal_nocase(o->method, "PUT")) &&
                 !http_head_has(request, HTTP_UPLOAD_OFFSET) && !http_head_has(request, HTTP_CONTENT_RANGE);
    if (!o->creates)
        return;
    uint64_t total = announced_total(request);
    o->total = total == UINT64_MAX ? LENGTH_UNKNOWN : total;
    o->metadata = request->field[HTTP_UPLOAD_METADATA];
}

static size_t decode_text(struct bytes text, char *out, size_t size) {
    struct base64 s = {0};
    uint8_t rest[BASE64_REST_MAX];
    size_t n = base64_decode(&s, &text, (uint8_t *)out, size), left = base64_finish(&s, rest);
    left = left < size - n ? left : size - n;
    memcpy(out + n, rest, left);
    return n + left;
}

/* "filename d29ybGQ=,filetype aW1hZ2U=": keys, and values in base64 (tus 1.0.0, Upload-Metadata). */
static struct bytes metadata_name(struct bytes metadata, char scratch[HTTP_UPLOAD_SCRATCH]) {
    enum { ENCODED_MAX = HTTP_UPLOAD_SCRATCH / 2 };
    struct bytes element;
    char *decoded = scratch + ENCODED_MAX;
    while (metadata.n && mime_list_next(&metadata, &element)) {
        struct bytes key = bytes_until(element, ' ');
        if (!bytes_equal_nocase(key, "filename") && !bytes_equal_nocase(key, "name"))
            continue;
        struct bytes value = bytes_trim(bytes_of(element.p + key.n, element.n - key.n));
        value.n = value.n < ENCODED_MAX ? value.n : ENCODED_MAX;
        size_t n = decode_text(value, decoded, ENCODED_MAX);
        return mime_file_name(bytes_of(decoded, n), false, scratch, ENCODED_MAX);
    }
    return bytes_of(NULL, 0);
}

/* Google's stands in the query of the request that makes the upload. */
static struct bytes upload_name(const struct http_origin *o, char scratch[HTTP_UPLOAD_SCRATCH]) {
    struct bytes name = metadata_name(o->metadata, scratch);
    return name.n ? name
                  : mime_file_name(http_query_value(o->path, "name"), true, scratch, HTTP_UPLOAD_SCRATCH / 2);
}

void http_upload_made(struct conversation *c, enum side client, const struct http_origin *o,
                      const struct http_head *response) {
    struct bytes path = http_facts_path(response->field[HTTP_LOCATION]);
    if (!o->creates || path.n == 0)
        return;
    char scratch[HTTP_UPLOAD_SCRATCH];
    struct bytes name = upload_name(o, scratch);
    struct upload *u = find_upload(c, client, path, true);
    if (!u)
        return;
    u->total = o->total;
    u->name_n = name.n < UPLOAD_NAME_MAX ? name.n : UPLOAD_NAME_MAX;
    memcpy(u->name, name.p ? (const char *)name.p : "", u->name_n);
    shared_state_leave(u, true);
}

/* --- what comes --- */

static void set_key(struct transfer_seed *f, struct bytes path, const char *kind) {
    for (int i = 0; i < TRANSFER_KEY_PARTS; i++)
        f->key[i] = bytes_of(NULL, 0);
    f->key[2] = path;
    f->key[3] = bytes_text(kind);
}

bool http_upload_key(const struct http_head *response, struct transfer_seed *f) {
    struct bytes path = http_facts_path(response->field[HTTP_LOCATION]);
    set_key(f, path, URL_KEY);
    return path.n > 0;
}

/* What is known of the upload that goes on here. */
static void fill_known(struct conversation *c, const struct http_origin *o, struct transfer_seed *f,
                       char scratch[HTTP_UPLOAD_SCRATCH]) {
    struct upload *u = find_upload(c, f->from, o->path, false);
    if (!u)
        return;
    if (f->total == LENGTH_UNKNOWN)
        f->total = u->total;
    if (u->name_n) {
        memcpy(scratch, u->name, u->name_n);
        f->fact[FACT_NAME] = bytes_of(scratch, u->name_n);
    }
    shared_state_leave(u, true);
}

/* "?1": this brings the last of it (structured fields, RFC 9651; a draft had it the other way round, as
 * Upload-Incomplete). */
static bool brings_last(const struct http_head *request) {
    return bytes_equal(bytes_trim(request->field[HTTP_UPLOAD_COMPLETE]), bytes_text("?1"));
}

static bool is_beginning(const struct http_head *request, const struct http_origin *o) {
    bool tus = bytes_starts_nocase(request->field[HTTP_CONTENT_TYPE], "application/offset+octet-stream");
    return o->creates && (tus || (http_head_has(request, HTTP_UPLOAD_COMPLETE) && !brings_last(request)));
}

static void fill_beginning(const struct http_origin *o, struct transfer_seed *f,
                           char scratch[HTTP_UPLOAD_SCRATCH]) {
    static uint64_t uploads;
    struct bytes name = upload_name(o, scratch);
    uint64_t number = ++uploads;
    if (name.n)
        f->fact[FACT_NAME] = name;
    memcpy(scratch + HTTP_UPLOAD_SCRATCH - sizeof number, &number, sizeof number);
    set_key(f, bytes_of(scratch + HTTP_UPLOAD_SCRATCH - sizeof number, sizeof number), NEW_KEY);
    f->resume = RESUME_RANGE;
    f->resumable = false;
    f->total = o->total;
}

static bool fill_offset(struct conversation *c, const struct http_head *request, const struct http_origin *o,
                        struct transfer_seed *f, char scratch[HTTP_UPLOAD_SCRATCH]) {
    uint64_t offset;
    if (!bytes_number(bytes_trim(request->field[HTTP_UPLOAD_OFFSET]), &offset))
        return false;
    uint64_t total = announced_total(request);
    f->total = total == UINT64_MAX ? LENGTH_UNKNOWN : total;
    f->resume = RESUME_RANGE;
    f->resumable = false;
    f->offset = offset;
    fill_known(c, o, f, scratch);
    if (brings_last(request) && f->length != LENGTH_UNKNOWN && f->length <= UINT64_MAX - offset)
        f->total = offset + f->length;
    else if (brings_last(request) && f->total == LENGTH_UNKNOWN)
        f->resume = RESUME_TO_END;
    set_key(f, o->path, URL_KEY);
    return true;
}

static bool fill_part(const struct http_origin *o, struct transfer_seed *f) {
    struct bytes upload = http_query_value(o->path, "uploadId");
    uint64_t number;
    if (upload.n == 0 || !bytes_number(http_query_value(o->path, "partNumber"), &number) || number == 0 ||
        number > HTTP_PARTS_MAX)
        return false;
    f->resume = RESUME_PIECE;
    f->resumable = false;
    f->offset = number;
    f->total = LENGTH_UNKNOWN;
    f->key[2] = bytes_until(o->path, '?');
    f->key[3] = upload;
    return true;
}

bool http_upload_fill(struct conversation *c, const struct http_head *request, const struct http_origin *o,
                      struct transfer_seed *f, char scratch[HTTP_UPLOAD_SCRATCH]) {
    uint64_t total;
    if (fill_part(o, f) || fill_offset(c, request, o, f, scratch))
        return false;
    if (is_beginning(request, o)) {
        fill_beginning(o, f, scratch);
        return true;
    }
    if (f->length == 0 && http_upload_asks(request, &total) && total != UINT64_MAX) {
        f->resume = RESUME_RANGE;
        f->resumable = false;
        f->offset = f->total = total;
    }
    if (f->resume == RESUME_RANGE)
        fill_known(c, o, f, scratch);
    return false;
}

bool http_upload_asks(const struct http_head *request, uint64_t *total) {
    struct bytes range = bytes_trim(request->field[HTTP_CONTENT_RANGE]);
    *total = UINT64_MAX;
    if (!bytes_starts_nocase(range, "bytes"))
        return false;
    range = bytes_trim(bytes_of(range.p + 5, range.n - 5));
    if (range.n < 3 || range.p[0] != '*' || range.p[1] != '/')
        return false;
    if (!bytes_number(bytes_of(range.p + 2, range.n - 2), total))
        *total = UINT64_MAX;
    return true;
}
