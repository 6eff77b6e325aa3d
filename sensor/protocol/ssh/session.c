/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/ssh/session.h"

#include "protocol/protocol.h"

enum {
    SMALL = 128,         /* octets of a key press in a packet, whatever cipher and MAC */
    LOGIN = 4096,        /* of a side that has shown who it is, and no more */
    SEGMENT = 1448,      /* what is missing was as many of these */
    BULK_LEAST = 12288,  /* of the side that sends files */
    BULK_SHARE = 4,      /* so many times as much one way as the other */
    PER_REQUEST = 6144,  /* of an answer to one that asks for a file's next part */
    TYPED_LEAST = 10,    /* key presses */
    TYPED_ANSWER = 3072, /* of what a screen shows for one, on average */
};

static uint64_t behind_login(const struct ssh_session *s, enum side side) {
    return s->bytes[side] > LOGIN ? s->bytes[side] - LOGIN : 0;
}

static bool is_typed(const struct ssh_session *s) {
    uint32_t runs = s->runs[SIDE_CLIENT], small = s->small[SIDE_CLIENT];
    return small >= TYPED_LEAST && small >= runs / 4 * 3 && s->bytes[SIDE_SERVER] / small < TYPED_ANSWER;
}

/* Of one that downloads the client asks, in small pieces, for large ones. */
static bool is_answered_largely(const struct ssh_session *s) {
    return s->bytes[SIDE_SERVER] / ((uint64_t)s->small[SIDE_CLIENT] + 1) >= PER_REQUEST ||
           s->small[SIDE_CLIENT] < TYPED_LEAST;
}

const char *ssh_session_kind(const struct ssh_session *s) {
    uint64_t up = behind_login(s, SIDE_CLIENT), down = behind_login(s, SIDE_SERVER);
    if (s->bytes[SIDE_CLIENT] >= BULK_LEAST && up >= BULK_SHARE * down)
        return "upload";
    if (is_typed(s))
        return "interactive";
    if (s->bytes[SIDE_SERVER] >= BULK_LEAST && down >= BULK_SHARE * up && is_answered_largely(s))
        return "download";
    return "unknown";
}

void ssh_session_tell(struct ssh_session *s, struct conversation *c) {
    struct bytes facts[FACT_COUNT] = {0};
    const char *kind = ssh_session_kind(s);
    if (kind == s->told)
        return;
    s->told = kind;
    facts[FACT_FLOW_BULK] = bytes_text(kind);
    c->services->tell(c, facts);
}

void ssh_session_add(struct ssh_session *s, struct conversation *c, enum side from, size_t n) {
    s->bytes[from] += n;
    s->runs[from]++;
    s->small[from] += n <= SMALL;
    uint64_t all = s->bytes[SIDE_CLIENT] + s->bytes[SIDE_SERVER];
    if (all < s->due || all < LOGIN)
        return;
    s->due = all + all / 4;
    ssh_session_tell(s, c);
}

void ssh_session_lose(struct ssh_session *s, enum side from, uint64_t n) {
    s->bytes[from] = add_sizes(s->bytes[from], n);
    s->runs[from] += (uint32_t)(n / SEGMENT < UINT16_MAX ? n / SEGMENT : UINT16_MAX);
}
