/* SPDX-License-Identifier: Apache-2.0 */
#include "base/hash.h"
#include "protocol/dns/dns_answer.h"
#include "protocol/memory.h"

/* Questions for names and their answers (RFC 1035), over UDP and TCP: read as far as they are what they say.
 * A message that is none makes the flow an unread one. */

enum {
    MESSAGE_MAX = 4096, /* over TCP; what is longer is stepped over */
    QUESTIONS_MAX = 8,  /* open ones of a flow; of more the oldest go unanswered */
};

/* One side over TCP: messages behind their lengths (section 4.2.2). */
struct dns_side {
    uint8_t head[2], head_n;
    uint16_t length, have;
    uint8_t *body; /* `length` octets, PROTOCOL_HELD; NULL while no message is cut */
};

/* A question that the client asked and that nobody has answered yet. */
struct question {
    uint16_t id;
    uint64_t name; /* its digest; 0: none */
};

struct dns {
    struct dns_side side[2];
    struct question asked[QUESTIONS_MAX];
    uint8_t next; /* where the oldest stands */
};

static struct hash_key key;

static bool prepare_dns(void) {
    key = hash_key_random();
    return true;
}

static void *open_dns(struct conversation *c, struct bytes facts) {
    (void)c, (void)facts;
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct dns));
}

static void close_dns(struct conversation *c) {
    struct dns *d = c->state;
    protocol_free(d->side[SIDE_CLIENT].body);
    protocol_free(d->side[SIDE_SERVER].body);
    protocol_free(d);
}

/* In lower case: some clients mix it at random, and some servers do not give it back. */
static uint64_t digest_name(struct dns_message *m) {
    for (size_t i = 0; i < m->name_n; i++)
        m->name[i] = letter_lower(m->name[i]);
    return hash_bytes(&key, m->name, m->name_n) | 1;
}

static void note_question(struct dns *d, struct dns_message *m) {
    d->asked[d->next] = (struct question){.id = m->id, .name = digest_name(m)};
    d->next = (uint8_t)((d->next + 1) % QUESTIONS_MAX);
}

/* The first answer is the one that the client takes. */
static bool take_question(struct dns *d, struct dns_message *m) {
    uint64_t name = digest_name(m);
    for (unsigned i = 0; i < QUESTIONS_MAX; i++) {
        if (d->asked[i].name != name || d->asked[i].id != m->id)
            continue;
        d->asked[i].name = 0;
        return true;
    }
    return false;
}

/* What an answer gives a name is believed only where the same client has asked for it, with the same number.
 */
static void look_for_addresses(struct conversation *c, enum side from, struct dns_message *m,
                               struct bytes bytes) {
    struct dns_answer answer;
    if (!c->services->resolved || m->name_n == 0 || m->response != (from == SIDE_SERVER))
        return;
    if (!m->response) {
        note_question(c->state, m);
    } else if (take_question(c->state, m)) {
        dns_answer_read(bytes, &answer);
        if (answer.count)
            c->services->resolved(c, bytes_of(m->name, m->name_n), answer.address, answer.count);
    }
}

static enum protocol_result take_message(struct conversation *c, enum side from, struct bytes bytes) {
    struct dns_message message;
    if (!dns_message_read(bytes, &message))
        return PROTOCOL_LOST;
    if (c->services->name)
        c->services->name(c, &(struct name_message){.from = from,
                                                    .answer = message.response,
                                                    .name = bytes_of(message.name, message.name_n),
                                                    .octets = message.octets,
                                                    .text = message.text});
    look_for_addresses(c, from, &message, bytes);
    return PROTOCOL_OK;
}

static enum protocol_result take_datagram(struct conversation *c, enum side from, const uint8_t *bytes,
                                          size_t n) {
    return take_message(c, from, bytes_of(bytes, n));
}

/* A message that lies in several runs. */
static enum protocol_result gather_message(struct conversation *c, enum side from, struct bytes run) {
    struct dns_side *s = &((struct dns *)c->state)->side[from];
    if (s->have == 0 && s->length <= MESSAGE_MAX)
        s->body = protocol_alloc(PROTOCOL_HELD, s->length);
    if (s->body)
        memcpy(s->body + s->have, run.p, run.n);
    s->have = (uint16_t)(s->have + run.n);
    if (s->have < s->length || !s->body)
        return PROTOCOL_OK;
    enum protocol_result result = take_message(c, from, bytes_of(s->body, s->length));
    protocol_free(s->body);
    s->body = NULL;
    return result;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct dns_side *s = &((struct dns *)c->state)->side[from];
    while (n > 0) {
        if (s->head_n < 2) {
            s->head[s->head_n++] = *bytes++;
            n--;
            s->length = (uint16_t)(s->head[0] << 8 | s->head[1]);
            s->have = 0;
            continue;
        }
        size_t take = (size_t)(s->length - s->have) < n ? (size_t)(s->length - s->have) : n;
        bool whole = s->have == 0 && take == s->length;
        enum protocol_result result = whole ? take_message(c, from, bytes_of(bytes, take))
                                            : gather_message(c, from, bytes_of(bytes, take));
        if (result != PROTOCOL_OK)
            return result;
        if (whole || s->have == s->length)
            s->head_n = 0;
        bytes += take;
        n -= take;
    }
    return PROTOCOL_OK;
}

/* Where the next message begins is not known any more. */
static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    (void)c, (void)from, (void)n;
    return PROTOCOL_LOST;
}

static enum probe probe_datagram(enum side from, struct bytes datagram) {
    struct dns_message message;
    (void)from;
    return dns_message_read(datagram, &message) ? PROBE_YES : PROBE_NO;
}

static enum probe probe_side(struct bytes b) {
    enum { LEAST = 12 };
    struct dns_message message;
    size_t length = b.n > 1 ? (size_t)(b.p[0] << 8 | b.p[1]) : 0;
    if (b.n < 2)
        return b.n && b.p[0] > MESSAGE_MAX >> 8 ? PROBE_NO : PROBE_MORE;
    if (length < LEAST || length > MESSAGE_MAX)
        return PROBE_NO;
    if (b.n - 2 < length)
        return PROBE_MORE;
    return dns_message_read(bytes_of(b.p + 2, length), &message) ? PROBE_YES : PROBE_NO;
}

static enum probe probe_dns(const struct bytes first[2]) {
    enum probe client = probe_side(first[SIDE_CLIENT]), server = probe_side(first[SIDE_SERVER]);
    if (client == PROBE_NO || server == PROBE_NO)
        return PROBE_NO;
    return client == PROBE_YES || server == PROBE_YES ? PROBE_YES : PROBE_MORE;
}

static const char *const ndpi_names[] = {"DNS", "MDNS", "LLMNR", NULL};

const struct protocol protocol_dns = {
    .name = "dns",
    .ndpi_names = ndpi_names,
    .prepare = prepare_dns,
    .probe = probe_dns,
    .probe_datagram = probe_datagram,
    .open = open_dns,
    .data = take_data,
    .datagram = take_datagram,
    .gap = take_gap,
    .close = close_dns,
};
