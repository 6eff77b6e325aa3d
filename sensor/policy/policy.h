/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_POLICY_H
#define GANTRY_POLICY_POLICY_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "settings/arena.h"
#include "settings/setting.h"
#include "settings/yaml.h"

/* Who may receive what: image networks, internal networks, partners and their contracts. Immutable once
 * loaded. */

/* From good to bad: where a name and an address disagree, the worse holds. */
enum verdict { VERDICT_INTERNAL, VERDICT_APPROVED, VERDICT_BREACH, VERDICT_UNAPPROVED, VERDICT_UNKNOWN };
const char *verdict_name(enum verdict v); /* "approved", ... as in records */

struct contract {
    const char *id;
    int32_t from, until;            /* days since 1970-01-01, both inclusive (UTC) */
    struct setting_texts classes;   /* data classes that may be received; empty: none */
    struct setting_texts protocols; /* nDPI names; empty: any */
    const char *file;
    int line;
};

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
enum place_kind { PLACE_UNKNOWN, PLACE_IMAGE, PLACE_INTERNAL, PLACE_PARTNER };
struct place {
    enum place_kind kind;
    uint32_t index; /* of the image network or partner */
};

/* From the keys image-networks, internal-networks, partners of the configuration's root. NULL after telling
 * the problems: bad CIDR, the same prefix for two owners or one partner's inside another's ("overlapping
 * partners"), duplicate names and contract ids, contract dates in the wrong order, unknown protocols,
 * misspelt classes (`classes` NULL-terminated, may be NULL; `protocol_known` may be NULL). A class that no
 * rule has and that looks like none is a warning: it approves nothing. A hundred thousand prefixes load in
 * well under a second. */
const struct policy *policy_load(const struct yaml *root, struct arena *arena, struct problems *problems,
                                 const char *const *classes, bool (*protocol_known)(const char *name));

/* The setting tables of the keys that hold lists of maps, for the manual page's test; the end has a NULL
 * name. */
struct policy_table {
    const char *name;
    const struct setting *settings;
};
const struct policy_table *policy_tables(void);

/* One step a byte of the address, as far as prefixes differ: some 200 instructions among 100,000 prefixes. */
struct place policy_place(const struct policy *p, const struct address *a);
const struct image_network *policy_image_network(const struct policy *p, uint32_t index);
const struct partner *policy_partner(const struct policy *p, uint32_t index);
size_t policy_image_networks(const struct policy *p);
size_t policy_partners(const struct policy *p);

/* First look, from addresses alone: may bytes from `source` to `destination` matter? True when the source is
 * in an image network and the destination in neither an image network nor an internal one. */
bool policy_matters(const struct policy *p, const struct address *source, const struct address *destination);

/* A partner that owns this server name, whatever the address; NULL if none. Case and a port are ignored. */
const struct partner *policy_partner_named(const struct policy *p, struct bytes host);

/* Second look, when there is a finding. */
struct judgement_facts {
    struct address source, destination;
    struct bytes host;       /* name that the client used; may be empty */
    const char *class;       /* data class found, NULL before there is one */
    const char *application; /* nDPI names of the flow: "TLS", "FTP_DATA"; NULL unknown */
    const char *master;      /* nDPI's master protocol, NULL */
    time_ns time;
};

struct judgement {
    enum verdict verdict;
    const struct partner *partner;   /* NULL if none */
    const struct contract *contract; /* the one that decided, NULL */
    char reason[160]; /* for people: which term was broken, or why it is approved; names file and line of
                         nothing */
    const char *term; /* what was broken: "class", "protocol"; "dates" when no contract holds on that day;
                       * "name" when the name made it worse; else NULL */
};

/* A name may identify a partner and make the verdict worse than the address's, never better. */
void policy_judge(const struct policy *p, const struct judgement_facts *facts, struct judgement *out);

#endif
