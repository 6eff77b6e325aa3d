/* SPDX-License-Identifier: Apache-2.0 */
#include "base/counter.h"
#include "flow/flow.h"

#include <malloc.h>
#include <ndpi/ndpi_api.h>
#include <stdlib.h>

/* The only file that knows nDPI; written for 4.2 (Debian 12). What other versions do otherwise is kept here.
 */

enum { PACKETS_MAX = 16 };

struct identify {
    struct ndpi_detection_module_struct *module;
    struct pool states;
    unsigned packets_max;
    size_t memory;
    size_t memory_before; /* nDPI's own tables, allocated at the start */
};

/* What nDPI has allocated, in this process: its allocator is global. A flow's URL, TLS buffers and the like
 * come on top of its fixed state; where they are many, no new flow is named. */
static size_t allocated;

static void *count_malloc(size_t n) {
    void *p = malloc(n);
    if (p)
        allocated += malloc_usable_size(p);
    return p;
}

static void count_free(void *p) {
    if (p)
        allocated -= malloc_usable_size(p);
    free(p);
}

static struct ndpi_detection_module_struct *load_module(void) {
    NDPI_PROTOCOL_BITMASK all;
    set_ndpi_malloc(count_malloc);
    set_ndpi_free(count_free);
    struct ndpi_detection_module_struct *m = ndpi_init_detection_module(ndpi_dont_load_tor_hosts);
    if (!m)
        return NULL;
    NDPI_BITMASK_SET_ALL(all);
    ndpi_set_protocol_detection_bitmask2(m, &all);
    ndpi_finalize_initialization(m);
    return m;
}

struct identify *identify_create(const struct identify_options *options) {
    struct identify *i = calloc(1, sizeof *i);
    if (!i)
        return NULL;
    i->memory = options->memory;
    i->packets_max = options->packets_max ? options->packets_max : PACKETS_MAX;
    if (i->packets_max > UINT8_MAX)
        i->packets_max = UINT8_MAX; /* struct flow counts them in a byte */
    i->module = load_module();
    if (!i->module || !pool_init(&i->states, sizeof(struct ndpi_flow_struct),
                                 options->memory / sizeof(struct ndpi_flow_struct))) {
        identify_destroy(i);
        return NULL;
    }
    i->memory_before = allocated;
    return i;
}

void identify_destroy(struct identify *i) {
    if (!i)
        return;
    if (i->module)
        ndpi_exit_detection_module(i->module);
    pool_finish(&i->states);
    free(i);
}

void identify_release(struct identify *i, struct flow *flow) {
    if (!flow->ndpi)
        return;
    ndpi_free_flow_data(flow->ndpi);
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
    memset(flow->ndpi, 0, sizeof(struct ndpi_flow_struct));
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

void identify_packet(struct identify *i, struct flow *flow, const struct packet *p, enum side from) {
    if (flow->identified || p->payload_captured == 0)
        return;
    if (!flow->ndpi && !take_state(i, flow)) {
        counter_one(COUNTER_IDENTIFY_SHED);
        finish_identifying(i, flow);
        return;
    }
    /* nDPI takes a 16-bit length; no IP packet is longer, but offloads can make one look so. */
    uint16_t n = p->network_length > UINT16_MAX ? UINT16_MAX : (uint16_t)p->network_length;
    ndpi_protocol found =
        ndpi_detection_process_packet(i->module, flow->ndpi, p->network, n, (uint64_t)(p->time / NS_PER_MS));
    flow->identify_packets++;
    if (take_name(flow, found)) {
        finish_identifying(i, flow);
        return;
    }
    if (flow->identify_packets < i->packets_max)
        return;
    /* Without guessing by port: a port is no proof, and protocol/ breaks ties by it anyway. */
    uint8_t guessed = 0;
    if (!take_name(flow, ndpi_detection_giveup(i->module, flow->ndpi, 0, &guessed)))
        counter_one(COUNTER_IDENTIFY_UNKNOWN);
    finish_identifying(i, flow);
}

const char *identify_name(const struct identify *i, uint16_t id) {
    return ndpi_get_proto_name(i->module, id);
}

uint16_t identify_id(const struct identify *i, const char *name) {
    char copy[64]; /* nDPI's parameter is not const */
    if (strlen(name) >= sizeof copy)
        return 0;
    strcpy(copy, name);
    int id = ndpi_get_protocol_id(i->module, copy);
    return id > 0 && id <= UINT16_MAX ? (uint16_t)id : 0;
}

/* Protocols whose content is encrypted from the first packets on. */
static const bool encrypted[NDPI_LAST_IMPLEMENTED_PROTOCOL] = {
    [NDPI_PROTOCOL_TLS] = true,
    [NDPI_PROTOCOL_QUIC] = true,
    [NDPI_PROTOCOL_DTLS] = true,
    [NDPI_PROTOCOL_SSH] = true,
    [NDPI_PROTOCOL_MAIL_SMTPS] = true,
    [NDPI_PROTOCOL_MAIL_IMAPS] = true,
    [NDPI_PROTOCOL_MAIL_POPS] = true,
    [NDPI_PROTOCOL_DOH_DOT] = true,
    [NDPI_PROTOCOL_DNSCRYPT] = true,
    [NDPI_PROTOCOL_WIREGUARD] = true,
    [NDPI_PROTOCOL_OPENVPN] = true,
    [NDPI_PROTOCOL_IP_IPSEC] = true,
    [NDPI_PROTOCOL_CISCOVPN] = true,
    [NDPI_PROTOCOL_FORTICLIENT] = true,
    [NDPI_PROTOCOL_HOTSPOT_SHIELD] = true,
    [NDPI_PROTOCOL_TINC] = true,
    [NDPI_PROTOCOL_TOR] = true,
    [NDPI_PROTOCOL_ICLOUD_PRIVATE_RELAY] = true,
    [NDPI_PROTOCOL_ANYDESK] = true,
    [NDPI_PROTOCOL_TEAMVIEWER] = true,
    [NDPI_PROTOCOL_TELEGRAM] = true,
};

static bool is_encrypted(uint16_t id) {
    return id < NDPI_LAST_IMPLEMENTED_PROTOCOL && encrypted[id];
}

bool identify_encrypted(const struct flow *flow) {
    return is_encrypted(flow->ndpi_master) || is_encrypted(flow->ndpi_app);
}
