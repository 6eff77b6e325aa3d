/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "mime/mime.h"

/* No escape after all: what was held stands for itself. */
static size_t write_held(struct mime_quoted *s, uint8_t *out) {
    size_t n = s->held_n;
    memcpy(out, s->held, n);
    s->held_n = 0;
    return n;
}

enum escape { ESCAPE_GOES_ON, ESCAPE_DONE, ESCAPE_IS_NONE };

/* One character behind "=" or "=X". */
static enum escape read_escape(struct mime_quoted *s, uint8_t c, uint8_t *out) {
    if (s->held_n == 1 && !s->word && c == '\n') {
        s->held_n = 0; /* soft line end */
        return ESCAPE_GOES_ON;
    }
    if (s->held_n == 1 && !s->word && (c == '\r' || c == ' ' || c == '\t'))
        return ESCAPE_GOES_ON; /* transport padding before a soft line end */
    if (hex_value(c) < 0)
        return ESCAPE_IS_NONE;
    if (s->held_n == 1) {
        s->held[s->held_n++] = c;
        return ESCAPE_GOES_ON;
    }
    *out = (uint8_t)(hex_value(s->held[1]) << 4 | hex_value(c));
    s->held_n = 0;
    return ESCAPE_DONE;
}

size_t mime_quoted_decode(struct mime_quoted *s, struct bytes *in, uint8_t *out, size_t room) {
    const uint8_t *p = in->p, *end = p + in->n;
    size_t n = 0;
    while (p < end && room - n >= MIME_QUOTED_HELD + 1) {
        uint8_t c = *p;
        if (s->held_n > 0) {
            enum escape escape = read_escape(s, c, out + n);
            if (escape == ESCAPE_IS_NONE) {
                n += write_held(s, out + n);
                continue; /* c may begin an escape of its own */
            }
            n += escape == ESCAPE_DONE;
        } else if (c == '=') {
            s->held[s->held_n++] = c;
        } else {
            out[n++] = s->word && c == '_' ? ' ' : c;
        }
        p++;
    }
    *in = bytes_of(p, (size_t)(end - p));
    return n;
}

size_t mime_quoted_finish(struct mime_quoted *s, uint8_t out[MIME_QUOTED_HELD]) {
    return write_held(s, out);
}
