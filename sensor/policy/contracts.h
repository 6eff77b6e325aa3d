/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_POLICY_CONTRACTS_H
#define GANTRY_POLICY_CONTRACTS_H

#include "policy/policy.h"

/* What reading the configuration needs and leaves behind; the context of all custom readers of this folder.
 */
struct loading {
    struct arena *arena;
    struct problems *problems;
    const char *const *classes; /* NULL: any */
    bool (*protocol_known)(const char *name);
    const char *zones; /* folder */
    int32_t today;     /* by the clock, for warnings only */
    struct network_entry *entries;
    size_t entry_count, entry_room;
    struct domain *domains;
    size_t domain_count, domain_room;
    struct known_name *names; /* of networks, partners and contracts: each kind's must differ */
    size_t name_count, name_room;
};

/* A name that must be the only one of its kind. */
struct known_name {
    const char *kind, *name; /* "partner", "Acme Towing" */
    int line;
    const char *file;
};

enum { NAME_MAX_BYTES = 64 };

/* Room for one more element in a malloc'ed array; false: told, no memory. */
bool loading_grow(struct loading *l, void *array, size_t *room, size_t count, size_t size);
/* Remembers the name, after telling if it is too long for a message. */
bool loading_name(struct setting_reader *r, const struct doc_node *node, const char *kind, const char *name);

/* A list of contracts into the partner's. A setting's `read`; `field` is the struct partner. */
bool contracts_read(struct setting_reader *r, const struct doc_node *node, void *field);
extern const struct setting contract_settings[];       /* contracts of partners in gantry.yaml */
extern const struct setting contract_limit_settings[]; /* per-day and per-month of these */

/* Does it name this class? A contract without classes covers none. Classes of flows (flow_class.h) are
 * covered by one that names none of them, and "*" covers every class but a few. */
bool contract_covers_class(const struct contract *c, const char *class);
/* Our own name of what the flow speaks, NULL unknown. A contract without protocols covers all. */
bool contract_covers_protocol(const struct contract *c, const char *protocol);

/* Between its days it covers whatever is sent: every class, without any other term. "*" means no canary:
 * where rules seek some (`canaries`) it has to name them. */
bool contract_covers_all(const struct contract *c, bool canaries);

/* "2026-05-31" */
const char *contract_day(int32_t day, char out[CLOCK_TEXT_MAX]);

#endif
