/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_PROTOCOL_MQTT_SESSION_H
#define GANTRY_PROTOCOL_MQTT_SESSION_H

#include "protocol/mqtt/mqtt.h"
#include "protocol/seek.h"

/* Internal to mqtt/: one connection. mqtt.c finds packets, mqtt_field.c reads fields of any length from any
 * chunks, mqtt_packet.c knows which fields a packet has, mqtt_topic.c keeps topic
 * aliases, mqtt_text.c joins short messages. */

enum {
    MQTT_KEPT_MAX = 1024, /* octets of a field that are kept, as longest as the facts that carry it */
    MQTT_ALIASES = 32,    /* of a side; a receiver allows as many as it says in CONNECT or CONNACK */
    MQTT_NEEDED_MAX =
        1024, /* octets of properties, and of packets that carry no payload: more is looked at */
    MQTT_USER_MAX = 256,
};

enum mqtt_field_kind {
    MQTT_OCTETS,     /* `left` of them */
    MQTT_STRING,     /* behind a length of two octets */
    MQTT_PROPERTIES, /* behind a length of one to four (5.0 section 2.2.2) */
};

struct mqtt_field {
    enum mqtt_field_kind kind;
    bool begun;     /* its length is known */
    bool shown;     /* it is the transfer's */
    bool torn;      /* some of it is missing: nothing of it is kept */
    uint8_t lead_n; /* octets of its length that came */
    uint32_t lead;
    uint32_t left;
    uint16_t kept_n;
    uint8_t kept[MQTT_KEPT_MAX]; /* its first octets, if it is not shown alone */
};

struct mqtt_alias {
    uint16_t alias, n; /* 0: free */
    uint8_t *topic;
};

enum mqtt_step {
    MQTT_AT_NAME, /* of CONNECT (5.0 section 3.1) */
    MQTT_AT_LEVEL,
    MQTT_AT_CONNECT_PROPERTIES,
    MQTT_AT_CLIENT,
    MQTT_AT_WILL_PROPERTIES,
    MQTT_AT_WILL_TOPIC,
    MQTT_AT_WILL,
    MQTT_AT_USER,
    MQTT_AT_PASSWORD,
    MQTT_AT_TOPIC, /* of PUBLISH (5.0 section 3.3) */
    MQTT_AT_ID,
    MQTT_AT_UNKNOWN_VERSION,
    MQTT_AT_PUBLISH_PROPERTIES,
    MQTT_AT_PAYLOAD,
    MQTT_AT_REST, /* nothing that has a place */
};

struct mqtt_side {
    enum side from;
    bool seeks; /* the place of the next packet is not known */
    uint16_t sought_n;
    uint8_t sought[MQTT_WINDOW];
    uint8_t head_n, head[MQTT_HEAD_MAX];
    bool in_packet;
    struct mqtt_head packet;
    uint32_t left; /* octets of the packet */
    enum mqtt_step step;
    struct mqtt_field field;
    uint8_t connect_flags;
    struct transfer *transfer;
    bool open;
    uint16_t topic_n, type_n;
    uint8_t topic[MQTT_KEPT_MAX], type[MQTT_USER_MAX]; /* of what is published */
    struct mqtt_alias alias[MQTT_ALIASES];
    struct mqtt_text *text; /* NULL before the first short message */
};

struct mqtt {
    struct conversation *c;
    struct mqtt_side side[2];
    uint8_t level; /* 3 to 5; 0: not known */
    uint16_t user_n;
    uint8_t user[MQTT_USER_MAX];
};

/* --- mqtt.c --- */

void mqtt_begin_object(struct mqtt *m, struct mqtt_side *s, struct bytes topic, uint64_t length);
void mqtt_show(struct mqtt *m, struct mqtt_side *s, const uint8_t *p, size_t n);
void mqtt_end_object(struct mqtt *m, struct mqtt_side *s, enum transfer_end how);

/* --- mqtt_field.c --- */

void mqtt_field_begin(struct mqtt_field *f, enum mqtt_field_kind kind, uint32_t n);
/* Octets of its length: how many were taken. `begun` once it is known. */
size_t mqtt_field_take_length(struct mqtt_field *f, const uint8_t *p, size_t n);
void mqtt_field_keep(struct mqtt_field *f, const uint8_t *p, size_t n);
struct bytes mqtt_field_kept(const struct mqtt_field *f);

/* What properties say of a PUBLISH. */
struct mqtt_properties {
    uint16_t alias; /* 0: none */
    struct bytes type;
};
/* False: those of a PUBLISH are not like this. What was read until then is there. */
bool mqtt_read_properties(struct bytes in, struct mqtt_properties *out);
/* Its length and all of it at the start of `in`; *n: octets of both. */
bool mqtt_read_whole_properties(struct bytes in, struct mqtt_properties *out, size_t *n);

/* --- mqtt_packet.c --- */

/* A packet's header is there, or its field has come to its end. */
void mqtt_begin_fields(struct mqtt *m, struct mqtt_side *s);
void mqtt_end_field(struct mqtt *m, struct mqtt_side *s);
/* In place of the field MQTT_AT_UNKNOWN_VERSION, by what came of it. */
void mqtt_guess_version(struct mqtt *m, struct mqtt_side *s);
/* The length of the field is known. */
void mqtt_know_length(struct mqtt *m, struct mqtt_side *s);

/* --- mqtt_text.c --- */

struct mqtt_text;
/* Octets of a payload, and its end. */
void mqtt_text_take(struct mqtt *m, struct mqtt_side *s, const uint8_t *p, size_t n);
void mqtt_text_end(struct mqtt_side *s, bool whole);
/* From the protocol's settle. True: it must be called again. */
bool mqtt_text_settle(struct mqtt_side *s);
void mqtt_text_close(struct mqtt_side *s, bool clean);

/* --- mqtt_topic.c --- */

/* The topic of the PUBLISH, after its properties. */
void mqtt_resolve_alias(struct mqtt_side *s, uint16_t alias);
void mqtt_forget_aliases(struct mqtt_side *s);

#endif
