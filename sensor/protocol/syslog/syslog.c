/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/syslog/syslog.h"

#include "protocol/memory.h"

#include <inttypes.h>
#include <stdio.h>

enum { OBJECT_MAX = 1 << 20, COUNT_MAX = 1 << 20 };
static const time_ns window = 60 * NS_PER_S;

struct syslog_side {
    struct transfer *transfer; /* NULL also when nobody wants it */
    uint64_t octets;           /* of its object */
    time_ns since;
    uint32_t left; /* octets of a message that says how many it has */
    bool begun;
    enum { AT_START, IN_COUNT, BEHIND_COUNT, IN_COUNTED, IN_LINE } state;
};

struct syslog {
    struct syslog_side side[2];
};

static void *open_syslog(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct syslog));
}

/* --- the object of a side --- */

static void tell_octets(struct conversation *c, struct syslog_side *s, const uint8_t *p, size_t n) {
    if (n > 0)
        c->services->data(c, s->transfer, p, n);
    s->octets += n;
}

/* What is no count was the beginning of a line. */
static void release_count(struct conversation *c, struct syslog_side *s) {
    char digits[16];
    if (s->state != IN_COUNT && s->state != BEHIND_COUNT)
        return;
    int n = snprintf(digits, sizeof digits, "%" PRIu32 "%s", s->left, s->state == BEHIND_COUNT ? " " : "");
    tell_octets(c, s, (const uint8_t *)digits, (size_t)n);
    s->state = IN_LINE;
}

static void end_object(struct conversation *c, struct syslog_side *s, enum transfer_end how) {
    release_count(c, s);
    if (s->begun)
        c->services->end(c, s->transfer, how);
    s->begun = false;
    s->transfer = NULL;
}

/* A message begins. */
static void begin_message(struct conversation *c, struct syslog_side *s, enum side from) {
    if (s->begun && (s->octets >= OBJECT_MAX || c->now - s->since >= window))
        end_object(c, s, TRANSFER_DONE);
    if (s->begun)
        return;
    struct transfer_seed seed = transfer_seed_of("syslog", from);
    seed.made_up = true;
    s->begun = true;
    s->octets = 0;
    s->since = c->now;
    s->transfer = c->services->begin(c, &seed);
}

static void end_line(struct conversation *c, struct syslog_side *s) {
    tell_octets(c, s, (const uint8_t *)"\n", 1);
    s->state = AT_START;
}

/* --- streams --- */

static bool is_digit(uint8_t c) {
    return c >= '0' && c <= '9';
}

static bool is_text(uint8_t c) {
    return c >= 0x20 ? c != 0x7f : c == '\t' || c == '\n' || c == '\r' || c == 0;
}

/* The first octet of what should be a message. */
static void take_start(struct conversation *c, struct syslog_side *s, enum side from, uint8_t octet) {
    if (octet == '\n' || octet == '\r' || octet == ' ' || octet == 0)
        return;
    begin_message(c, s, from);
    s->left = is_digit(octet) ? (uint32_t)(octet - '0') : 0;
    s->state = s->left ? IN_COUNT : IN_LINE;
    if (s->state == IN_LINE)
        tell_octets(c, s, &octet, 1);
}

/* RFC 6587 section 3.4.1: digits, a blank, and a message, which begins with its priority. Returns whether the
 * octet was taken. */
static bool take_count(struct conversation *c, struct syslog_side *s, uint8_t octet) {
    if (s->state == IN_COUNT && is_digit(octet) && s->left < COUNT_MAX) {
        s->left = s->left * 10 + octet - '0';
        return true;
    }
    if (s->state == IN_COUNT && octet == ' ') {
        s->state = BEHIND_COUNT;
        return true;
    }
    if (s->state == BEHIND_COUNT && octet == '<')
        s->state = IN_COUNTED;
    else
        release_count(c, s);
    return false;
}

static size_t take_counted(struct conversation *c, struct syslog_side *s, struct bytes in) {
    size_t n = in.n < s->left ? in.n : s->left;
    bool feeds = n == s->left && n > 0 && in.p[n - 1] == '\n';
    tell_octets(c, s, in.p, feeds ? n - 1 : n);
    s->left -= (uint32_t)n;
    if (s->left == 0)
        end_line(c, s);
    return n;
}

static size_t take_line(struct conversation *c, struct syslog_side *s, struct bytes in) {
    const uint8_t *feed = memchr(in.p, '\n', in.n);
    size_t n = feed ? (size_t)(feed - in.p) : in.n;
    tell_octets(c, s, in.p, n);
    if (!feed)
        return n;
    end_line(c, s);
    return n + 1;
}

static enum protocol_result leave(struct conversation *c, enum side from, struct bytes rest) {
    struct syslog *y = c->state;
    end_object(c, &y->side[from], TRANSFER_CUT);
    return conversation_become_any(c, from, bytes_of(NULL, 0), rest);
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct syslog *y = c->state;
    struct syslog_side *s = &y->side[from];
    for (size_t i = 0; i < n;) {
        if (s->state == IN_COUNTED) {
            i += take_counted(c, s, bytes_of(bytes + i, n - i));
        } else if (s->state == IN_LINE) {
            i += take_line(c, s, bytes_of(bytes + i, n - i));
        } else if (s->state == IN_COUNT || s->state == BEHIND_COUNT) {
            i += take_count(c, s, bytes[i]);
        } else if (!is_text(bytes[i])) {
            return leave(c, from, bytes_of(bytes + i, n - i));
        } else {
            take_start(c, s, from, bytes[i++]);
        }
    }
    return PROTOCOL_OK;
}

/* Behind it the next line feed ends what is a message; messages with counts run together until then. */
static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct syslog *y = c->state;
    struct syslog_side *s = &y->side[from];
    release_count(c, s);
    if (s->begun)
        c->services->gap(c, s->transfer, n);
    if (s->state == IN_COUNTED && n < s->left)
        s->left -= (uint32_t)n;
    else
        s->state = s->begun ? IN_LINE : AT_START;
    return PROTOCOL_OK;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct syslog *y = c->state;
    struct syslog_side *s = &y->side[from];
    bool whole = clean && !c->lost[from] && (s->state == AT_START || s->state == IN_LINE);
    end_object(c, s, whole ? TRANSFER_DONE : TRANSFER_CUT);
}

static void close_syslog(struct conversation *c) {
    struct syslog *y = c->state;
    enum transfer_end how = c->transport == PROTOCOL_UDP ? TRANSFER_DONE : TRANSFER_CUT;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++)
        end_object(c, &y->side[side], how);
    protocol_free(y);
}

/* --- datagrams: a message each --- */

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    struct syslog *y = c->state;
    struct syslog_side *s = &y->side[from];
    while (n > 0 && (bytes[n - 1] == 0 || bytes[n - 1] == '\n' || bytes[n - 1] == '\r'))
        n--;
    if (n == 0)
        return PROTOCOL_OK;
    if (!is_text(bytes[0]))
        return leave(c, from, bytes_of(bytes, n));
    begin_message(c, s, from);
    tell_octets(c, s, bytes, n);
    end_line(c, s);
    return PROTOCOL_OK;
}

/* --- the table's --- */

/* The one that opened it sends alone. */
static enum probe probe_stream(const struct bytes first[2]) {
    enum side from = first[SIDE_CLIENT].n ? SIDE_CLIENT : SIDE_SERVER;
    return first[side_other(from)].n ? PROBE_NO : syslog_probe_frame(first[from]);
}

static enum probe probe_datagram(enum side from, struct bytes datagram) {
    return syslog_probe_message(datagram) == PROBE_YES ? PROBE_YES : PROBE_NO;
}

const struct protocol protocol_syslog = {
    .name = "syslog",
    .probe = probe_stream,
    .probe_datagram = probe_datagram,
    .begins_late = true,
    .open = open_syslog,
    .data = take_data,
    .datagram = take_datagram,
    .gap = take_gap,
    .end = take_end,
    .close = close_syslog,
};
