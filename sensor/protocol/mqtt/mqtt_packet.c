/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mqtt/mqtt_session.h"

enum {
    WILL = 0x04, /* flags of CONNECT (5.0 section 3.1.2.3) */
    USER = 0x80,
    QOS = 0x06, /* of PUBLISH */
    LEVEL_OCTETS = 4,
    BRIDGE = 0x80, /* in the level: mosquitto's bridges set it */
    LEVEL_5 = 5,
    LOOK = 64, /* octets of a payload in which its properties would lie */
};

static void begin_step(struct mqtt_side *s, enum mqtt_step step, enum mqtt_field_kind kind, uint32_t n) {
    s->step = step;
    mqtt_field_begin(&s->field, kind, n < s->left ? n : s->left);
}

/* `ahead`: what of it was read already. */
static void begin_payload(struct mqtt *m, struct mqtt_side *s, struct bytes ahead) {
    bool any = s->left > 0 || ahead.n > 0;
    if (any)
        mqtt_begin_object(m, s, bytes_of(s->topic, s->topic_n), ahead.n + s->left);
    if (ahead.n)
        mqtt_show(m, s, ahead.p, ahead.n);
    begin_step(s, MQTT_AT_PAYLOAD, MQTT_OCTETS, s->left);
    s->field.shown = any;
}

/* What has no place in a packet, or more of it than it needs. */
static void begin_rest(struct mqtt *m, struct mqtt_side *s, bool look) {
    begin_step(s, MQTT_AT_REST, MQTT_OCTETS, s->left);
    s->field.shown = look && s->left > 0;
    if (s->field.shown)
        mqtt_begin_object(m, s, bytes_of(NULL, 0), LENGTH_UNKNOWN);
}

void mqtt_begin_fields(struct mqtt *m, struct mqtt_side *s) {
    s->topic_n = s->type_n = 0;
    if (s->packet.type == MQTT_CONNECT)
        begin_step(s, MQTT_AT_NAME, MQTT_STRING, 0);
    else if (s->packet.type == MQTT_PUBLISH)
        begin_step(s, MQTT_AT_TOPIC, MQTT_STRING, 0);
    else
        begin_rest(m, s, s->left > MQTT_NEEDED_MAX);
    /* CONNACK of 3.1.1 has two octets, of 5.0 more (5.0 section 3.2.2). */
    if (s->packet.type == MQTT_CONNACK && m->level == 0)
        m->level = s->left > 2 ? LEVEL_5 : LEVEL_5 - 1;
}

void mqtt_know_length(struct mqtt *m, struct mqtt_side *s) {
    struct mqtt_field *f = &s->field;
    if (f->left > s->left) {
        begin_rest(m, s, true);
        return;
    }
    bool long_one = f->left > MQTT_NEEDED_MAX && s->step != MQTT_AT_TOPIC && s->step != MQTT_AT_WILL_TOPIC;
    bool will = s->step == MQTT_AT_WILL && f->left > 0;
    f->shown = will || long_one;
    if (f->shown)
        mqtt_begin_object(m, s, will ? bytes_of(s->topic, s->topic_n) : bytes_of(NULL, 0), LENGTH_UNKNOWN);
}

/* --- CONNECT --- */

static void begin_user(struct mqtt *m, struct mqtt_side *s) {
    if (s->connect_flags & USER)
        begin_step(s, MQTT_AT_USER, MQTT_STRING, 0);
    else
        begin_rest(m, s, s->left > MQTT_NEEDED_MAX);
}

static void begin_will(struct mqtt *m, struct mqtt_side *s) {
    if (!(s->connect_flags & WILL))
        begin_user(m, s);
    else if (m->level == LEVEL_5)
        begin_step(s, MQTT_AT_WILL_PROPERTIES, MQTT_PROPERTIES, 0);
    else
        begin_step(s, MQTT_AT_WILL_TOPIC, MQTT_STRING, 0);
}

static void take_level(struct mqtt *m, struct mqtt_side *s) {
    struct bytes kept = mqtt_field_kept(&s->field);
    if (kept.n < LEVEL_OCTETS) {
        begin_rest(m, s, s->left > MQTT_NEEDED_MAX);
        return;
    }
    m->level = kept.p[0] & ~BRIDGE & 0xff;
    s->connect_flags = kept.p[1];
    mqtt_forget_aliases(&m->side[SIDE_CLIENT]);
    mqtt_forget_aliases(&m->side[SIDE_SERVER]);
    if (m->level == LEVEL_5)
        begin_step(s, MQTT_AT_CONNECT_PROPERTIES, MQTT_PROPERTIES, 0);
    else
        begin_step(s, MQTT_AT_CLIENT, MQTT_STRING, 0);
}

static void keep_text(uint8_t *to, uint16_t *to_n, size_t room, struct bytes text) {
    *to_n = (uint16_t)(text.n < room ? text.n : room);
    if (*to_n)
        memcpy(to, text.p, *to_n);
}

static void end_connect_field(struct mqtt *m, struct mqtt_side *s) {
    struct bytes kept = mqtt_field_kept(&s->field);
    switch (s->step) {
    case MQTT_AT_NAME:
        begin_step(s, MQTT_AT_LEVEL, MQTT_OCTETS, LEVEL_OCTETS);
        break;
    case MQTT_AT_LEVEL:
        take_level(m, s);
        break;
    case MQTT_AT_CONNECT_PROPERTIES:
        begin_step(s, MQTT_AT_CLIENT, MQTT_STRING, 0);
        break;
    case MQTT_AT_CLIENT:
        begin_will(m, s);
        break;
    case MQTT_AT_WILL_PROPERTIES:
        begin_step(s, MQTT_AT_WILL_TOPIC, MQTT_STRING, 0);
        break;
    case MQTT_AT_WILL_TOPIC:
        keep_text(s->topic, &s->topic_n, sizeof s->topic, kept);
        begin_step(s, MQTT_AT_WILL, MQTT_STRING, 0);
        break;
    case MQTT_AT_WILL:
        begin_user(m, s);
        break;
    default:
        keep_text(m->user, &m->user_n, sizeof m->user, kept);
        begin_rest(m, s, s->left > MQTT_NEEDED_MAX);
    }
}

/* --- PUBLISH --- */

static void take_properties(struct mqtt_side *s, const struct mqtt_properties *p) {
    keep_text(s->type, &s->type_n, sizeof s->type, p->type);
    mqtt_resolve_alias(s, p->alias);
}

/* Behind the topic and the packet identifier. */
static void begin_behind_topic(struct mqtt *m, struct mqtt_side *s) {
    if (m->level == 0)
        begin_step(s, MQTT_AT_UNKNOWN_VERSION, MQTT_OCTETS, LOOK);
    else if (m->level == LEVEL_5)
        begin_step(s, MQTT_AT_PUBLISH_PROPERTIES, MQTT_PROPERTIES, 0);
    else
        begin_payload(m, s, bytes_of(NULL, 0));
}

/* Where nobody saw the CONNECT: what reads as properties, and is not the start of a payload of zeros (JPEG
 * 2000, MP4), is such. */
void mqtt_guess_version(struct mqtt *m, struct mqtt_side *s) {
    struct bytes in = mqtt_field_kept(&s->field);
    struct mqtt_properties p;
    size_t n;
    bool zeros = in.n > 1 && in.p[0] == 0 && in.p[1] == 0;
    bool five = !zeros && mqtt_read_whole_properties(in, &p, &n);
    m->level = five ? LEVEL_5 : LEVEL_5 - 1;
    if (five) {
        take_properties(s, &p);
        in = bytes_of(in.p + n, in.n - n);
    }
    begin_payload(m, s, in);
}

static void end_publish_field(struct mqtt *m, struct mqtt_side *s) {
    struct mqtt_properties p;
    switch (s->step) {
    case MQTT_AT_TOPIC:
        keep_text(s->topic, &s->topic_n, sizeof s->topic, mqtt_field_kept(&s->field));
        if (s->packet.flags & QOS)
            begin_step(s, MQTT_AT_ID, MQTT_OCTETS, 2);
        else
            begin_behind_topic(m, s);
        break;
    case MQTT_AT_ID:
        begin_behind_topic(m, s);
        break;
    case MQTT_AT_UNKNOWN_VERSION:
        mqtt_guess_version(m, s);
        break;
    default:
        mqtt_read_properties(mqtt_field_kept(&s->field), &p);
        take_properties(s, &p);
        begin_payload(m, s, bytes_of(NULL, 0));
    }
}

void mqtt_end_field(struct mqtt *m, struct mqtt_side *s) {
    if (s->field.shown)
        mqtt_end_object(m, s, TRANSFER_DONE);
    if (s->step == MQTT_AT_PAYLOAD || s->step == MQTT_AT_REST)
        return;
    if (s->packet.type == MQTT_CONNECT)
        end_connect_field(m, s);
    else
        end_publish_field(m, s);
}
