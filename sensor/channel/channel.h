/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CHANNEL_CHANNEL_H
#define GANTRY_CHANNEL_CHANNEL_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/counter.h"
#include "channel/upload_sizes.h"
#include "transfer/facts.h"

/* From workers to the reporter: fixed-format records through one ring in shared memory a worker. The worker
 * never blocks (live), or waits (offline). The reader trusts nothing: a worker may have been taken over. */

enum { RECORD_VERSION = 8, RECORD_DIGESTS_MAX = 1024, RECORD_RULES_MAX = 16 };

enum record_kind {
    RECORD_TRANSFER = 1, /* an object ended; one that is `pending` has a second record once it was examined */
    RECORD_FINDING,      /* a rule holds, while the object may still be moving */
    RECORD_FLOW,         /* a flow ended */
    RECORD_NOTICE,       /* the sensor says something of itself: TEXT_RULE_NAME, with a key in TEXT_RULE_ID */
    RECORD_VOLUME, /* what flows that nobody reads brought a destination since the last record of them */
    RECORD_HOST,   /* the source, a host of an image network, speaks with the destination */
    RECORD_KINDS
};

/* Texts of a record beside its facts, which stand first (transfer/fact_table.h): name and longest value in
 * octets. */
/* clang-format off */
#define RECORD_TEXT_TABLE \
    RECORD_TEXT(PROTOCOL, 32)      /* of ours */ \
    RECORD_TEXT(APPLICATION, 64)   /* nDPI's name */ \
    RECORD_TEXT(MASTER, 64)        /* nDPI's name of the protocol below that */ \
    RECORD_TEXT(MIME, 128) \
    RECORD_TEXT(RULE_ID, 128) \
    RECORD_TEXT(RULE_NAME, 256) \
    RECORD_TEXT(CLASS, 64)         /* finding: one; transfer: see rules and classes */ \
    RECORD_TEXT(RULES, 512)        /* transfer: ids, newline between */ \
    RECORD_TEXT(CLASSES, 512)      /* transfer: distinct classes, newline between */ \
    RECORD_TEXT(OFFENDING, 512)    /* transfer: those of the classes that the destination may not receive */ \
    RECORD_TEXT(REFERENCES, 512)   /* finding: newline between */ \
    RECORD_TEXT(SAMPLE, 64)        /* finding: a redacted value */ \
    RECORD_TEXT(NETWORK, 128)      /* source image network */ \
    RECORD_TEXT(PARTNER, 128) \
    RECORD_TEXT(CONTRACT, 64) \
    RECORD_TEXT(REASON, 384) \
    RECORD_TEXT(TERM, 128)         /* of the contract that do not hold: newline between */ \
    RECORD_TEXT(SAME_FLOW, 128)    /* classes by which the same flow was told: of what was found in it, where this is \
                                      a volume, else of a flow; newline between */ \
    RECORD_TEXT(COMMUNITY_ID, 64)
/* clang-format on */

/* Texts of a record, by place: TEXT_NAME is FACT_NAME, and so on. */
enum record_text {
#define FACT(id, ...) TEXT_##id,
    FACT_TABLE
#undef FACT
#define RECORD_TEXT(id, longest) TEXT_##id,
        RECORD_TEXT_TABLE
#undef RECORD_TEXT
            TEXT_COUNT
};

enum {
    RECORD_TEXTS_LONGEST = 0
#define FACT(id, ecs, brief, longest, ...) +longest
    FACT_TABLE
#undef FACT
#define RECORD_TEXT(id, longest) +longest
        RECORD_TEXT_TABLE
#undef RECORD_TEXT
    ,
    RECORD_TEXT_MAX = (RECORD_TEXTS_LONGEST + 7) & ~7 /* octets of all texts together */
};

/* Everything of one record but its texts. Same layout for all kinds; unused fields are zero. */
struct record {
    uint32_t size;    /* bytes of the whole record with texts and digests, multiple of 8 */
    uint16_t version; /* RECORD_VERSION */
    uint16_t kind;
    uint64_t id; /* of this worker, counts up without a hole, survives its restart */
    time_ns time, first, last;
    struct address source, destination; /* the side the bytes came from and the side they went to */
    struct address client, server;
    uint16_t source_port, destination_port, client_port, server_port;
    uint8_t transport; /* IP protocol number */
    uint8_t verdict;   /* enum verdict */
    uint8_t severity;
    uint8_t direction; /* enum record_direction */
    uint16_t vlan;
    uint8_t complete, container;
    uint8_t hashed, at_least, known_total;
    uint8_t matters; /* the source is an image network, the destination outside */
    uint16_t worker;
    uint8_t partner_known;
    uint8_t shed; /* overload: content behind an alert was counted only */
    uint64_t
        object; /* number; host: its address on the link, the first of six octets the highest, 0: not known */
    uint64_t parent;
    uint64_t bytes;      /* size of the object; flow: client's bytes; volume: what left */
    uint64_t bytes_back; /* flow: server's bytes; volume: what came back */
    uint64_t packets, packets_back;
    uint64_t missing, offset, total;
    uint32_t distinct;
    uint16_t digests;         /* count; they lie behind the texts, 8 bytes each */
    uint8_t destination_bits; /* of its announced prefix, as struct prefix counts; 0: not known */
    uint8_t quiet;            /* volume: the name is one of quiet-names */
    uint8_t shaking;          /* volume: nothing but handshakes */
    uint8_t pending;          /* examined elsewhere: counts once that is over, with a second record */
    uint8_t ambiguous;        /* the flow's segments contradict each other */
    uint8_t sha256[32];
    uint32_t flow;               /* number */
    uint32_t flows;              /* volume: that began */
    uint32_t uploads;            /* volume, flow: of those that nobody reads */
    uint32_t upload_interval_ms; /* between them, on average; 0: fewer than two */
    struct upload_sizes sizes;
    uint8_t
        like_images; /* the reporter's: percent that these sizes have in common with clear images, and 1 */
    uint32_t tries;  /* volume: connections that nobody answered; these alone have neither octets nor flows */
    struct {
        uint16_t at, n;
    } text[TEXT_COUNT]; /* offset behind this structure; n bytes */
};

enum record_direction {
    DIRECTION_UNKNOWN,
    DIRECTION_OUTBOUND,
    DIRECTION_INBOUND,
    DIRECTION_INTERNAL,
    DIRECTION_EXTERNAL
};

/* Builds a record in a buffer of this module's; one at a time and process. */
struct record_builder {
    struct record head;
    uint8_t text[RECORD_TEXT_MAX];
    uint32_t used;
    uint64_t digest[RECORD_DIGESTS_MAX];
};
void record_begin(struct record_builder *b, enum record_kind kind);
/* Replaces; cut at a character's end where it is longer than its table has it, so that no text can crowd out
 * another. */
void record_text(struct record_builder *b, enum record_text which, struct bytes value);
/* Adds behind what is there already, with a newline between; a value that does not fit whole is left out. */
void record_text_add(struct record_builder *b, enum record_text which, const char *value);
/* The finished record with this id as it travels, in `out` (of ring_record_max() bytes); returns its size. */
size_t record_pack(const struct record_builder *b, uint64_t id, void *out);

/* A record that record_valid() has accepted, to be changed; texts are cut to their limits. */
void record_copy(struct record_builder *b, const struct record *r);

/* The texts of a record that record_valid() has accepted. */
struct bytes record_text_of(const struct record *r, enum record_text which);
const uint64_t *record_digests_of(const struct record *r);
/* Version, kind and times are possible, sizes and every offset lie inside `available` bytes. */
bool record_valid(const struct record *r, size_t available);

/* --- ring.c --- */
struct ring; /* one writer, one reader, in memory shared by all processes of the sensor */

/* In a memfd that the supervisor owns, mapped at once and inherited through fork. `size`: bytes, rounded up
 * to a power of two. NULL: no memory. */
struct ring *ring_create(size_t size);
void ring_destroy(struct ring *r);
/* Copies the record in and gives it the next id, the first is 1. False when full: counted by the caller. A
 * record is visible to the reader whole or not at all, whenever the writer dies. */
bool ring_write(struct ring *r, struct record_builder *b);
/* The next record behind the reader's look-ahead, copied out of the ring into `copy` (of ring_record_max()
 * bytes) and checked; NULL if there is none. A damaged ring is reset to the writer's position and counted in
 * *damaged. */
const struct record *ring_read(struct ring *r, void *copy, uint64_t *damaged);
size_t ring_record_max(void);
/* All that ring_read() gave is committed: the writer may use its room. Until then a new reader gets it again.
 */
void ring_commit(struct ring *r);
/* A new reader begins behind the last commit. */
void ring_rewind(struct ring *r);
/* Where its look-ahead stands: bytes since the ring was made. */
uint64_t ring_position(const struct ring *r);
/* The writer waits (offline) until the longest record fits, at most `timeout` ms. */
void ring_wait_room(struct ring *r, int timeout_ms);
/* Has the writer gone on behind the reader's look-ahead? For a reader that is about to sleep. */
bool ring_has_news(const struct ring *r);
/* Descriptor that becomes readable when something was written: one eventfd for all rings. */
struct doorbell;
struct doorbell *doorbell_create(void);
int doorbell_fd(const struct doorbell *d);
void doorbell_destroy(struct doorbell *d);
/* In a process that is not the reader: it keeps what it rings with and no more, for good. */
void doorbell_only_ring(struct doorbell *d);
/* Something was written into a ring; cheap when nobody sleeps. */
void doorbell_ring(struct doorbell *d);
/* The reader is to look at what stands in no ring, whether it sleeps or not. */
void doorbell_wake(struct doorbell *d);
/* For a reader that polls other descriptors too: arm, look whether any ring has news, if none poll
 * doorbell_fd() among them, disarm, read the rings. */
void doorbell_arm(struct doorbell *d);
void doorbell_disarm(struct doorbell *d);
/* Counters of this ring's worker: COUNTER_COUNT values in shared memory. */
uint64_t *ring_counters(struct ring *r);
/* The worker has ended by itself (end of file): nothing more will come. */
void ring_finish(struct ring *r);
bool ring_finished(const struct ring *r);
/* Records that were written and are not committed, as far as the ring's ids can be believed. */
uint64_t ring_uncommitted(const struct ring *r);

#endif
