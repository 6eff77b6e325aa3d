/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/tls/tls_record.h"

enum {
    BODY_MAX = (1 << 14) + 2048, /* RFC 5246 section 6.2.3 */
    SMALL_MAX = 256,             /* a change_cipher_spec or an alert, with all that encryption may add */
    SMALL_TOTAL_MAX = 8192,
};

static bool is_small(uint8_t type) {
    return type == TLS_CHANGE_CIPHER_SPEC || type == TLS_ALERT;
}

bool tls_header_fits(const uint8_t *h, size_t n) {
    if (n == 0)
        return true;
    unsigned most = is_small(h[0]) ? SMALL_MAX : BODY_MAX;
    if (h[0] < TLS_CHANGE_CIPHER_SPEC || h[0] > TLS_HEARTBEAT || (n > 1 && h[1] != 3) ||
        (n > 2 && h[2] > 4) || (n > 3 && h[3] > most >> 8))
        return false;
    unsigned length = n > 4 ? tls_header_length(h) : 1;
    return length <= most && (length > 0 || h[0] == TLS_APPLICATION_DATA);
}

static void begin_body(struct tls_walk *w, const uint8_t *header) {
    w->type = header[0];
    w->left = (uint16_t)tls_header_length(header);
    w->fresh = true;
    w->header_n = 0;
}

/* Octets of small records are counted, so that they are no place to hide in. */
static bool take_header(struct tls_walk *w, const uint8_t *header) {
    if (!tls_header_fits(header, TLS_HEADER_BYTES))
        return false;
    if (is_small(header[0])) {
        unsigned small = w->small + tls_header_length(header);
        if (small > SMALL_TOTAL_MAX)
            return false;
        w->small = (uint16_t)small;
    }
    begin_body(w, header);
    return true;
}

/* False: no header. What was gathered of it stays. */
static bool read_header(struct tls_walk *w, struct bytes *in) {
    if (w->header_n == 0 && in->n >= TLS_HEADER_BYTES) {
        if (!take_header(w, in->p))
            return false;
        *in = bytes_of(in->p + TLS_HEADER_BYTES, in->n - TLS_HEADER_BYTES);
        return true;
    }
    while (in->n > 0 && w->header_n < TLS_HEADER_BYTES) {
        w->header[w->header_n] = in->p[0];
        if (!tls_header_fits(w->header, w->header_n + 1u))
            return false;
        w->header_n++;
        *in = bytes_of(in->p + 1, in->n - 1);
    }
    return w->header_n < TLS_HEADER_BYTES || take_header(w, w->header);
}

/* Behind a gap: application data, since nothing else comes in quantity. Returns the octets before it. */
static size_t find_header(struct bytes in) {
    for (size_t at = 0; at < in.n;) {
        const uint8_t *found = memchr(in.p + at, TLS_APPLICATION_DATA, in.n - at);
        if (!found)
            break;
        at = (size_t)(found - in.p);
        if (in.n - at < TLS_HEADER_BYTES)
            break; /* cut: the next one will do */
        if (tls_header_fits(found, TLS_HEADER_BYTES) && found[3] | found[4])
            return at;
        at++;
    }
    return in.n;
}

static enum tls_step look_for_header(struct tls_walk *w, struct bytes *in, struct bytes *body, bool *begins) {
    size_t n = find_header(*in);
    *body = bytes_of(in->p, n);
    *begins = w->stray = true;
    if (n < in->n) {
        w->lost = false;
        w->tried = 2;
    }
    *in = bytes_of(in->p + n, in->n - n);
    return n ? TLS_STEP_BODY : TLS_STEP_MORE;
}

/* False: the way is lost for good. */
static bool step_to_body(struct tls_walk *w, struct bytes *in) {
    if (read_header(w, in)) {
        if (w->left > 0 && w->tried > 0)
            w->tried--;
        return true;
    }
    if (w->tried == 0)
        return false;
    w->tried = 0; /* what was found was none */
    w->header_n = 0;
    w->lost = true;
    return true;
}

enum tls_step tls_walk_next(struct tls_walk *w, struct bytes *in, struct bytes *body, bool *begins) {
    while (in->n > 0) {
        if (w->lost && look_for_header(w, in, body, begins) == TLS_STEP_BODY)
            return TLS_STEP_BODY;
        if (w->left == 0) {
            if (!step_to_body(w, in))
                return TLS_STEP_WRONG;
            continue;
        }
        size_t n = in->n < w->left ? in->n : w->left;
        *begins = w->fresh;
        w->stray = false;
        *body = bytes_of(in->p, n);
        *in = bytes_of(in->p + n, in->n - n);
        w->fresh = false;
        w->left = (uint16_t)(w->left - n);
        return TLS_STEP_BODY;
    }
    return TLS_STEP_MORE;
}

void tls_walk_gap(struct tls_walk *w, uint64_t n) {
    if (w->header_n == 0 && n <= w->left) {
        w->left = (uint16_t)(w->left - n);
        w->fresh = false;
        return;
    }
    w->lost = true;
    w->tried = 0;
    w->header_n = 0;
    w->left = 0;
}
