/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/path.h"

/* Which side's bytes leave an image network for the outside; false: neither. */
static bool find_leaving(const struct flow_context *x, enum side *from) {
    *from = x->leaves[SIDE_CLIENT] ? SIDE_CLIENT : SIDE_SERVER;
    return x->leaves[*from];
}

/* Likewise of a question. */
static bool find_asking(const struct flow_context *x, enum side *from) {
    if (find_leaving(x, from))
        return true;
    *from = x->asks[SIDE_CLIENT] ? SIDE_CLIENT : SIDE_SERVER;
    return x->asks[*from];
}

/* Names of the link's own (RFC 6762, 4795) and other groups: no host outside is asked. */
static bool is_group(const struct address *a) {
    return address_is_v4(a) ? a->bytes[12] >> 4 == 0xe : a->bytes[0] == 0xff;
}

static struct tunnel_line *find_line(struct pipeline *p, const struct flow_context *x, enum side from,
                                     enum tunnel_way way, const struct tunnel_name *name) {
    struct tunnel_key key = {.way = way,
                             .network = policy_place(x->generation->policy, &x->end[from].address).index,
                             .name = bytes_of(name ? name->text : NULL, name ? name->n : 0),
                             .domain = name ? name->domain : 0};
    if (!name)
        key.host = x->end[side_other(from)].address;
    counter_one(COUNTER_TUNNEL_MESSAGES);
    return tunnels_line(&p->tunnels, &key, p->now);
}

/* The flow that the record shows is the first one that there was something to tell of. */
static bool add_message(struct pipeline *p, struct tunnel_line *l, struct flow_context *x, enum side from,
                        const struct tunnel_message *m) {
    if (!l || !tunnels_add(&p->tunnels, l, m, p->now))
        return false;
    if (!l->owner) {
        l->owner = x;
        l->from = (uint8_t)from;
        flow_context_retain(x);
    }
    return true;
}

/* --- names --- */

/* Names that are all of different domains are held together by whom they are asked of, as far as they are
 * longer than those of hosts are. */
static void add_stray_name(struct pipeline *p, struct flow_context *x, enum side from,
                           const struct tunnel_message *m, uint64_t hash) {
    enum { LONG = 64 };
    struct tunnel_message all = *m;
    struct tunnel_line *l;
    if (all.left < LONG || !(l = find_line(p, x, from, TUNNEL_NAMES, NULL)))
        return;
    all.fresh = tunnel_look(&l->seen, hash);
    add_message(p, l, x, from, &all);
}

void pipeline_name_message(struct conversation *c, const struct name_message *m) {
    struct pipeline *p = the_pipeline;
    struct flow_context *x = c->owner;
    struct tunnel_name name;
    struct tunnel_line *l;
    enum side from;
    if (!find_asking(x, &from) || is_group(&x->end[side_other(from)].address))
        return;
    bool leaves = m->from == from;
    if (!leaves && m->text == 0)
        return;
    tunnel_name_read(&name, m->name);
    if (name.reverse || policy_quiet(x->generation->policy, m->name))
        return;
    if (name.domain == name.n || !(l = find_line(p, x, from, TUNNEL_NAMES, &name)))
        return;
    uint64_t hash = hash_bytes(&p->tunnels.key, name.text, name.n);
    struct tunnel_message add = {.things = leaves};
    if (leaves && m->answer)
        add.left = m->octets;
    else if (leaves)
        add.left = name.octets + m->octets;
    else
        add.back = m->text;
    if (leaves)
        add.fresh = tunnel_look(&l->seen, hash);
    bool over = add_message(p, l, x, from, &add);
    if (leaves && !over)
        add_stray_name(p, x, from, &add, hash);
}

/* --- heads --- */

enum { WORD_LEAST = 40, WORD_IN_LONG = 16, LINE_LONG = 512 };

static bool is_of_word(uint8_t c) {
    return c >= 0x80 || (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z') || c == '%' ||
           c == '+';
}

/* How far base64 of URLs goes, which has hyphens and underscores: letters of both cases and digits, unlike the
 * words of a title that hyphens join. 0: it is none. */
static size_t measure_url_base64(struct bytes in) {
    enum { LEAST = 4 };
    size_t n = 0, upper = 0, lower = 0, digits = 0;
    for (; n < in.n && (is_of_word(in.p[n]) || in.p[n] == '-' || in.p[n] == '_'); n++) {
        upper += in.p[n] >= 'A' && in.p[n] <= 'Z';
        lower += in.p[n] >= 'a' && in.p[n] <= 'z';
        digits += in.p[n] >= '0' && in.p[n] <= '9';
    }
    return upper >= LEAST && lower >= LEAST && digits >= LEAST ? n : 0;
}

/* In pieces, so that one letter that is repeated is little. */
static void add_word(struct pipeline *p, struct tunnel_line *l, struct bytes word, struct tunnel_message *m) {
    enum { PIECE = 32 };
    for (size_t at = 0; at < word.n; at += PIECE) {
        size_t n = word.n - at < PIECE ? word.n - at : PIECE;
        m->left += n * tunnel_look(&l->seen, hash_bytes(&p->tunnels.key, word.p + at, n)) / 256;
    }
}

/* Words that are too long to be read, shorter ones in a line that is itself too long, as far as they were not
 * there before: session keys and the like come again. */
static void add_words(struct pipeline *p, struct tunnel_line **l, struct flow_context *x, enum side from,
                      struct bytes line, struct tunnel_message *m) {
    size_t least = line.n > LINE_LONG ? WORD_IN_LONG : WORD_LEAST, at = 0;
    bool begins = true; /* what hyphens join */
    while (at < line.n) {
        size_t n = begins ? measure_url_base64(bytes_of(line.p + at, line.n - at)) : 0;
        while (at + n < line.n && is_of_word(line.p[at + n]))
            n++;
        if (n >= least) {
            if (!*l && !(*l = find_line(p, x, from, TUNNEL_HEADS, NULL)))
                return;
            add_word(p, *l, bytes_of(line.p + at, n), m);
        }
        at += n;
        begins = at < line.n && line.p[at] != '-' && line.p[at] != '_';
        at++;
    }
}

void pipeline_head_lines(struct conversation *c, enum side side, struct bytes lines) {
    struct pipeline *p = the_pipeline;
    struct flow_context *x = c->owner;
    struct tunnel_message m = {.left = 0};
    struct tunnel_line *l = NULL;
    enum side from;
    if (!find_leaving(x, &from) || side != from ||
        policy_quiet(x->generation->policy, facts_get(x->facts, FACT_HOST)))
        return;
    while (lines.n > 0) {
        const uint8_t *lf = memchr(lines.p, '\n', lines.n);
        size_t n = lf ? (size_t)(lf - lines.p) : lines.n;
        if (n >= WORD_LEAST)
            add_words(p, &l, x, from, bytes_of(lines.p, n), &m);
        n += lf != NULL;
        lines = bytes_of(lines.p + n, lines.n - n);
    }
    if (m.left > 0)
        add_message(p, l, x, from, &m);
}

/* --- echoes (RFC 792, 4443) --- */

enum icmp_kind { ICMP_ECHO, ICMP_OF_THE_NETWORK, ICMP_OTHER };

/* Errors quote what came, and neighbours, routers and groups are found: none of it says anything. */
static enum icmp_kind find_icmp_kind(const struct packet *packet) {
    enum { IP_ICMP = 1, REQUEST4 = 8, REQUEST6 = 128, REPLY6 = 129 };
    static const uint8_t network4[] = {3, 4, 5, 9, 10, 11, 12};
    uint8_t type = packet->payload_captured ? packet->payload[0] : 0;
    if (packet->transport != IP_ICMP)
        return type == REQUEST6 || type == REPLY6          ? ICMP_ECHO
               : type < 5 || (type > REPLY6 && type < 154) ? ICMP_OF_THE_NETWORK
                                                           : ICMP_OTHER;
    if (type == 0 || type == REQUEST4)
        return ICMP_ECHO;
    return memchr(network4, type, sizeof network4) ? ICMP_OF_THE_NETWORK : ICMP_OTHER;
}

/* Parts of eight octets, wherever they stand: a pattern that is repeated, or cut to another size, has few. Of
 * a long payload some that stand equally far apart are looked at and stand for the others. */
static void add_parts(struct tunnel_line *l, const struct tunnels *t, struct bytes data, bool leaves,
                      struct tunnel_message *m) {
    enum { PART = 8, LOOKED_AT = 64, FEW = 3 * 256 /* a counter, times */ };
    size_t parts = data.n / PART, step = parts / LOOKED_AT + 1, looked_at = 0;
    uint64_t part, fresh = 0;
    for (size_t i = 0; i < parts; i += step) {
        memcpy(&part, data.p + i * PART, PART);
        part = (part ^ t->key.k0) * (t->key.k1 | 1);
        fresh += tunnel_look(&l->seen, part >> 40);
        looked_at++;
    }
    if (fresh < looked_at * 128) /* not half of it is new */
        fresh = fresh > FEW ? fresh - FEW : 0;
    *(leaves ? &m->left : &m->back) = fresh * step * PART / 256;
}

bool pipeline_icmp(struct pipeline *p, struct flow_context *x, const struct packet *packet, enum side side) {
    enum { HEAD = 8 };
    enum icmp_kind kind = find_icmp_kind(packet);
    struct tunnel_message m = {.left = 0};
    struct tunnel_line *l;
    enum side from;
    if (kind == ICMP_OTHER)
        return false;
    if (kind != ICMP_ECHO || packet->payload_captured <= HEAD || !find_leaving(x, &from) ||
        !(l = find_line(p, x, from, TUNNEL_ECHOES, NULL)))
        return true;
    struct bytes data = bytes_of(packet->payload + HEAD, packet->payload_captured - HEAD);
    size_t stamp = tunnel_stamp(data);
    add_parts(l, &p->tunnels, bytes_of(data.p + stamp, data.n - stamp), side == from, &m);
    add_message(p, l, x, from, &m);
    return true;
}

/* --- telling --- */

void pipeline_tell_tunnels(struct pipeline *p) {
    struct tunnel_line *l;
    while ((l = tunnels_take(&p->tunnels))) {
        struct flow_context *x = l->owner;
        pipeline_name_asked(p, x);
        emit_tunnel(&p->emitter, &p->tunnels, l, x);
        l->owner = NULL;
        l->left = l->back = 0;
        l->told = true;
        flow_context_release(&p->flow_contexts, x);
    }
}
