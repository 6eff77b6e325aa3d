/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_POLICY_H
#define GANTRY_POLICY_POLICY_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "policy/calendar/hours.h"
#include "settings/arena.h"
#include "settings/doc.h"
#include "settings/setting.h"

/* Who may receive what: image networks, internal networks, partners and their contracts. Immutable once
 * loaded. */

/* From good to bad: where a name and an address disagree, the worse holds. Behind them those of destinations
 * inside, where readers are configured. */
enum verdict {
    VERDICT_INTERNAL,
    VERDICT_APPROVED,
    VERDICT_BREACH,
    VERDICT_UNAPPROVED,
    VERDICT_UNKNOWN,
    VERDICT_READER_BREACH,     /* a reader outside the terms of its contract */
    VERDICT_UNAPPROVED_READER, /* inside, and no reader with a valid contract */
    VERDICT_COUNT
};
static inline bool verdict_is_inside(unsigned v) {
    return v == VERDICT_READER_BREACH || v == VERDICT_UNAPPROVED_READER;
}
/* Has who receives it no contract that holds, whatever its terms? */
static inline bool verdict_is_nobodys(unsigned v) {
    return v == VERDICT_UNAPPROVED || v == VERDICT_UNKNOWN || v == VERDICT_UNAPPROVED_READER;
}
/* Are there as many who receive it as hosts, not as there are names in the configuration? */
static inline bool verdict_is_of_many(unsigned v) {
    return v == VERDICT_UNKNOWN || v == VERDICT_UNAPPROVED_READER;
}
const char *verdict_name(enum verdict v); /* "approved", ... as in records */

/* What a contract demands, in the order in which sentences name it. As bits of a mask where several are
 * broken. */
enum contract_term {
    TERM_NAME, /* the name made the verdict worse */
    TERM_DATES,
    TERM_CLASS,
    TERM_PROTOCOL,
    TERM_HOURS,
    TERM_DAY_OBJECTS,
    TERM_DAY_BYTES,
    TERM_MONTH_OBJECTS,
    TERM_MONTH_BYTES,
    TERM_COUNT
};
#define TERM_BIT(term) (1u << (term))
enum {
    TERM_LIMITS = TERM_BIT(TERM_DAY_OBJECTS) | TERM_BIT(TERM_DAY_BYTES) | TERM_BIT(TERM_MONTH_OBJECTS) |
                  TERM_BIT(TERM_MONTH_BYTES)
};
const char *term_name(enum contract_term term); /* "class", "per-day objects", ... as in records */

/* What may be received within one day or month of the contract's zone; 0: no limit. As an amount: what was.
 */
struct contract_amount {
    uint64_t objects, bytes;
};

struct contract {
    const char *id;
    int32_t from, until;            /* days since 1970-01-01 in the contract's zone, both inclusive */
    struct setting_texts classes;   /* data classes that may be received; empty: none */
    struct setting_texts protocols; /* nDPI names; empty: any */
    const struct hours *hours;      /* NULL: always */
    struct contract_amount day, month;
    const char *file;
    int line;
    int term_line[TERM_COUNT]; /* where each term is written; 0: it is not */
};

/* The zone of its days, months and hours; NULL: UTC. */
static inline const struct zone *contract_zone(const struct contract *c) {
    return c->hours ? c->hours->zone : NULL;
}
static inline bool contract_has_limits(const struct contract *c) {
    return c->day.objects || c->day.bytes || c->month.objects || c->month.bytes;
}

struct partner {
    const char *name;
    struct setting_texts domains; /* "example.org" or "*.example.org" */
    const struct contract *contracts;
    size_t contract_count;
    const char *file;
    int line;
};

struct image_network {
    const char *name;
    const char *file;
    int line;
};

struct policy; /* opaque */

/* What an address is: longest prefix wins over all kinds. */
/* PLACE_RELAY, PLACE_READER: of the configuration alone, policy_place() never says so. */
enum place_kind { PLACE_UNKNOWN, PLACE_IMAGE, PLACE_INTERNAL, PLACE_PARTNER, PLACE_RELAY, PLACE_READER };
struct place {
    enum place_kind kind;
    uint32_t index; /* of the image network or partner */
};

/* From the keys image-networks, internal-networks, partners, announced-prefixes of the configuration's root.
 * NULL after telling the problems: bad CIDR, the same prefix for two owners or one partner's inside another's
 * ("overlapping partners"), a partner named like a prefix, duplicate names and contract ids, contract dates
 * in the wrong order, unknown protocols, misspelt classes (`classes` NULL-terminated, may be NULL;
 * `protocol_known` may be NULL). A class that no rule has and that looks like none is a warning: it approves
 * nothing. A hundred thousand prefixes load in well under a second. */
const struct policy *policy_load(const struct doc_node *root, struct arena *arena, struct problems *problems,
                                 const char *const *classes, bool (*protocol_known)(const char *name));

/* image-networks, partners and readers of gantry.yaml: keys of an entry. */
extern const struct setting image_network_settings[], partner_settings[], reader_settings[];

/* One step a byte of the address, as far as prefixes differ: some 200 instructions among 100,000 prefixes. */
struct place policy_place(const struct policy *p, const struct address *a);

/* For people, slowly: the configured prefix and name that decide, with file and line; NULL: none. */
struct network_entry;
struct domain;
const struct network_entry *policy_entry(const struct policy *p, const struct address *a);
const struct network_entry *policy_entries(const struct policy *p,
                                           size_t *count); /* sorted as networks.h says */
const struct domain *policy_domain(const struct policy *p, struct bytes host);

const struct image_network *policy_image_network(const struct policy *p, uint32_t index);
const struct partner *policy_partner(const struct policy *p, uint32_t index);
size_t policy_image_networks(const struct policy *p);
size_t policy_partners(const struct policy *p);
/* All who have contracts: partners, and behind them readers inside, which have their form. */
size_t policy_receivers(const struct policy *p);
const struct partner *policy_receiver(const struct policy *p, uint32_t index);
/* The reader whose network this is; NULL: nobody's, or none is configured. */
const struct partner *policy_reader_at(const struct policy *p, const struct address *a);
/* Is anybody asked who may read inside? */
bool policy_has_readers(const struct policy *p);

/* Bits of the longest prefix of announced-prefixes that holds the address, as struct prefix counts them
 * (IPv4: 96 more); 0: none. */
uint8_t policy_announced(const struct policy *p, const struct address *a);

/* First look, from addresses alone: may bytes from `source` to `destination` matter? True when the source is
 * in an image network and the destination in neither an image network nor an internal one, or a relay; with
 * readers whatever another host receives from an image network. */
bool policy_matters(const struct policy *p, const struct address *source, const struct address *destination);

/* Do the rules look for canaries? */
bool policy_seeks_canaries(const struct policy *p);

/* The same look: does a contract cover whatever this destination receives at that time? Then nobody needs to
 * know what it is. A contract for all classes ("*") without protocols, hours and limits does, where it names
 * what "*" does not mean and rules look for (canaries). */
bool policy_covers_all(const struct policy *p, const struct address *destination, time_ns time);

/* A partner that owns this server name, whatever the address; NULL if none. Case and a port are ignored. */
const struct partner *policy_partner_named(const struct policy *p, struct bytes host);

/* Does a relay stand there, which acts for others? Two loads where none is configured. */
bool policy_relays(const struct policy *p, const struct address *a);
/* Where relays are configured: may a question that `source` asks there pass on what it holds to the outside?
 * Any resolver inside may, a relay or not. */
bool policy_asks(const struct policy *p, const struct address *source, const struct address *destination);
/* Is this server name one of internal-domains? */
bool policy_owns(const struct policy *p, struct bytes host);

/* Is this server name one of flows.quiet-names: servers of the software's own, such as updates? */
bool policy_quiet(const struct policy *p, struct bytes host);

/* What was received under a contract today and this month, and which of the limits (TERM_LIMITS) do not hold.
 */
struct contract_use {
    struct contract_amount day, month;
    unsigned broken;
};

/* Second look, when there is a finding. */
struct judgement_facts {
    struct address source, destination;
    struct bytes host;       /* name that the client used; may be empty */
    struct bytes target;     /* of a relay: whom its client asked it for (target.h), or several with commas
                                between, of whom the worst counts; empty: `host` says it */
    struct bytes proxied;    /* of any other destination: whom it was asked to pass this on to, likewise */
    struct bytes recipients; /* of mail, with commas between: the worst of them counts, by name and target */
    const char *class;       /* data class found, NULL before there is one */
    const char
        *protocol; /* by our own look, never by nDPI's, which a sender chooses: "tls", "ftp"; NULL unknown */
    bool any_protocol; /* nobody asks about it */
    bool passed_on;    /* the destination acts for others in this, a relay or not: policy_asks() */
    time_ns time;
    /* What would have been received under the contract with this; NULL where nobody counts: limits hold. */
    void (*use)(void *context, const struct contract *c, struct contract_use *out);
    void *context;
};

enum { JUDGEMENT_REASON_MAX = 384 };
struct judgement {
    enum verdict verdict;
    const struct partner *partner;   /* or reader; NULL if none */
    const struct contract *contract; /* the one that decided, NULL */
    bool relayed;        /* the destination is a relay, and the verdict is that of whom it is for */
    struct bytes target; /* of several for whom it is, in the facts, the one that decided */
    unsigned terms;      /* TERM_BIT() of each that does not hold */
    char reason[JUDGEMENT_REASON_MAX]; /* for people: every term that was broken, or why it is approved; names
                                          file and line of nothing */
};

/* A name may identify a partner and make the verdict worse than the address's, never better. Where the
 * destination is a relay it acts by the name: that decides, and a name within what it carries makes it worse,
 * never better. A relay that is asked for nobody is an internal destination. Of another proxy both count, the
 * worse of the two: where its client asked for an address, or for a partner's name. */
void policy_judge(const struct policy *p, const struct judgement_facts *facts, struct judgement *out);
/* Which terms of this one contract do not hold for them. */
unsigned contract_broken(const struct contract *c, const struct judgement_facts *facts,
                         struct contract_use *use);

#endif
