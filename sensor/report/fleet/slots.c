/* SPDX-License-Identifier: Apache-2.0 */
#include "report/fleet/slots.h"

#include <stdio.h>

enum { POLYNOMIAL = 0x1021, HOST_MAX = 255 };

unsigned slot_of(struct bytes key) {
    const uint8_t *open = memchr(key.p, '{', key.n);
    if (open) {
        const uint8_t *close = memchr(open + 1, '}', key.n - (size_t)(open + 1 - key.p));
        if (close && close > open + 1)
            key = bytes_of(open + 1, (size_t)(close - open - 1));
    }
    unsigned crc = 0;
    for (size_t i = 0; i < key.n; i++) {
        crc ^= (unsigned)key.p[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            crc = (crc & 0x8000 ? crc << 1 ^ POLYNOMIAL : crc << 1) & 0xffff;
    }
    return crc % SLOTS;
}

/* Names and addresses alone: it goes to the resolver and into messages. */
static bool is_host(struct bytes host) {
    for (size_t i = 0; i < host.n; i++) {
        uint8_t c = host.p[i];
        bool good = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
                    c == '-' || c == '_' || c == ':';
        if (!good)
            return false;
    }
    return host.n <= HOST_MAX;
}

static bool write_address(struct bytes host, uint64_t port, const char *self, char out[SLOT_ADDRESS_MAX]) {
    const char *colon = strrchr(self, ':');
    if (!is_host(host) || port == 0 || port > 65535)
        return false;
    if (host.n == 0) {
        int own = colon ? (int)(colon - self) : (int)strlen(self);
        return snprintf(out, SLOT_ADDRESS_MAX, "%.*s:%u", own, self, (unsigned)port) < SLOT_ADDRESS_MAX;
    }
    const char *form = memchr(host.p, ':', host.n) ? "[%.*s]:%u" : "%.*s:%u";
    return snprintf(out, SLOT_ADDRESS_MAX, form, (int)host.n, (const char *)host.p, (unsigned)port) <
           SLOT_ADDRESS_MAX;
}

static bool read_range(const redisReply *r, const char *self, unsigned *first, unsigned *last,
                       char address[SLOT_ADDRESS_MAX]) {
    if (r->type != REDIS_REPLY_ARRAY || r->elements < 3 || r->element[0]->type != REDIS_REPLY_INTEGER ||
        r->element[1]->type != REDIS_REPLY_INTEGER || r->element[2]->type != REDIS_REPLY_ARRAY)
        return false;
    long long from = r->element[0]->integer, to = r->element[1]->integer;
    const redisReply *master = r->element[2];
    if (from < 0 || to < from || to >= SLOTS || master->elements < 2 ||
        master->element[1]->type != REDIS_REPLY_INTEGER || master->element[1]->integer < 0)
        return false;
    const redisReply *host = master->element[0];
    if (host->type != REDIS_REPLY_NIL && !reply_is_text(host))
        return false;
    *first = (unsigned)from;
    *last = (unsigned)to;
    struct bytes name = host->type == REDIS_REPLY_NIL ? bytes_of("", 0) : reply_bytes(host);
    return write_address(name, (uint64_t)master->element[1]->integer, self, address);
}

bool slots_read(const redisReply *reply, const char *self,
                void (*visit)(void *context, unsigned first, unsigned last, const char *address),
                void *context) {
    char address[SLOT_ADDRESS_MAX];
    unsigned first, last;
    if (reply->type != REDIS_REPLY_ARRAY || reply->elements > SLOTS)
        return false;
    for (size_t i = 0; i < reply->elements; i++) {
        if (!read_range(reply->element[i], self, &first, &last, address))
            return false;
        visit(context, first, last, address);
    }
    return true;
}

/* Cuts off the first word. */
static struct bytes take_word(struct bytes *rest) {
    struct bytes word = bytes_until(*rest, ' ');
    size_t past = word.n < rest->n ? word.n + 1 : word.n;
    *rest = bytes_of(rest->p + past, rest->n - past);
    return word;
}

enum slot_redirect slots_redirect(struct bytes error, const char *self, unsigned *slot,
                                  char address[SLOT_ADDRESS_MAX]) {
    struct bytes kind = take_word(&error), number = take_word(&error), rest = bytes_trim(error);
    uint64_t n, port;
    enum slot_redirect which = bytes_equal(kind, bytes_text("MOVED")) ? REDIRECT_MOVED
                               : bytes_equal(kind, bytes_text("ASK")) ? REDIRECT_ASK
                                                                      : REDIRECT_NONE;
    const uint8_t *colon = rest.n ? memrchr(rest.p, ':', rest.n) : NULL;
    if (which == REDIRECT_NONE || !bytes_number(number, &n) || n >= SLOTS || !colon)
        return REDIRECT_NONE;
    struct bytes host = bytes_of(rest.p, (size_t)(colon - rest.p));
    if (!bytes_number(bytes_of(colon + 1, rest.n - host.n - 1), &port) ||
        !write_address(host, port, self, address))
        return REDIRECT_NONE;
    *slot = (unsigned)n;
    return which;
}
