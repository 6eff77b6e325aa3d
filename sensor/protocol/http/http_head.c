/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_head.h"

#include "base/counter.h"
#include "mime/mime.h"
#include "protocol/memory.h"

#include <errno.h>
#include <htp/htp.h>
#include <stdlib.h>

enum { FIELD_BYTES_MAX = 65536 + 1024, FIELDS_MAX = 1024 };

/* What libhtp takes for a head, nearly: so much, and so much for each of its bytes. */
enum { PARSER_BYTES = 8192, BYTES_EACH = 3 };

/* All that is ever asked of a head. */
static const char *const fields_used[] = {
    "host",         "authorization",    "content-length", "transfer-encoding",
    "content-type", "content-encoding", "content-range",  "content-disposition",
    "etag",         "last-modified",    "expect",         "upgrade",
    NULL,
};

/* One for the process, made at the first message and kept. */
static htp_cfg_t *get_configuration(void) {
    static htp_cfg_t *cfg;
    if (cfg)
        return cfg;
    htp_cfg_t *made = htp_config_create();
    if (!made)
        return NULL;
    htp_config_set_server_personality(made, HTP_SERVER_GENERIC);
    htp_config_set_log_level(made, HTP_LOG_NONE);
    htp_config_set_request_decompression(made, 0);
    htp_config_set_response_decompression(made, 0);
    htp_config_set_parse_request_cookies(made, 0);
    htp_config_set_parse_request_auth(made, 1);
    htp_config_set_field_limits(made, FIELD_BYTES_MAX, FIELD_BYTES_MAX);
    htp_config_set_number_headers_limit(made, FIELDS_MAX);
    cfg = made;
    return cfg;
}

static struct bytes text_of(const bstr *b) {
    return b ? bytes_of(bstr_ptr(b), bstr_len(b)) : bytes_of(NULL, 0);
}

/* A head of which libhtp gave up the rest, malformed or for want of memory, is used as far as it was read. */
static void feed_parser(struct http_head *h, const void *p, size_t n) {
    int state =
        h->request ? htp_connp_req_data(h->parser, NULL, p, n) : htp_connp_res_data(h->parser, NULL, p, n);
    h->partly |= state == HTP_STREAM_ERROR;
}

static bool is_chunked(const struct http_head *h) {
    if (h->request && h->tx->request_transfer_coding == HTP_CODING_CHUNKED)
        return true;
    if (!h->request && h->tx->response_transfer_coding == HTP_CODING_CHUNKED)
        return true;
    return http_head_lists(h, "transfer-encoding", "chunked");
}

/* It names a transfer coding which is none we know, or puts "chunked" in the wrong field. Some receivers look
 * for chunks all the same. */
static bool has_likely_chunks(const struct http_head *h, struct bytes block) {
    static const char name[] = "transfer-encoding";
    if (h->length != UINT64_MAX && http_head_lists(h, "transfer-encoding", "identity"))
        return false;
    if (http_head_has(h, "transfer-encoding") || http_head_lists(h, "content-encoding", "chunked"))
        return true;
    /* Where no length is announced, a name that is disfigured is looked for too. */
    for (size_t i = 0; h->length == UINT64_MAX && i + sizeof name <= block.n; i++)
        if ((block.p[i] | 0x20) == name[0] && bytes_starts_nocase(bytes_of(block.p + i, block.n - i), name))
            return true;
    return false;
}

/* The first of several values that is a number, if any. */
static uint64_t find_number(struct bytes list) {
    struct bytes element;
    uint64_t value;
    while (mime_list_next(&list, &element))
        if (bytes_number(element, &value) && value <= INT64_MAX)
            return value;
    return UINT64_MAX;
}

/* libhtp's own reading of Content-Length first (it steps over junk around the digits), the digits where it
 * reads a number out of what is none: less than nothing, or the zero of "0x44". */
static uint64_t read_length(const struct http_head *h) {
    int64_t n = h->request ? h->tx->request_content_length : h->tx->response_content_length;
    struct bytes field = bytes_trim(http_head_field(h, "content-length"));
    bool misread = field.n > 1 && (field.p[0] == '-' || (field.p[0] == '0' && (field.p[1] | 0x20) == 'x'));
    return n >= 0 && !misread ? (uint64_t)n : find_number(field);
}

static void read_framing(struct http_head *h, struct bytes block) {
    h->length = read_length(h);
    if (is_chunked(h))
        h->framing = HTTP_CHUNKED;
    else if (has_likely_chunks(h, block))
        h->framing = HTTP_CHUNKS_LIKELY;
    else if (h->length != UINT64_MAX)
        h->framing = HTTP_LENGTH;
    else
        h->framing = HTTP_UNTIL_CLOSE;
    int status = h->request ? 0 : h->tx->response_status_number;
    h->status_read = status >= 100 && status <= 999;
    h->status = h->status_read ? status : 200;
}

/* --- heads with more fields than libhtp takes: it would give up, and the body behind them would pass unseen
 * --- */

static size_t count_lines(struct bytes block) {
    size_t lines = 0;
    for (const uint8_t *at = block.p, *end = block.p + block.n;
         at < end && (at = memchr(at, '\n', (size_t)(end - at))); at++)
        lines++;
    return lines;
}

/* The name of the field in this line, if it is one of those; NULL else. */
static const char *find_used_field(struct bytes line) {
    const uint8_t *colon = memchr(line.p, ':', line.n);
    struct bytes name = bytes_trim(bytes_of(line.p, colon ? (size_t)(colon - line.p) : 0));
    for (size_t i = 0; fields_used[i]; i++)
        if (bytes_equal_nocase(name, fields_used[i]))
            return fields_used[i];
    return NULL;
}

bool http_head_uses(struct bytes line) {
    return find_used_field(line) != NULL;
}

/* Copies the first line, the empty one, and the fields that are used with their continuation lines; returns
 * the size. */
static size_t copy_used(struct bytes block, uint8_t *out) {
    size_t used = 0;
    bool keep = true;
    for (size_t at = 0; at < block.n;) {
        const uint8_t *end = memchr(block.p + at, '\n', block.n - at);
        size_t n = end ? (size_t)(end + 1 - (block.p + at)) : block.n - at;
        struct bytes line = bytes_of(block.p + at, n);
        bool folded = line.p[0] == ' ' || line.p[0] == '\t';
        if (at > 0 && !folded)
            keep = find_used_field(line) != NULL || at + n == block.n;
        if (keep || at + n == block.n) {
            memcpy(out + used, line.p, n);
            used += n;
        }
        at += n;
    }
    return used;
}

/* libhtp leaves a field out, and does not say so, when its table cannot grow: all values that are asked for
 * must stand in it, though of several lengths it keeps one. */
static bool has_lost_field(const struct http_head *h, struct bytes block) {
    for (const uint8_t *at = block.p, *end = block.p + block.n; at < end;) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        struct bytes line = bytes_of(at, (size_t)((stop ? stop : end) - at));
        const char *name = at > block.p && *at != ' ' && *at != '\t' ? find_used_field(line) : NULL;
        at += line.n + 1;
        if (!name)
            continue;
        struct bytes kept = http_head_field(h, name);
        const uint8_t *colon = memchr(line.p, ':', line.n);
        struct bytes value = bytes_trim(bytes_of(colon + 1, (size_t)(line.p + line.n - colon - 1)));
        bool length = strcmp(name, "content-length") == 0;
        if (!http_head_has(h, name) || (!length && value.n && !memmem(kept.p, kept.n, value.p, value.n)))
            return true;
    }
    return false;
}

static void feed_block(struct http_head *h, struct bytes block) {
    bool many = count_lines(block) > FIELDS_MAX;
    uint8_t *fewer = many ? malloc(block.n) : NULL;
    if (fewer)
        block = bytes_of(fewer, copy_used(block, fewer));
    else if (many)
        counter_one(COUNTER_HTTP_NO_MEMORY);
    feed_parser(h, block.p, block.n);
    free(fewer);
}

/* libhtp takes a response without "HTTP/" at its beginning for a body: it gets a status line in place of the
 * odd one. Returns what is left to feed. */
static struct bytes feed_status(struct http_head *h, struct bytes block) {
    char line[] = "HTTP/1.1 200 odd\r\n";
    const uint8_t *end = memchr(block.p, '\n', block.n);
    if (h->request || !end || bytes_starts_nocase(block, "HTTP/"))
        return block;
    for (const uint8_t *p = block.p; p + 4 < end; p++)
        if (p[0] == ' ' && p[1] >= '1' && p[1] <= '9' && p[2] >= '0' && p[2] <= '9' && p[3] >= '0' &&
            p[3] <= '9') {
            memcpy(line + 9, p + 1, 3);
            break;
        }
    feed_parser(h, line, sizeof line - 1);
    return bytes_of(end + 1, block.n - (size_t)(end + 1 - block.p));
}

/* libhtp (0.5.42, 0.5.50) frees the host of a CONNECT when it gets no memory for the port, and keeps it. */
static void forget_freed_host(struct http_head *h) {
    struct bytes target = h->tx ? text_of(h->tx->request_uri) : bytes_of(NULL, 0);
    htp_uri_t *uri = h->tx ? h->tx->parsed_uri_raw : NULL;
    if (!h->partly || !uri || !uri->hostname || uri->port || h->tx->request_method_number != HTP_M_CONNECT)
        return;
    if (!target.p)
        return;
    const uint8_t *end = memrchr(target.p, ']', target.n);
    end = end ? end + 1 : memchr(target.p, ':', target.n);
    if (end && end < target.p + target.n && *end == ':')
        uri->hostname = NULL;
}

bool http_head_parse(struct http_head *h, bool request, struct bytes block) {
    htp_cfg_t *cfg = get_configuration();
    *h = (struct http_head){.request = request};
    if (!protocol_charge(PROTOCOL_HELD, PARSER_BYTES + BYTES_EACH * block.n)) {
        counter_one(COUNTER_HTTP_NO_MEMORY);
        return false;
    }
    h->charged = PARSER_BYTES + BYTES_EACH * block.n;
    h->parser = cfg ? htp_connp_create(cfg) : NULL;
    if (!h->parser) {
        http_head_finish(h);
        return false;
    }
    htp_connp_open(h->parser, NULL, 0, NULL, 0, NULL);
    errno = 0; /* says below whether libhtp was refused memory */
    feed_block(h, feed_status(h, block));
    bool refused = errno == ENOMEM;
    h->tx = htp_list_get(htp_connp_get_connection(h->parser)->transactions, 0);
    forget_freed_host(h);
    bool read = h->tx && (request ? h->tx->request_line != NULL : h->tx->response_line != NULL);
    if (!read) {
        http_head_finish(h);
        return false;
    }
    if (h->partly || (refused && has_lost_field(h, block)))
        counter_one(COUNTER_HTTP_HEADS_PARTLY);
    read_framing(h, block);
    return true;
}

void http_head_finish(struct http_head *h) {
    if (h->parser)
        htp_connp_destroy_all(h->parser);
    protocol_discharge(PROTOCOL_HELD, h->charged);
    h->charged = 0;
    h->parser = NULL;
    h->tx = NULL;
}

struct bytes http_head_field(const struct http_head *h, const char *name) {
    const htp_table_t *table = h->request ? h->tx->request_headers : h->tx->response_headers;
    const htp_header_t *field = htp_table_get_c(table, name);
    return field ? text_of(field->value) : bytes_of(NULL, 0);
}

struct http_request http_head_request(const struct http_head *h) {
    return (struct http_request){.method = text_of(h->tx->request_method),
                                 .target = text_of(h->tx->request_uri),
                                 .host = text_of(h->tx->request_hostname),
                                 .user = text_of(h->tx->request_auth_username),
                                 .old = h->tx->is_protocol_0_9 != 0};
}

struct bytes http_head_reason(const struct http_head *h) {
    return text_of(h->tx->response_message);
}

bool http_head_has(const struct http_head *h, const char *name) {
    return htp_table_get_c(h->request ? h->tx->request_headers : h->tx->response_headers, name) != NULL;
}

bool http_head_lists(const struct http_head *h, const char *field, const char *word) {
    struct bytes list = http_head_field(h, field), element;
    while (mime_list_next(&list, &element))
        if (bytes_equal_nocase(element, word))
            return true;
    return false;
}
