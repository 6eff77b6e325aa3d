/* SPDX-License-Identifier: Apache-2.0 */
#include "report/transport/relp.h"

#include <stdio.h>

enum { DIGITS_MAX = 9, CODE_DIGITS = 3 };

void relp_begin(struct relp_parser *p) {
    p->step = RELP_TXNR;
    p->digits = 0;
    p->txnr = p->length = p->got = 0;
}

static bool enter_step(struct relp_parser *p, enum relp_step step) {
    p->step = step;
    p->digits = 0;
    return true;
}

/* One more digit of a number of at most nine, which cannot overflow. */
static bool take_digit(struct relp_parser *p, uint8_t c, uint32_t *number) {
    if (c < '0' || c > '9' || p->digits++ == DIGITS_MAX)
        return false;
    *number = *number * 10 + (uint32_t)(c - '0');
    return true;
}

static bool take_letter(struct relp_parser *p, uint8_t c) {
    if ((c | 0x20) < 'a' || (c | 0x20) > 'z' || p->digits == RELP_COMMAND_MAX)
        return false;
    p->command[p->digits++] = (char)c;
    return true;
}

/* One octet of the header. A space ends each of its parts; with data one follows the length, without it the
 * LF. */
static bool take_octet(struct relp_parser *p, uint8_t c) {
    bool end = c == ' ' && p->digits;
    switch (p->step) {
    case RELP_TXNR:
        return end ? enter_step(p, RELP_COMMAND) : take_digit(p, c, &p->txnr);
    case RELP_COMMAND:
        p->command[p->digits] = '\0';
        return end ? enter_step(p, RELP_LENGTH) : take_letter(p, c);
    case RELP_LENGTH:
        if (end && p->length <= RELP_DATA_MAX)
            return enter_step(p, p->length ? RELP_DATA : RELP_TRAILER);
        return take_digit(p, c, &p->length);
    default:
        return false;
    }
}

/* The octets of DATA at the beginning of `in`. */
static void take_data(struct relp_parser *p, struct bytes *in) {
    size_t n = p->length - p->got < in->n ? p->length - p->got : in->n;
    size_t room = p->got < RELP_DATA_KEPT ? RELP_DATA_KEPT - p->got : 0;
    memcpy(p->data + (room ? p->got : 0), in->p, n < room ? n : room);
    p->got += (uint32_t)n;
    *in = bytes_of(in->p + n, in->n - n);
    if (p->got == p->length)
        enter_step(p, RELP_TRAILER);
}

enum relp_result relp_parse(struct relp_parser *p, struct bytes *in, struct relp_frame *frame) {
    while (in->n) {
        if (p->step == RELP_DATA) {
            take_data(p, in);
            continue;
        }
        uint8_t c = *in->p;
        *in = bytes_of(in->p + 1, in->n - 1);
        bool whole = p->step == RELP_TRAILER || (p->step == RELP_LENGTH && p->digits && p->length == 0);
        if (c == '\n' && whole) {
            size_t kept = p->length < RELP_DATA_KEPT ? p->length : RELP_DATA_KEPT;
            *frame = (struct relp_frame){p->txnr, p->command, bytes_of(p->data, kept)};
            relp_begin(p);
            return RELP_FRAME;
        }
        if (!take_octet(p, c))
            return RELP_WRONG;
    }
    return RELP_MORE;
}

static struct bytes line_of(struct bytes text) {
    const uint8_t *end = text.n ? memchr(text.p, '\n', text.n) : NULL;
    return bytes_of(text.p, end ? (size_t)(end - text.p) : text.n);
}

static struct bytes skip_octets(struct bytes text, size_t n) {
    n = n < text.n ? n : text.n;
    return bytes_of(text.n ? text.p + n : NULL, text.n - n);
}

bool relp_code(struct bytes data, unsigned *code, struct bytes *rest) {
    struct bytes line = line_of(data);
    uint64_t number;
    if (line.n < CODE_DIGITS || (line.n > CODE_DIGITS && line.p[CODE_DIGITS] != ' ') ||
        !bytes_number(bytes_of(line.p, CODE_DIGITS), &number))
        return false;
    *code = (unsigned)number;
    *rest = skip_octets(data, line.n + 1);
    return true;
}

static bool has_value(struct bytes values, const char *value) {
    while (values.n) {
        const uint8_t *comma = memchr(values.p, ',', values.n);
        size_t n = comma ? (size_t)(comma - values.p) : values.n;
        if (bytes_equal(bytes_of(values.p, n), bytes_text(value)))
            return true;
        values = skip_octets(values, n + 1);
    }
    return false;
}

bool relp_offers(struct bytes lines, const char *name, const char *value) {
    size_t n = strlen(name);
    while (lines.n) {
        struct bytes line = line_of(lines);
        bool named = line.n >= n && memcmp(line.p, name, n) == 0 && (line.n == n || line.p[n] == '=');
        if (named && (!value || has_value(skip_octets(line, n + 1), value)))
            return true;
        lines = skip_octets(lines, line.n + 1);
    }
    return false;
}

uint32_t relp_next(uint32_t txnr) {
    return txnr >= RELP_TXNR_MAX ? 1 : txnr + 1;
}

size_t relp_header(char out[RELP_HEADER_MAX + 1], uint32_t txnr, const char *command, size_t length) {
    int n = snprintf(out, RELP_HEADER_MAX + 1, "%u %s %zu%s", txnr, command, length, length ? " " : "");
    return (size_t)n;
}
