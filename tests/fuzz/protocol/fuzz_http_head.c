/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/http/http_head.h"
#include "protocol/http/http_lines.h"

#include <stdlib.h>

static void need_equal(struct bytes a, struct bytes b) {
    if (!bytes_equal(a, b))
        abort();
}

static void compare_heads(const struct http_head *a, const struct http_head *b) {
    need_equal(a->method, b->method);
    need_equal(a->target, b->target);
    need_equal(a->host, b->host);
    need_equal(a->user, b->user);
    need_equal(a->reason, b->reason);
    for (enum http_field i = 0; i < HTTP_FIELDS; i++) {
        need_equal(a->field[i], b->field[i]);
        if (http_head_has(a, i) != http_head_has(b, i))
            abort();
    }
    if (a->old != b->old || a->status_read != b->status_read || a->status != b->status ||
        a->framing != b->framing || a->length != b->length)
        abort();
}

/* Where it ends says the reader of lines too, with whatever stands behind it. */
static void compare_ends(bool request, struct bytes in) {
    struct http_head head;
    struct http_lines lines = {.line = 0};
    size_t n = http_head_take(&head, request, in);
    if (n && (http_lines_head(&lines, in, request, true) != n || lines.odd))
        abort();
}

/* One head, with what it is in its first octet: what is read strictly reads libhtp alike. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 2)
        return 0;
    bool request = data[0] & 1;
    struct bytes block = bytes_of(data + 1, size - 1);
    compare_ends(request, block);
    const struct http_head fresh = {.request = request, .length = UINT64_MAX, .status = 200};
    struct http_head plain = fresh, htp = fresh, lenient = fresh;
    bool read = http_libhtp_parse(&htp, block) == HTTP_READ;
    if (http_plain_parse(&plain, block, HTTP_STRICTLY)) {
        if (!read)
            abort();
        compare_heads(&plain, &htp);
    }
    http_head_finish(&htp);
    if (!http_plain_parse(&lenient, block, HTTP_LENIENTLY))
        abort();
    return 0;
}
