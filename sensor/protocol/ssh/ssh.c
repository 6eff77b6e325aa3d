/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ssh/ssh.h"

#include "protocol/cipher.h"
#include "protocol/memory.h"
#include "protocol/ssh/said.h"
#include "protocol/ssh/session.h"
#include "protocol/ssh/ssh1.h"
#include "protocol/tls/fingerprint.h"

enum {
    BANNER_MAX = 8192,  /* octets of a side up to the end of its banner, other lines of a server before it */
    PACKET_MAX = 35000, /* RFC 4253 section 6.1 */
    EXCHANGE_MAX = 1 << 16, /* octets of a side's key exchange */
    HEADER_BYTES = 6,       /* length, padding, message */
    MESSAGE_LAST = 49,      /* of the transport and the key exchange */
    MESSAGE_KEXINIT = 20,
    MESSAGE_NEWKEYS = 21,
    KEXINIT_LEAST = 80,
};

struct ssh_side {
    enum { SSH_BANNER, SSH_EXCHANGE, SSH_SEALED, SSH_ONE } phase;
    uint8_t matched, header_n;
    bool line_began; /* within a line that is no banner */
    bool is_banner;
    bool speaks_one; /* and nothing newer */
    uint8_t header[HEADER_BYTES];
    uint32_t left;  /* octets of the packet to come */
    uint32_t taken; /* octets of this phase */
    struct cipher_watch watch;
    struct ssh_said said;
    struct ssh1 one;
};

struct ssh {
    bool told;
    struct ssh_side side[2];
    struct ssh_session session;
};

static const char banner[] = "SSH-";

static void *open_ssh(struct conversation *c, struct bytes facts) {
    return protocol_alloc(PROTOCOL_STATE, sizeof(struct ssh));
}

static void close_ssh(struct conversation *c) {
    struct ssh *ssh = c->state;
    ssh_said_finish(&ssh->side[SIDE_CLIENT].said);
    ssh_said_finish(&ssh->side[SIDE_SERVER].said);
    protocol_free(ssh);
}

static void begin_phase(struct ssh_side *s, unsigned phase) {
    s->phase = phase;
    s->taken = 0;
}

/* Lines up to the one that is the banner (RFC 4253 section 4.2: a client has none before it). The octets
 * taken, 0 where it is none. */
static size_t take_banner(struct conversation *c, struct ssh_side *s, enum side from, struct bytes in) {
    size_t i = 0;
    while (i < in.n && s->phase == SSH_BANNER) {
        uint8_t octet = in.p[i];
        if (++s->taken > BANNER_MAX)
            return 0;
        if (!s->is_banner && !s->line_began && octet == (uint8_t)banner[s->matched]) {
            s->is_banner = ++s->matched == sizeof banner - 1;
            if (s->is_banner)
                ssh_said_add(&s->said, bytes_text(banner));
        } else if (!s->is_banner) {
            if (from == SIDE_CLIENT || (octet < ' ' && octet != '\r' && octet != '\n' && octet != '\t'))
                return 0;
            s->line_began = true;
        } else {
            ssh_said_add(&s->said, bytes_of(&in.p[i], 1));
        }
        i++;
        if (octet == '\n' && s->is_banner) {
            s->speaks_one = ssh_said_one(&s->said);
            ssh_said_banner(&s->said, c, from);
            begin_phase(s, SSH_EXCHANGE);
        } else if (octet == '\n') {
            s->line_began = false;
            s->matched = 0;
        }
    }
    return i;
}

/* RFC 4253 section 6: may a packet of the key exchange begin like this? `first`: it must be KEXINIT. */
static bool fits_packet(const uint8_t h[HEADER_BYTES], size_t n, bool first) {
    uint32_t length = n < 4 ? 0 : (uint32_t)h[0] << 24 | (uint32_t)h[1] << 16 | (uint32_t)h[2] << 8 | h[3];
    if ((n > 0 && h[0] != 0) || (n > 1 && h[1] != 0) || (n > 3 && (length < 8 || length > PACKET_MAX)) ||
        (n > 4 && (h[4] < 4 || h[4] >= length)))
        return false;
    if (n > 5 && (h[5] == 0 || h[5] > MESSAGE_LAST))
        return false;
    return !first || ((n < 4 || length >= KEXINIT_LEAST) && (n < 6 || h[5] == MESSAGE_KEXINIT));
}

static bool take_header(struct ssh_side *s, struct bytes *in) {
    bool first = s->taken == s->header_n;
    while (in->n > 0 && s->header_n < HEADER_BYTES) {
        s->header[s->header_n] = in->p[0];
        if (!fits_packet(s->header, s->header_n + 1u, first))
            return false;
        s->header_n++;
        s->taken++;
        *in = bytes_of(in->p + 1, in->n - 1);
    }
    if (s->header_n == HEADER_BYTES) {
        s->left = ((uint32_t)s->header[2] << 8 | s->header[3]) + 4 - HEADER_BYTES;
        cipher_unit(&s->watch);
    }
    return true;
}

/* Of packets in clear: what has a signature of its own has no place in them. False: not SSH from *in on. */
static bool take_exchange(struct conversation *c, struct ssh_side *s, enum side from, struct bytes *in) {
    struct ssh *ssh = c->state;
    while (in->n > 0 && s->phase == SSH_EXCHANGE) {
        if (s->header_n < HEADER_BYTES) {
            if (!take_header(s, in))
                return false;
            continue;
        }
        size_t n = in->n < s->left ? in->n : s->left;
        struct bytes body = bytes_of(in->p, n);
        size_t at = structure_find(body, false);
        if (at < n || s->taken + n > EXCHANGE_MAX) {
            *in = bytes_of(in->p + (at < n ? at : 0), in->n - (at < n ? at : 0));
            s->header_n = 0;
            return false;
        }
        bool kexinit = s->header[5] == MESSAGE_KEXINIT;
        if (kexinit && s->said.n == 0)
            ssh_said_add(&s->said, bytes_of(&s->header[5], 1));
        if (kexinit)
            ssh_said_add(&s->said, body);
        s->left -= (uint32_t)n;
        s->taken += (uint32_t)n;
        *in = bytes_of(in->p + n, in->n - n);
        if (s->left > 0)
            continue;
        if (kexinit)
            ssh_said_kexinit(&s->said, c, from, s->header[4]);
        if (!ssh->told && kexinit) {
            ssh->told = true;
            c->services->encrypted(c);
        }
        if (s->header[5] == MESSAGE_NEWKEYS)
            begin_phase(s, SSH_SEALED);
        s->header_n = 0;
    }
    return true;
}

static enum protocol_result take_one(struct conversation *c, enum side from, struct bytes in) {
    struct ssh *ssh = c->state;
    struct ssh_side *s = &ssh->side[from];
    size_t held = 0;
    if (s->one.keyed)
        ssh_session_add(&ssh->session, c, from, in.n);
    enum ssh1_step step = ssh1_take(&s->one, &s->watch, from, &in, &held);
    if (!ssh->told && s->one.keyed) {
        ssh->told = true;
        c->services->encrypted(c);
    }
    if (step == SSH1_WRONG)
        return conversation_become_any(c, from, bytes_of(s->one.head, s->one.head_n), in);
    return step == SSH1_CLEAR ? conversation_become_any(c, from, bytes_of(s->watch.first, held), in)
                              : PROTOCOL_OK;
}

static enum protocol_result take_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                      size_t n) {
    struct ssh *ssh = c->state;
    struct ssh_side *s = &ssh->side[from];
    struct bytes in = bytes_of(bytes, n);
    size_t held, at;
    if (s->phase == SSH_BANNER) {
        size_t matched = s->matched, used = take_banner(c, s, from, in);
        if (used == 0)
            return conversation_become_any(c, from, bytes_of(banner, matched), in);
        in = bytes_of(in.p + used, in.n - used);
    }
    if (s->phase == SSH_EXCHANGE && s->taken == 0 &&
        (ssh->side[SIDE_CLIENT].speaks_one || ssh->side[SIDE_SERVER].speaks_one))
        s->phase = SSH_ONE;
    c->shaking[from] = c->shaking[from] && s->phase != SSH_ONE;
    if (s->phase == SSH_ONE)
        return take_one(c, from, in);
    if (s->phase == SSH_EXCHANGE && !take_exchange(c, s, from, &in))
        return conversation_become_any(c, from, bytes_of(s->header, s->header_n), in);
    if (s->phase != SSH_SEALED || in.n == 0)
        return PROTOCOL_OK;
    c->shaking[from] = false;
    ssh_session_add(&ssh->session, c, from, in.n);
    cipher_unit(&s->watch);
    if (cipher_take(&s->watch, in, &held, &at))
        return PROTOCOL_OK;
    return conversation_become_any(c, from, bytes_of(s->watch.first, held), bytes_of(in.p + at, in.n - at));
}

/* Where packets begin is not known any more. */
static enum protocol_result take_gap(struct conversation *c, enum side from, uint64_t n) {
    struct ssh *ssh = c->state;
    struct ssh_side *s = &ssh->side[from];
    s->watch.first_n = 0;
    c->shaking[from] = false;
    ssh_session_lose(&ssh->session, from, n);
    ssh_said_finish(&s->said);
    begin_phase(s, SSH_SEALED);
    return PROTOCOL_OK;
}

static void take_end(struct conversation *c, enum side from, bool clean) {
    struct ssh *ssh = c->state;
    (void)from, (void)clean;
    if (ssh->told)
        ssh_session_tell(&ssh->session, c);
}

/* A version, or both (RFC 4253 section 5.1). */
static enum probe probe_side(struct bytes b) {
    static const char *const begins[] = {"SSH-2.", "SSH-1."};
    enum probe best = PROBE_NO;
    for (size_t i = 0; i < sizeof begins / sizeof *begins; i++) {
        size_t all = strlen(begins[i]), n = b.n < all ? b.n : all;
        if (n == 0 || memcmp(b.p, begins[i], n) == 0)
            best = n == all ? PROBE_YES : best == PROBE_YES ? best : PROBE_MORE;
    }
    return best;
}

static enum probe probe_ssh(const struct bytes first[2]) {
    enum probe client = probe_side(first[SIDE_CLIENT]), server = probe_side(first[SIDE_SERVER]);
    if (client == PROBE_NO)
        return PROBE_NO;
    return client == PROBE_YES || server == PROBE_YES ? PROBE_YES : PROBE_MORE;
}

const struct protocol protocol_ssh = {
    .name = "ssh",
    .shakes = true,
    .prepare = tls_fingerprint_prepare,
    .ndpi_names = (const char *const[]){"SSH", NULL},
    .probe = probe_ssh,
    .open = open_ssh,
    .data = take_data,
    .gap = take_gap,
    .end = take_end,
    .close = close_ssh,
};
