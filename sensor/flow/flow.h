/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FLOW_FLOW_H
#define GANTRY_FLOW_FLOW_H

#include "base/age.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/pool.h"
#include "decode/decode.h"
#include "decode/tcp_options.h"
#include "flow/side.h"
#include "settings/setting.h"

/* What a flow is looked at for. Decided once by the owner's `opened` callback from the addresses, lowered
 * later when a flow turns out to be encrypted or of no interest. */
enum flow_interest {
    FLOW_COUNT,    /* look-up and counter, nothing more */
    FLOW_PASSED,   /* as FLOW_COUNT, and its octets are summed up: see pipeline/passed.h */
    FLOW_WAIT,     /* as FLOW_COUNT until it carries something */
    FLOW_IDENTIFY, /* nDPI names its datagrams, nobody reads them */
    FLOW_INSPECT,  /* streams are rebuilt */
};

/* Does the receiver take a packet? By its checksums and its time to live, held against what its side sent
 * before. */
enum soundness {
    PACKET_SOUND,
    PACKET_DOUBTFUL, /* perhaps: only what the receiver does shows it */
    PACKET_UNSOUND,  /* no */
};

enum flow_state { FLOW_NEW, FLOW_ESTABLISHED, FLOW_CLOSING, FLOW_CLOSED };
enum flow_end {
    FLOW_END_CLOSED,
    FLOW_END_RESET,
    FLOW_END_TIMEOUT,
    FLOW_END_REUSED,
    FLOW_END_SHED,
    FLOW_END_EXIT
};

struct flow {
    struct flow *hash_next; /* table's own */
    struct age_node used;   /* table's own: last use, in its timeout list */
    struct endpoint end[2]; /* by enum side */
    uint8_t transport;
    uint8_t state;    /* enum flow_state */
    uint8_t interest; /* enum flow_interest */
    bool identified;  /* identification is over */
    uint8_t identify_packets;
    bool syn_seen; /* the opening was seen: sides are certain */
    uint16_t vlan;
    uint16_t ndpi_master, ndpi_app; /* nDPI ids, 0 unknown */
    time_ns first, last;            /* packet time */
    uint64_t packets[2], bytes[2];  /* by the side that sent; bytes of IP packets */
    uint8_t fin_seen;               /* bit a side */
    uint8_t sequence_known;         /* table's own: bit a side: sequence_first and sequence_next hold */
    uint8_t syn_known;              /* bit a side: sequence_first is its SYN's */
    bool syn_unanswered;            /* table's own: syn_pending holds */
    uint8_t sound;                  /* enum soundness: of the packet that was given last */
    uint8_t sums;   /* table's own: bit a side: a checksum of it was right; bits 2, 3: one was seen */
    uint8_t spoke;  /* owner's: bit a side: it sent payload; bits 2, 3: and was looked at */
    uint8_t ttl[2]; /* table's own: the highest of the side */
    bool ttl_fell;  /* far below that, once: a packet may not have reached its receiver */
    struct syn_options syn[2];  /* of the side's SYN, if syn_known */
    uint32_t number;            /* of this worker, counts up, never 0 */
    void *ndpi;                 /* identify.c's own, freed as soon as the flow has its name */
    void *stream;               /* owner's: struct stream_pair */
    void *conversation;         /* owner's: struct conversation */
    void *lone;                 /* owner's: its first packet, which waits for the second */
    uint32_t policy;            /* owner's: what a policy said of the addresses, and which */
    uint32_t sequence_first[2]; /* table's own, TCP: first sequence number of the side (its SYN's if seen) */
    uint32_t sequence_next[2];  /* table's own, TCP: behind the last byte of the side */
    uint32_t syn_pending; /* table's own, TCP: a SYN that does not fit, until the other side answers it */
};

struct flow_owner {
    void *context;
    /* A new flow, sides already decided; sets flow->interest. */
    void (*opened)(void *context, struct flow *flow, const struct packet *packet);
    /* Before its memory goes; frees stream and conversation. False, but not at FLOW_END_EXIT: the owner has
     * something to do with it yet, and calls flow_table_release() for it later. No packet finds it any more.
     */
    bool (*closed)(void *context, struct flow *flow, enum flow_end why);
};

struct flow_options {
    uint64_t memory;      /* bytes for flows and buckets together */
    uint64_t timeout_new; /* ns */
    uint64_t timeout_established;
    uint64_t timeout_closing;
    uint64_t timeout_udp;
};
extern const struct setting flow_settings[]; /* limits.flow of gantry.yaml */

struct flow_table; /* opaque */

struct flow_table *flow_table_create(const struct flow_options *options, const struct flow_owner *owner);
void flow_table_destroy(struct flow_table *t); /* closes all flows with FLOW_END_EXIT; accepts NULL */

/* The packet's flow, made if new, with counts, times and TCP state brought up to date; *from says who sent
 * it. NULL when the packet belongs to none (no ports: counted). At the memory cap the least recently used
 * flow of the least valuable state is closed with FLOW_END_SHED. A SYN on a closed or old flow with the same
 * five-tuple ends the old one (FLOW_END_REUSED) and opens a new one. A duplicate of a packet changes nothing
 * but the counts. */
struct flow *flow_table_packet(struct flow_table *t, const struct packet *p, enum side *from);
/* Closes, with FLOW_END_SHED, a flow that has a conversation, other than `except`: its owner needs what that
 * one holds. Of those that were not used longest in each state it is the one whose `weight` is the largest,
 * of equal ones that of the least valuable state. False when there is none among those looked at. The one
 * call that `opened` may make. */
bool flow_table_make_room(struct flow_table *t, const struct flow *except,
                          uint32_t (*weight)(const struct flow *flow));
/* Of a flow that `closed` said false of: its memory goes. */
void flow_table_release(struct flow_table *t, struct flow *flow);
void flow_table_tick(struct flow_table *t, time_ns now);
/* Shows `is_over` all flows, and closes with FLOW_END_SHED those that it is true of. */
void flow_table_close_if(struct flow_table *t, bool (*is_over)(void *context, struct flow *flow),
                         void *context);
/* A flow of ICMP messages that nothing answers, such as errors. */
bool flow_is_icmp_notice(const struct flow *flow);
/* Most sides of this capture have no right checksum (it was taken at a sending host): those that never had
 * one are not looked at. */
bool flow_table_sums_left(const struct flow_table *t);
size_t flow_table_count(const struct flow_table *t);

/* --- identify.c: the only file that knows nDPI --- */

struct identify; /* the nDPI module and its pool of flow states */

struct identify_options {
    uint64_t memory;      /* bytes for nDPI flow states */
    unsigned packets_max; /* runs of bytes, after which a flow stays as it is; 0: 16 */
};

/* Makes nDPI's tables, which take longer to make than most of what else a start does, for the next
 * identify_create() of this process and of each that it forks from now on: they share them. False: no
 * memory. */
bool identify_prepare(void);
struct identify *identify_create(const struct identify_options *options);
void identify_destroy(struct identify *i);
/* Feeds a run of in-order bytes, or a datagram, of a flow that is not identified yet; sets flow->identified,
 * ndpi_master, ndpi_app and frees the nDPI state as soon as the name is certain or packets_max is reached.
 * The name is what a sender may choose, by a Host or by an address: it names, and decides nothing. */
void identify_bytes(struct identify *i, struct flow *flow, enum side from, const uint8_t *bytes, size_t n,
                    time_ns time);
void identify_release(struct identify *i, struct flow *flow); /* frees flow->ndpi */
/* nDPI's name of an id ("HTTP", "FTP_CONTROL", "TLS"); "Unknown" for 0. Lives for ever. */
const char *identify_name(const struct identify *i, uint16_t id);
/* Id for a name that nDPI knows, 0 if none. Case is ignored. */
uint16_t identify_id(const struct identify *i, const char *name);
/* Has it one? For `protocols:` of contracts. Prepares; without memory for that any name passes. */
bool identify_knows(const char *name);

/* Community ID v1 with seed 0: "1:" and base64 of SHA-1 (github.com/corelight/community-id-spec). */
#define COMMUNITY_ID_MAX 32
const char *flow_community_id(const struct flow *flow, char out[COMMUNITY_ID_MAX]);

/* --- expect.c: flows that another one announced --- */

enum { EXPECT_FACTS_MAX = 64 }; /* octets */

/* Who will open it, and to whom. At least one of the two ports is known; the other may be left open (0):
 * FTP's data come from any port of the client, TFTP's and RTP's server answers from one of its own. An
 * address of zeros is anybody's, whose port is open too: a file over DCC is fetched by who stands behind a
 * server. It holds facts and no pointers, so that any worker could take it. */
struct expectation {
    uint8_t transport; /* IP protocol number */
    uint8_t protocol;  /* number of the protocol that is to run on it, opaque to flow/ */
    uint8_t facts_n;
    uint8_t facts[EXPECT_FACTS_MAX]; /* the protocol's own: what it is given when the flow comes */
    struct endpoint end[2];          /* by enum side */
};

struct expect_table;
struct expect_table *expect_create(size_t limit, time_ns lifetime);
void expect_destroy(struct expect_table *t);
/* Replaces one with the same ends. When full, of the oldest the one goes whose source has announced most:
 * counted. */
void expect_add(struct expect_table *t, const struct expectation *e, time_ns now);
/* The expectation that this flow fulfils, by either side; taken out of the table. False if none. */
bool expect_take(struct expect_table *t, const struct flow *flow, time_ns now, struct expectation *out);
/* Would expect_take() find one, in time or late? */
bool expect_knows(struct expect_table *t, const struct flow *flow);
void expect_tick(struct expect_table *t, time_ns now);
size_t expect_count(const struct expect_table *t);
unsigned expect_fill(const struct expect_table *t); /* share of those that may be, 0..1000 */

#endif
