/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "base/ground.h"
#include "base/hash.h"
#include "base/sanitized.h"
#include "flow/flow.h"
#include "flow/shown_hello.h"

#include <malloc.h>
#include <ndpi/ndpi_api.h>
#include <stdlib.h>
#include <sys/mman.h>

/* The only file that knows nDPI; written for 4.2 (Debian 12). What other versions do otherwise is kept here.
 */

enum { PACKETS_MAX = 16 };
enum { IPV4_BYTES = 20, IPV6_BYTES = 40, TCP_BYTES = 20, UDP_BYTES = 8, HOPS = 64, SHOWN_MAX = 4096 };
/* What has no name by its first runs of bytes has one by the beginnings of the next, or by none. */
enum { WHOLE_RUNS = 4, BEGINNING = 512 };

/* Hellos whose names are remembered; a client's port that says nothing, and what is shown in its place. */
enum { KNOWN = 1024, PORT_OF_CHANCE = 32768, PORT_SHOWN = 49152 };

/* Few clients say most hellos, to few servers. What nDPI says of a flow's first packet hangs on its octets
 * alone, so it is kept in the place that their hash names, under a key of this process: nobody finds two that
 * share a hash. */
struct known {
    struct hash_wide hash;
    uint16_t master, app; /* 0, 0: none */
    uint32_t round;       /* in which it was said */
};

/* Of a flow that is being named. */
struct naming {
    struct ndpi_flow_struct flow;
    uint32_t next[2]; /* octets shown so far, by side */
};

struct identify {
    struct module *module;
    struct pool states;
    unsigned packets_max;
    size_t memory;
    size_t memory_before;                               /* of nDPI's own, allocated at the start */
    uint8_t packet[IPV6_BYTES + TCP_BYTES + SHOWN_MAX]; /* what nDPI is shown */
    struct hash_key key;
    uint32_t round; /* what was said in others does not hold any more */
    struct known known[KNOWN];
};

/* --- nDPI's tables --- */

/* nDPI makes its tables of some ten thousand pieces and keeps them all. They lie one behind the other in
 * memory that is given back with them, so that they cost neither a block of the heap nor a fault each; what
 * does not fit comes from the heap. */
struct tables {
    uint8_t *base;
    size_t used, ready, size; /* bytes */
};
enum { TABLES_MAX = 16 << 20, TABLES_ALIGN = 16 };

/* nDPI, ready for flows. */
struct module {
    struct ndpi_detection_module_struct *ndpi;
    struct tables tables;
    struct module *next;
};

static struct module *modules;  /* of this process: one, but in tests */
static struct module *prepared; /* of those: for who asks next */
static struct tables *filled;   /* while a module is made */

static void tables_open(struct tables *t) {
    void *p = SANITIZED ? NULL : ground_reserve(TABLES_MAX);
    *t = (struct tables){.base = p, .size = p ? TABLES_MAX : 0};
    if (p && !ground_open(p, TABLES_MAX)) {
        munmap(p, TABLES_MAX);
        *t = (struct tables){0};
    }
}

/* NULL: it does not fit. */
static void *tables_take(struct tables *t, size_t n) {
    size_t rounded = (n + TABLES_ALIGN - 1) & ~(size_t)(TABLES_ALIGN - 1);
    if (rounded < n || rounded > t->size - t->used)
        return NULL;
    void *p = t->base + t->used;
    t->used += rounded;
    t->ready = ground_prepare(t->base, t->ready, t->used, t->size);
    return p;
}

/* No more is taken. */
static void tables_close(struct tables *t) {
    if (t->size > t->ready)
        munmap(t->base + t->ready, t->size - t->ready);
    t->size = t->ready;
}

static bool is_in_tables(const void *p) {
    for (const struct module *m = modules; m; m = m->next)
        if ((uintptr_t)p - (uintptr_t)m->tables.base < m->tables.size)
            return true;
    return false;
}

/* What nDPI has allocated beside that, in this process: its allocator is global. A flow's URL, TLS buffers
 * and the like come on top of its fixed state; where they are many, no new flow is named. */
static size_t allocated;

static void *count_malloc(size_t n) {
    void *p = filled ? tables_take(filled, n) : NULL;
    if (p)
        return p;
    p = malloc(n);
    if (p)
        allocated += malloc_usable_size(p);
    return p;
}

static void count_free(void *p) {
    if (!p || is_in_tables(p))
        return;
    allocated -= malloc_usable_size(p);
    free(p);
}

static bool load_module(struct module *m) {
    NDPI_PROTOCOL_BITMASK all;
    set_ndpi_malloc(count_malloc);
    set_ndpi_free(count_free);
    m->ndpi = ndpi_init_detection_module(ndpi_dont_load_tor_hosts);
    if (!m->ndpi)
        return false;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(m->ndpi, &all);
    ndpi_finalize_initialization(m->ndpi);
    return true;
}

static void module_destroy(struct module *m) {
    struct module **at = &modules;
    if (!m)
        return;
    if (m->ndpi)
        ndpi_exit_detection_module(m->ndpi);
    while (*at != m)
        at = &(*at)->next;
    *at = m->next;
    if (m->tables.size)
        munmap(m->tables.base, m->tables.size);
    free(m);
}

static struct module *module_create(void) {
    struct module *m = calloc(1, sizeof *m);
    if (!m)
        return NULL;
    m->next = modules;
    modules = m;
    tables_open(&m->tables);
    filled = &m->tables;
    bool ok = load_module(m);
    filled = NULL;
    tables_close(&m->tables);
    if (ok)
        return m;
    module_destroy(m);
    return NULL;
}

bool identify_prepare(void) {
    if (!prepared)
        prepared = module_create();
    return prepared != NULL;
}

static struct module *take_module(void) {
    struct module *m = identify_prepare() ? prepared : NULL;
    prepared = NULL;
    return m;
}

struct identify *identify_create(const struct identify_options *options) {
    struct identify *i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    i->key = hash_key_random();
    i->memory = options->memory;
    i->packets_max = options->packets_max ? options->packets_max : PACKETS_MAX;
    if (i->packets_max > UINT8_MAX)
        i->packets_max = UINT8_MAX; /* struct flow counts them in a byte */
    i->module = take_module();
    if (!i->module ||
        !pool_init(&i->states, sizeof(struct naming), options->memory / sizeof(struct naming))) {
        identify_destroy(i);
        return NULL;
    }
    i->memory_before = allocated;
    return i;
}

void identify_destroy(struct identify *i) {
    if (!i)
        return;
    module_destroy(i->module);
    pool_finish(&i->states);
    free(i);
}

void identify_release(struct identify *i, struct flow *flow) {
    if (!flow->ndpi)
        return;
    struct naming *naming = flow->ndpi;
    ndpi_free_flow_data(&naming->flow);
    pool_give(&i->states, flow->ndpi);
    flow->ndpi = NULL;
}

/* A new flow is refused before an allocation inside nDPI would have to fail. */
static bool take_state(struct identify *i, struct flow *flow) {
    size_t extra = allocated > i->memory_before ? allocated - i->memory_before : 0;
    if ((i->states.in_use + 1) * i->states.object_size + extra > i->memory)
        return false;
    flow->ndpi = pool_take(&i->states);
    if (!flow->ndpi)
        return false;
    memset(flow->ndpi, 0, sizeof(struct naming));
    return true;
}

static bool take_name(struct flow *flow, ndpi_protocol found) {
    flow->ndpi_master = found.master_protocol;
    flow->ndpi_app = found.app_protocol;
    return found.master_protocol != NDPI_PROTOCOL_UNKNOWN || found.app_protocol != NDPI_PROTOCOL_UNKNOWN;
}

static void finish_identifying(struct identify *i, struct flow *flow) {
    flow->identified = true;
    identify_release(i, flow);
}

/* --- What nDPI is shown --- */

/* nDPI wants packets; it is shown in-order bytes behind headers that are made for them, so that nothing which
 * the receiver would not take names a flow. */

static void put_u16(uint8_t *at, size_t n) {
    at[0] = (uint8_t)(n >> 8);
    at[1] = (uint8_t)n;
}

static void put_u32(uint8_t *at, uint32_t n) {
    put_u16(at, n >> 16);
    put_u16(at + 2, n & 0xffff);
}

static size_t put_ip(uint8_t *at, const struct flow *flow, enum side from, size_t n) {
    const struct address *source = &flow->end[from].address, *to = &flow->end[side_other(from)].address;
    if (address_is_v4(source) && address_is_v4(to)) {
        memset(at, 0, IPV4_BYTES);
        at[0] = 0x45;
        put_u16(at + 2, IPV4_BYTES + n);
        at[8] = HOPS;
        at[9] = flow->transport;
        memcpy(at + 12, source->bytes + 12, 4);
        memcpy(at + 16, to->bytes + 12, 4);
        return IPV4_BYTES;
    }
    memset(at, 0, IPV6_BYTES);
    at[0] = 0x60;
    put_u16(at + 4, n);
    at[6] = flow->transport;
    at[7] = HOPS;
    memcpy(at + 8, source->bytes, 16);
    memcpy(at + 24, to->bytes, 16);
    return IPV6_BYTES;
}

static size_t put_transport(uint8_t *at, const struct flow *flow, const uint16_t port[2], enum side from,
                            size_t n) {
    static const uint32_t none[2];
    const struct naming *naming = flow->ndpi;
    const uint32_t *next = naming ? naming->next : none;
    bool tcp = flow->transport == PROTOCOL_TCP;
    if (!tcp && flow->transport != PROTOCOL_UDP)
        return 0;
    memset(at, 0, TCP_BYTES);
    put_u16(at, port[from]);
    put_u16(at + 2, port[side_other(from)]);
    if (!tcp) {
        put_u16(at + 4, UDP_BYTES + n);
        return UDP_BYTES;
    }
    put_u32(at + 4, next[from] + 1);
    put_u32(at + 8, next[side_other(from)] + 1);
    at[12] = TCP_BYTES / 4 << 4;
    at[13] = TCP_ACK | TCP_PSH;
    put_u16(at + 14, UINT16_MAX);
    return TCP_BYTES;
}

static size_t transport_bytes(const struct flow *flow) {
    return flow->transport == PROTOCOL_TCP ? TCP_BYTES : flow->transport == PROTOCOL_UDP ? UDP_BYTES : 0;
}

/* In i->packet; returns its size. Of a hello it has what a name hangs on and nothing else: not the port that
 * a client has by chance. */
static size_t make_packet(struct identify *i, const struct flow *flow, enum side from, struct bytes run,
                          bool *hello) {
    size_t most =
        flow->transport == PROTOCOL_TCP && flow->identify_packets > WHOLE_RUNS ? BEGINNING : SHOWN_MAX;
    size_t shown = run.n < most ? run.n : most;
    uint16_t port[2] = {flow->end[SIDE_CLIENT].port, flow->end[SIDE_SERVER].port};
    uint8_t short_hello[SHOWN_HELLO_MAX];
    size_t hello_n = flow->transport == PROTOCOL_TCP ? shown_hello(short_hello, run) : 0;
    *hello = hello_n > 0;
    if (*hello)
        run = bytes_of(short_hello, shown = hello_n);
    if (*hello && port[SIDE_CLIENT] >= PORT_OF_CHANCE)
        port[SIDE_CLIENT] = PORT_SHOWN;
    size_t at = put_ip(i->packet, flow, from, transport_bytes(flow) + shown);
    at += put_transport(i->packet + at, flow, port, from, shown);
    memcpy(i->packet + at, run.p, shown);
    return at + shown;
}

/* nDPI remembers servers by their certificates, which no client sends: what it said of hellos to them may not
 * hold any more. */
static void forget_known(struct identify *i, enum side from, ndpi_protocol found) {
    if (from == SIDE_SERVER && found.master_protocol == NDPI_PROTOCOL_TLS)
        i->round++;
}

/* False: there was no memory. */
static bool show_packet(struct identify *i, struct flow *flow, enum side from, size_t size, size_t run_n,
                        time_ns time, ndpi_protocol *found) {
    if (!flow->ndpi && !take_state(i, flow))
        return false;
    struct naming *naming = flow->ndpi;
    naming->next[from] += (uint32_t)run_n;
    *found = ndpi_detection_process_packet(i->module->ndpi, &naming->flow, i->packet, (uint16_t)size,
                                           (uint64_t)(time / NS_PER_MS));
    forget_known(i, from, *found);
    return true;
}

/* The place of a first packet that is a hello, and whether it holds what was said of it. */
static struct known *find_known(struct identify *i, size_t size, bool *holds) {
    struct hash_wide hash = hash_bytes_wide(&i->key, i->packet, size);
    struct known *known = &i->known[hash.low % KNOWN];
    *holds = known->hash.low == hash.low && known->hash.high == hash.high && known->round == i->round &&
             (known->master || known->app);
    if (!*holds)
        *known = (struct known){.hash = hash, .round = i->round};
    return known;
}

void identify_bytes(struct identify *i, struct flow *flow, enum side from, const uint8_t *bytes, size_t n,
                    time_ns time) {
    if (flow->identified || n == 0)
        return;
    bool hello, holds = false;
    size_t size = make_packet(i, flow, from, bytes_of(bytes, n), &hello);
    struct known *known = hello && flow->identify_packets == 0 ? find_known(i, size, &holds) : NULL;
    ndpi_protocol found;
    if (holds)
        found = (ndpi_protocol){.master_protocol = known->master, .app_protocol = known->app};
    else if (!show_packet(i, flow, from, size, n, time, &found)) {
        counter_one(COUNTER_IDENTIFY_SHED);
        finish_identifying(i, flow);
        return;
    }
    flow->identify_packets++;
    if (take_name(flow, found)) {
        if (known) {
            known->master = flow->ndpi_master;
            known->app = flow->ndpi_app;
        }
        finish_identifying(i, flow);
        return;
    }
    if (flow->identify_packets < i->packets_max)
        return;
    /* Without guessing by port: a port is no proof, and protocol/ breaks ties by it anyway. */
    struct naming *naming = flow->ndpi;
    uint8_t guessed = 0;
    if (!take_name(flow, ndpi_detection_giveup(i->module->ndpi, &naming->flow, 0, &guessed)))
        counter_one(COUNTER_IDENTIFY_UNKNOWN);
    finish_identifying(i, flow);
}

const char *identify_name(const struct identify *i, uint16_t id) {
    return ndpi_get_proto_name(i->module->ndpi, id);
}

static uint16_t find_id(const struct module *m, const char *name) {
    char copy[64]; /* nDPI's parameter is not const */
    if (strlen(name) >= sizeof copy)
        return 0;
    strcpy(copy, name);
    int id = ndpi_get_protocol_id(m->ndpi, copy);
    return id > 0 && id <= UINT16_MAX ? (uint16_t)id : 0;
}

uint16_t identify_id(const struct identify *i, const char *name) {
    return find_id(i->module, name);
}

bool identify_knows(const char *name) {
    return !identify_prepare() || find_id(prepared, name) != 0;
}
