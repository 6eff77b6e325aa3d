/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_facts.h"

#include "mime/mime.h"
#include "protocol/http/http_upload.h"

enum { PATH_MAX_BYTES = 2048, NAME_SCRATCH = HTTP_SCRATCH - 256 };

/* The path and query of a target: origin-form as it is, absolute-form behind its authority, nothing of
 * authority-form (RFC 9112 section 3.2). */
struct bytes http_facts_path(struct bytes target) {
    if (target.n && target.p[0] == '/')
        return target;
    for (size_t i = 0; i + 3 <= target.n && i < 12; i++) {
        if (memcmp(target.p + i, "://", 3) != 0)
            continue;
        const uint8_t *from = target.p + i + 3;
        size_t n = target.n - i - 3;
        const uint8_t *slash = n ? memchr(from, '/', n) : NULL;
        return slash ? bytes_of(slash, n - (size_t)(slash - from)) : bytes_of(NULL, 0);
    }
    return target;
}

struct http_origin http_facts_origin(const struct http_head *request) {
    struct http_origin o = {.method = request->method, .host = request->host, .user = request->user};
    if (!bytes_equal_nocase(o.method, "CONNECT"))
        o.path = http_facts_path(request->target);
    if (o.path.n > PATH_MAX_BYTES)
        o.path.n = PATH_MAX_BYTES;
    o.proxied = request->target.n > 0 && request->target.p[0] != '/' && o.path.p != request->target.p;
    http_upload_asked(request, &o);
    return o;
}

static void read_range(struct bytes field, struct transfer_seed *f) {
    struct mime_range range;
    if (!mime_range_parse(field, &range))
        return;
    f->resume = RESUME_RANGE;
    f->offset = range.first;
    f->total = range.total_known ? range.total : LENGTH_UNKNOWN;
}

/* `field` and one more coding, in `out`, where there is room for both. */
static struct bytes add_coding(struct bytes field, const char *coding,
                               char out[HTTP_SCRATCH - NAME_SCRATCH]) {
    size_t n = strlen(coding);
    if (field.n + n + 2 > HTTP_SCRATCH - NAME_SCRATCH)
        return field;
    if (field.n > 0) {
        memmove(out, field.p, field.n);
        memcpy(out + field.n, ", ", 2);
        field.n += 2;
    }
    memcpy(out + field.n, coding, n);
    return bytes_of(out, field.n + n);
}

/* The field with all codings but this one, in `out`. */
static struct bytes without_coding(struct bytes field, const char *coding,
                                   char out[HTTP_SCRATCH - NAME_SCRATCH]) {
    struct bytes name, kept = bytes_of(NULL, 0);
    size_t n = 0;
    while (field.n && mime_list_next(&field, &name)) {
        if (bytes_equal_nocase(name, coding) || n + name.n + 2 > HTTP_SCRATCH - NAME_SCRATCH)
            continue;
        if (n > 0)
            out[n++] = ',';
        memmove(out + n, name.p, name.n);
        n += name.n;
        kept = bytes_of(out, n);
    }
    return kept;
}

/* Content-Encoding, and what Transfer-Encoding adds to it besides chunks: it is applied last (RFC 9112
 * section 6.1). A field that cannot be read is an unknown coding. `out`: the rest of the scratch space. */
static struct bytes list_codings(const struct http_head *h, char out[HTTP_SCRATCH - NAME_SCRATCH]) {
    static const char *const compressed[] = {"gzip", "x-gzip", "deflate", "x-deflate", "br", "zstd"};
    struct bytes field = bytes_trim(h->field[HTTP_CONTENT_ENCODING]);
    if (field.n == 0 && http_head_has(h, HTTP_CONTENT_ENCODING))
        field = bytes_text("unreadable");
    /* S3's chunks are outermost, wherever in the field they stand; some senders say it elsewhere. */
    if (bytes_starts_nocase(h->field[HTTP_AMZ_SHA256], "STREAMING-") ||
        http_head_lists(h, HTTP_CONTENT_ENCODING, "aws-chunked"))
        field = add_coding(without_coding(field, "aws-chunked", out), "aws-chunked", out);
    if (!http_head_has(h, HTTP_TRANSFER_ENCODING))
        return field;
    for (size_t i = 0; i < sizeof compressed / sizeof *compressed; i++) {
        if (!http_head_lists(h, HTTP_TRANSFER_ENCODING, compressed[i]))
            continue;
        field = add_coding(field, compressed[i], out);
    }
    return field;
}

static void read_fields(struct transfer_seed *f, const struct http_head *h, char scratch[HTTP_SCRATCH]) {
    struct mime_disposition d;
    f->fact[FACT_DECLARED_TYPE] = h->field[HTTP_CONTENT_TYPE];
    f->codings = list_codings(h, scratch + NAME_SCRATCH);
    f->etag = h->field[HTTP_ETAG];
    if (f->etag.n == 0)
        f->etag = h->field[HTTP_LAST_MODIFIED];
    if (h->framing == HTTP_LENGTH)
        f->length = h->length;
    if (http_head_has(h, HTTP_CONTENT_RANGE) && (h->request || h->status == 206))
        read_range(h->field[HTTP_CONTENT_RANGE], f);
    if (http_head_has(h, HTTP_CONTENT_DISPOSITION) &&
        mime_disposition_parse(h->field[HTTP_CONTENT_DISPOSITION], scratch, NAME_SCRATCH, &d))
        f->fact[FACT_NAME] = d.filename;
}

/* Requests that a client repeats with a Range once they were cut. */
static bool is_resumed(const struct http_origin *o) {
    static const char *const methods[] = {"GET", "PUT", "PATCH"};
    for (size_t i = 0; o->path.n > 0 && i < sizeof methods / sizeof *methods; i++)
        if (o->method.n == strlen(methods[i]) && bytes_equal_nocase(o->method, methods[i]))
            return true;
    return false;
}

void http_facts_fill(struct transfer_seed *f, enum side from, const struct http_head *h,
                     const struct http_origin *o, char scratch[HTTP_SCRATCH]) {
    *f = transfer_seed_of("http", from);
    f->fact[FACT_METHOD] = o->method;
    f->fact[FACT_URL] = o->path;
    f->fact[FACT_HOST] = o->host;
    if (o->proxied)
        f->fact[FACT_TARGET] = o->host;
    f->fact[FACT_USER] = o->user;
    if (h)
        read_fields(f, h, scratch);
    struct bytes path = bytes_until(bytes_until(o->path, '?'), '#');
    if (f->fact[FACT_NAME].n == 0 && path.n > 0 && path.p[path.n - 1] != '/') /* which has no name */
        f->fact[FACT_NAME] = mime_file_name(path, true, scratch, NAME_SCRATCH);
    f->key[0] = o->host;
    f->key[1] = o->user;
    f->key[2] = o->path.n ? o->path : f->fact[FACT_NAME];
    f->key[3] = bytes_text("/"); /* of responses alone: size and entity tag keep their ranges apart */
    f->resumable = f->resume == RESUME_NONE && is_resumed(o);
}
