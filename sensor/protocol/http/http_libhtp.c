/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "protocol/http/http_head.h"
#include "protocol/memory.h"

#include <errno.h>
#include <htp/htp.h>
#include <stdlib.h>

/* libhtp gets each head whole and alone: in one stream cut at any byte it reads a folded line or bytes behind
 * a body differently from one cut to the next, cannot go on behind a gap in a chunk, and pairs messages by
 * arrival. */
enum { FIELD_BYTES_MAX = 65536 + 1024, FIELDS_MAX = 1024 };

/* What libhtp takes for a head, nearly: so much, and so much for each of its bytes. */
enum { PARSER_BYTES = 8192, BYTES_EACH = 3 };

struct reading {
    htp_connp_t *parser;
    htp_tx_t *tx;
    bool request;
    bool partly; /* libhtp gave up the rest of it */
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
static void feed_parser(struct reading *r, const void *p, size_t n) {
    int state =
        r->request ? htp_connp_req_data(r->parser, NULL, p, n) : htp_connp_res_data(r->parser, NULL, p, n);
    r->partly |= state == HTP_STREAM_ERROR;
}

/* libhtp's own reading of Content-Length first (it steps over junk around the digits), the digits where it
 * reads a number out of what is none: less than nothing, or the zero of "0x44". */
static uint64_t read_length(const struct reading *r, struct bytes field) {
    int64_t n = r->request ? r->tx->request_content_length : r->tx->response_content_length;
    field = bytes_trim(field);
    bool misread = field.n > 1 && (field.p[0] == '-' || (field.p[0] == '0' && (field.p[1] | 0x20) == 'x'));
    return n >= 0 && !misread ? (uint64_t)n : http_head_number(field);
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
            keep = http_head_uses(line) != HTTP_FIELD_NONE || at + n == block.n;
        if (keep || at + n == block.n) {
            memcpy(out + used, line.p, n);
            used += n;
        }
        at += n;
    }
    return used;
}

static struct bytes field_of(const struct reading *r, enum http_field field) {
    const htp_table_t *table = r->request ? r->tx->request_headers : r->tx->response_headers;
    const htp_header_t *found = htp_table_get_c(table, http_field_names[field]);
    return found ? text_of(found->value) : bytes_of(NULL, 0);
}

/* libhtp leaves a field out, and does not say so, when its table cannot grow: all values that are asked for
 * must stand in it, though of several lengths it keeps one. */
static bool has_lost_field(const struct reading *r, struct bytes block) {
    for (const uint8_t *at = block.p, *end = block.p + block.n; at < end;) {
        const uint8_t *stop = memchr(at, '\n', (size_t)(end - at));
        struct bytes line = bytes_of(at, (size_t)((stop ? stop : end) - at));
        bool first = at == block.p || *at == ' ' || *at == '\t';
        enum http_field field = first ? HTTP_FIELD_NONE : http_head_uses(line);
        at += line.n + 1;
        if (field == HTTP_FIELD_NONE)
            continue;
        struct bytes kept = field_of(r, field);
        const uint8_t *colon = memchr(line.p, ':', line.n);
        struct bytes value = bytes_trim(bytes_of(colon + 1, (size_t)(line.p + line.n - colon - 1)));
        bool length = field == HTTP_CONTENT_LENGTH;
        if (!kept.p || (!length && value.n && !memmem(kept.p, kept.n, value.p, value.n)))
            return true;
    }
    return false;
}

static void feed_block(struct reading *r, struct bytes block) {
    bool many = count_lines(block) > FIELDS_MAX;
    uint8_t *fewer = many ? malloc(block.n) : NULL;
    if (fewer)
        block = bytes_of(fewer, copy_used(block, fewer));
    else if (many)
        counter_one(COUNTER_HTTP_NO_MEMORY);
    feed_parser(r, block.p, block.n);
    free(fewer);
}

/* libhtp takes a response without "HTTP/" at its beginning for a body: it gets a status line in place of the
 * odd one. Returns what is left to feed. */
static struct bytes feed_status(struct reading *r, struct bytes block) {
    char line[] = "HTTP/1.1 200 odd\r\n";
    const uint8_t *end = memchr(block.p, '\n', block.n);
    if (r->request || !end || bytes_starts_nocase(block, "HTTP/"))
        return block;
    for (const uint8_t *p = block.p; p + 4 < end; p++)
        if (p[0] == ' ' && p[1] >= '1' && p[1] <= '9' && p[2] >= '0' && p[2] <= '9' && p[3] >= '0' &&
            p[3] <= '9') {
            memcpy(line + 9, p + 1, 3);
            break;
        }
    feed_parser(r, line, sizeof line - 1);
    return bytes_of(end + 1, block.n - (size_t)(end + 1 - block.p));
}

/* libhtp (0.5.42, 0.5.50) frees the host of a CONNECT when it gets no memory for the port, and keeps it. */
static void forget_freed_host(struct reading *r) {
    struct bytes target = r->tx ? text_of(r->tx->request_uri) : bytes_of(NULL, 0);
    htp_uri_t *uri = r->tx ? r->tx->parsed_uri_raw : NULL;
    if (!r->partly || !uri || !uri->hostname || uri->port || r->tx->request_method_number != HTP_M_CONNECT)
        return;
    if (!target.p)
        return;
    const uint8_t *end = memrchr(target.p, ']', target.n);
    end = end ? end + 1 : memchr(target.p, ':', target.n);
    if (end && end < target.p + target.n && *end == ':')
        uri->hostname = NULL;
}

/* --- what it read --- */

static void read_texts(const struct reading *r, struct http_head *h) {
    const htp_tx_t *tx = r->tx;
    if (r->request) {
        h->method = text_of(tx->request_method);
        h->target = text_of(tx->request_uri);
        h->host = text_of(tx->request_hostname);
        h->user = text_of(tx->request_auth_username);
        h->old = tx->is_protocol_0_9 != 0;
    } else {
        h->reason = text_of(tx->response_message);
    }
    for (enum http_field i = 0; i < HTTP_FIELDS; i++)
        h->field[i] = field_of(r, i);
}

static void read_status(const struct reading *r, struct http_head *h) {
    int status = r->request ? 0 : r->tx->response_status_number;
    h->status_read = status >= 100 && status <= 999;
    h->status = h->status_read ? status : 200;
}

static enum http_read read_block(struct reading *r, struct http_head *h, struct bytes block) {
    htp_connp_open(r->parser, NULL, 0, NULL, 0, NULL);
    errno = 0; /* says below whether libhtp was refused memory */
    feed_block(r, feed_status(r, block));
    bool refused = errno == ENOMEM;
    r->tx = htp_list_get(htp_connp_get_connection(r->parser)->transactions, 0);
    forget_freed_host(r);
    if (!r->tx || !(r->request ? r->tx->request_line : r->tx->response_line))
        return HTTP_NO_HEAD;
    if (r->partly || (refused && has_lost_field(r, block)))
        counter_one(COUNTER_HTTP_HEADS_PARTLY);
    read_texts(r, h);
    h->length = read_length(r, h->field[HTTP_CONTENT_LENGTH]);
    read_status(r, h);
    bool chunked =
        (r->request ? r->tx->request_transfer_coding : r->tx->response_transfer_coding) == HTP_CODING_CHUNKED;
    h->own = protocol_alloc(PROTOCOL_HELD, http_head_text_size(h) + 1);
    if (!h->own)
        return HTTP_NO_MEMORY;
    http_head_move_text(h, h->own);
    http_head_framing(h, block);
    if (chunked)
        h->framing = HTTP_CHUNKED;
    return HTTP_READ;
}

enum http_read http_libhtp_parse(struct http_head *h, struct bytes block) {
    htp_cfg_t *cfg = get_configuration();
    size_t charged = PARSER_BYTES + BYTES_EACH * block.n;
    if (!cfg || !protocol_charge(PROTOCOL_HELD, charged))
        return HTTP_NO_MEMORY;
    struct reading r = {.parser = htp_connp_create(cfg), .request = h->request};
    enum http_read read = r.parser ? read_block(&r, h, block) : HTTP_NO_MEMORY;
    if (r.parser)
        htp_connp_destroy_all(r.parser);
    protocol_discharge(PROTOCOL_HELD, charged);
    return read;
}
