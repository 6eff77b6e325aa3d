/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hex.h"
#include "mime/mime.h"

/* What is held is one of: "=", "=X", "=" blanks, "=" blanks CR, blanks, blanks CR. What follows decides what
 * it was. */

static bool is_blank(uint8_t c) {
    return c == ' ' || c == '\t';
}

static size_t write_held(struct mime_quoted *s, uint8_t *out) {
    size_t n = s->held_n;
    memcpy(out, s->held, n);
    s->held_n = 0;
    return n;
}

static bool hold_byte(struct mime_quoted *s, uint8_t c) {
    if (s->held_n == MIME_QUOTED_HELD)
        return false;
    s->held[s->held_n++] = c;
    return true;
}

/* A byte behind "=" or what followed it. False: it is no escape after all. */
static bool take_escape(struct mime_quoted *s, uint8_t c, uint8_t *out, size_t *made) {
    uint8_t last = s->held[s->held_n - 1];
    bool soft = !s->word && (last == '=' || is_blank(last));
    if (c == '\n' && (soft || last == '\r')) {
        s->held_n = 0; /* soft line end */
        return true;
    }
    if (soft && (is_blank(c) || c == '\r'))
        return hold_byte(s, c);
    if (hex_value(c) < 0 || s->held_n > 2 || (s->held_n == 2 && hex_value(last) < 0))
        return false;
    if (s->held_n == 1)
        return hold_byte(s, c);
    *out = (uint8_t)(hex_value(last) << 4 | hex_value(c));
    *made = 1;
    s->held_n = 0;
    return true;
}

/* A byte behind blanks: those before a line end are no content. False: they are. */
static bool take_behind_blanks(struct mime_quoted *s, uint8_t c, uint8_t *out, size_t *made) {
    bool cr = s->held[s->held_n - 1] == '\r';
    if (c == '\n') {
        memcpy(out, "\r\n" + !cr, *made = 1u + cr);
        s->held_n = 0;
        return true;
    }
    return !cr && (is_blank(c) || c == '\r') && hold_byte(s, c);
}

size_t mime_quoted_decode(struct mime_quoted *s, struct bytes *in, uint8_t *out, size_t room) {
    const uint8_t *p = in->p, *end = p + in->n;
    size_t n = 0;
    while (p < end && room - n >= MIME_QUOTED_HELD + 1) {
        uint8_t c = *p;
        if (s->held_n > 0) {
            size_t made = 0;
            if ((s->held[0] == '=' ? take_escape : take_behind_blanks)(s, c, out + n, &made)) {
                n += made;
            } else {
                n += write_held(s, out + n);
                continue; /* c may begin an escape of its own */
            }
        } else if (c == '=' || (!s->word && is_blank(c))) {
            hold_byte(s, c);
        } else {
            out[n++] = s->word && c == '_' ? ' ' : c;
        }
        p++;
    }
    *in = bytes_of(p, (size_t)(end - p));
    return n;
}

bool mime_quoted_may_end(const struct mime_quoted *s) {
    return s->held_n != 2 || s->held[0] != '=' || hex_value(s->held[1]) < 0;
}

size_t mime_quoted_finish(struct mime_quoted *s, uint8_t out[MIME_QUOTED_HELD]) {
    bool line = !s->word && s->held_n > 0 && mime_quoted_may_end(s);
    if (line) /* the end is that of the last line, too */
        s->held_n = 0;
    return write_held(s, out);
}
