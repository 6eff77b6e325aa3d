/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_MQTT_H
#define GANTRY_PROTOCOL_MQTT_H

#include "protocol/protocol.h"

/* MQTT 3.1, 3.1.1 and 5.0 (OASIS) over TCP, in both directions: the payload of each PUBLISH and of a will is
 * a transfer whose name is the topic. What other packets hold beyond what they need is one too, without a
 * name. What is no packet becomes any other conversation. */
extern const struct protocol protocol_mqtt;

/* --- mqtt_head.c --- */

enum mqtt_type { MQTT_CONNECT = 1, MQTT_CONNACK, MQTT_PUBLISH, MQTT_PINGREQ = 12, MQTT_PINGRESP = 13 };

enum { MQTT_HEAD_MAX = 5 };

struct mqtt_head {
    uint8_t type, flags;
    uint32_t length; /* octets behind it */
};
enum mqtt_head_found { MQTT_NONE, MQTT_MORE, MQTT_HEAD };

/* The fixed header (MQTT 5.0 section 2.1) at the start of `in`; *n: its octets. */
enum mqtt_head_found mqtt_read_head(struct bytes in, struct mqtt_head *out, size_t *n);
enum { MQTT_WINDOW = 16 };
/* Does a PUBLISH begin here, as its header and the first octets of its topic say? Seldom by chance. */
bool mqtt_publish_begins(const uint8_t window[MQTT_WINDOW]);
enum probe mqtt_probe(const struct bytes first[2]);

#endif
