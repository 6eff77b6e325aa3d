/* SPDX-License-Identifier: Apache-2.0 */
#include "flow/table.h"

/* Ports above 511 that are a server's far more often than a client's. (Those from 512 to 1023 that are not
 * listed are what privileged clients, of NFS for one, send from.) Only breaks the tie of who opened a flow
 * whose beginning was not seen. */
static const uint16_t server_ports[] = {
    514,  515,  543,  544,  548,  554,  587,  631,  636,  853,  860,  873,  989,   990,  992,  993,
    994,  995,  1080, 1194, 1433, 1521, 1883, 2049, 2121, 3128, 3306, 3389, 4190,  5060, 5432, 5672,
    5900, 6379, 8000, 8008, 8080, 8081, 8088, 8443, 8888, 9000, 9090, 9200, 11211, 27017};

static bool is_server_port(uint16_t port) {
    if (port < 512)
        return port != 0;
    for (size_t i = 0; i < sizeof server_ports / sizeof server_ports[0]; i++)
        if (server_ports[i] == port)
            return true;
    return false;
}

static bool is_icmp(uint8_t transport) {
    return transport == IP_PROTOCOL_ICMP || transport == IP_PROTOCOL_ICMP6;
}

enum side packet_sender_side(const struct packet *p, struct packet_ports ports) {
    uint16_t source = ports.source, destination = ports.destination;
    if (p->transport == PROTOCOL_TCP && (p->tcp_flags & TCP_SYN))
        return p->tcp_flags & TCP_ACK ? SIDE_SERVER : SIDE_CLIENT;
    if (is_icmp(p->transport))
        return SIDE_CLIENT;
    bool from_server = is_server_port(source), to_server = is_server_port(destination);
    if (from_server && to_server)
        return source < destination ? SIDE_SERVER : SIDE_CLIENT;
    return from_server ? SIDE_SERVER : SIDE_CLIENT;
}

/* ICMP messages that come in pairs (RFC 792, 950, 1256, 4443, 4861, 6275). */
struct icmp_pair {
    uint8_t type, answer;
};

static const struct icmp_pair icmp4_pairs[] = {{8, 0}, {13, 14}, {15, 16}, {10, 9}, {17, 18}};
static const struct icmp_pair icmp6_pairs[] = {{128, 129}, {133, 134}, {135, 136},
                                               {130, 131}, {144, 145}, {139, 140}};

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

static bool icmp_answer(uint8_t transport, uint16_t type, uint8_t *answer) {
    const struct icmp_pair *pairs = transport == IP_PROTOCOL_ICMP ? icmp4_pairs : icmp6_pairs;
    size_t n = transport == IP_PROTOCOL_ICMP ? COUNT_OF(icmp4_pairs) : COUNT_OF(icmp6_pairs);
    for (size_t i = 0; i < n; i++)
        if (pairs[i].type == type || pairs[i].answer == type) {
            *answer = pairs[i].type == type ? pairs[i].answer : pairs[i].type;
            return true;
        }
    return false;
}

bool flow_is_icmp_notice(const struct flow *flow) {
    uint8_t answer;
    return is_icmp(flow->transport) && !icmp_answer(flow->transport, flow->end[SIDE_CLIENT].port, &answer);
}

static struct packet_ports icmp_ports(const struct packet *p) {
    uint8_t answer;
    if (p->payload_captured < 2)
        return (struct packet_ports){p->source_port, p->destination_port};
    return (struct packet_ports){p->payload[0],
                                 icmp_answer(p->transport, p->payload[0], &answer) ? answer : p->payload[1]};
}

struct packet_ports packet_ports_of(const struct packet *p) {
    return is_icmp(p->transport) ? icmp_ports(p) : (struct packet_ports){p->source_port, p->destination_port};
}
