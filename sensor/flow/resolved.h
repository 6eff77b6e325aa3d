/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_FLOW_RESOLVED_H
#define GANTRY_FLOW_RESOLVED_H

#include "base/address.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/hash.h"
#include "base/pool.h"
#include "base/table.h"

/* Which name a host of an image network asked the DNS for before it went to an address, so that people can be
 * told it. Who answers chooses what it says: it identifies nobody and decides nothing. Of a host and an
 * address the newest name is kept. What is kept is bounded for each host and in all; where all is full the
 * name that was used longest ago goes, of the host that holds most. */

enum {
    RESOLVED_NAME_MAX = 255,
    RESOLVED_OF_CLIENT = 256, /* names; of more its own oldest go */
};

/* A client's name for an address: from the answer on, as long as that says. */
struct resolution {
    struct address client, server;
    time_ns since, until;
    uint16_t n; /* octets of the name, 1..RESOLVED_NAME_MAX */
    char name[RESOLVED_NAME_MAX];
};

struct resolved_client {
    struct table_node node; /* by address */
    struct address address;
    struct age_list names;
    uint32_t count;
};

struct resolved_name {
    struct table_node node;  /* by client and server, and last use */
    struct age_node of_host; /* among its client's */
    struct resolved_client *client;
    struct resolution is;
};

/* One worker's. */
struct resolved {
    struct pool names, clients;
    struct table by_pair, by_client;
    struct hash_key key;
};

bool resolved_init(struct resolved *r, size_t names); /* the most at once, and of hosts; false: no memory */
void resolved_finish(struct resolved *r);
/* Accepts what another worker says: one of no possible length is left out. */
void resolved_add(struct resolved *r, const struct resolution *is);
/* The name by which `client` knew `server` at that time; empty: none is known. Lives until the next call. */
struct bytes resolved_find(struct resolved *r, const struct address *client, const struct address *server,
                           time_ns at);

#endif
