/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/table.h"

#include "base/counter.h"
#include "decode/checksum.h"

/* Does the receiver take a packet? What its checksums and its time to live say, held against the other
 * packets of its side: a capture at the sending host has no right checksums, and must be read all the same.
 */

enum {
    SIDES_LEAST = 16,  /* so many sides with a first checksum say what the capture's checksums are worth */
    SIDES_MOST = 4096, /* then the older ones count half */
    GOOD_SHARE = 8,    /* fewer than one of so many fails: the capture has checksums */
    SIDE_PACKETS = 2,  /* looked at on each side however the others fare */
    SIDE_DOUBTS = 4,   /* a side of which so many came, and not one right, has no checksums */
    TTL_LOW = 40,      /* with so many hops left a packet comes through anywhere */
};

static bool is_verified(const struct flow *flow, enum side s) {
    return flow->sums >> s & 1;
}

/* The first checksum of a side that says anything. */
static void note_first(struct flow_table *t, struct flow *flow, enum side s, bool good) {
    struct flow_sums *sums = &t->sums;
    uint8_t bit = (uint8_t)(4u << s);
    if (flow->sums & bit)
        return;
    flow->sums |= bit;
    if (good)
        sums->good++;
    else
        sums->bad++;
    if (sums->good + sums->bad >= SIDES_MOST) {
        sums->good /= 2;
        sums->bad /= 2;
    }
    uint32_t all = sums->good + sums->bad;
    if (all >= SIDES_LEAST)
        sums->left_alone = sums->left_alone ? sums->bad * 3 > all : sums->bad * 2 > all;
}

static bool has_checksums(const struct flow_sums *sums) {
    return sums->good + sums->bad >= SIDES_LEAST && sums->bad * GOOD_SHARE < sums->good;
}

static enum soundness judge_sums(struct flow_table *t, struct flow *flow, const struct packet *p,
                                 enum side from) {
    bool verified = is_verified(flow, from);
    if (t->sums.left_alone && !verified && flow->packets[from] >= SIDE_PACKETS)
        return PACKET_SOUND;
    enum packet_sum sum = packet_sum(p);
    if (sum == SUM_GOOD) {
        note_first(t, flow, from, true);
        flow->sums |= (uint8_t)(1u << from);
        return PACKET_SOUND;
    }
    if (sum == SUM_UNKNOWN)
        return PACKET_SOUND;
    if (verified && sum == SUM_LEFT_OUT && packet_sum_holds(p))
        return PACKET_SOUND;
    /* Segments that the receiving host has joined before they were captured stand among those that came
     * alone. */
    if (verified && sum == SUM_LEFT_OUT) {
        counter_one(COUNTER_CHECKSUMS_LEFT);
        return PACKET_DOUBTFUL;
    }
    if (verified) {
        counter_one(COUNTER_CHECKSUMS_WRONG);
        return p->transport == PROTOCOL_TCP ? PACKET_DOUBTFUL : PACKET_UNSOUND;
    }
    counter_one(COUNTER_CHECKSUMS_LEFT);
    if (sum == SUM_LEFT_OUT) /* which says nothing of the capture's other checksums */
        return PACKET_SOUND;
    note_first(t, flow, from, false);
    bool odd = flow->packets[from] < SIDE_DOUBTS && has_checksums(&t->sums);
    return odd ? PACKET_DOUBTFUL : PACKET_SOUND;
}

static bool is_low(struct flow *flow, const struct packet *p, enum side from) {
    uint8_t usual = flow->ttl[from];
    if (p->ttl >= usual) {
        flow->ttl[from] = p->ttl;
        return false;
    }
    return p->ttl < TTL_LOW;
}

enum soundness flow_judge_packet(struct flow_table *t, struct flow *flow, const struct packet *p,
                                 enum side from) {
    if (flow->interest == FLOW_COUNT || (p->transport != PROTOCOL_TCP && p->transport != PROTOCOL_UDP))
        return PACKET_SOUND;
    enum soundness sums = judge_sums(t, flow, p, from);
    if (sums != PACKET_SOUND)
        return sums;
    if (is_low(flow, p, from)) {
        counter_one(COUNTER_TTL_LOW);
        flow->ttl_fell = true;
        return PACKET_DOUBTFUL;
    }
    return p->contested ? PACKET_DOUBTFUL : PACKET_SOUND;
}

bool flow_table_sums_left(const struct flow_table *t) {
    return t->sums.left_alone;
}
