/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mqtt/mqtt_session.h"

#include "base/counter.h"
#include "protocol/memory.h"

/* --- objects --- */

void mqtt_begin_object(struct mqtt *m, struct mqtt_side *s, struct bytes topic, uint64_t length) {
    struct transfer_seed seed = transfer_seed_of("mqtt", s->from);
    seed.length = length;
    seed.message = length != LENGTH_UNKNOWN;
    seed.fact[FACT_NAME] = topic;
    seed.fact[FACT_DECLARED_TYPE] = bytes_of(s->type, s->type_n);
    seed.fact[FACT_USER] = bytes_of(m->user, m->user_n);
    s->transfer = m->c->services->begin(m->c, &seed);
    s->open = true;
}

void mqtt_show(struct mqtt *m, struct mqtt_side *s, const uint8_t *p, size_t n) {
    m->c->services->data(m->c, s->transfer, p, n);
    mqtt_text_take(m, s, p, n);
}

void mqtt_end_object(struct mqtt *m, struct mqtt_side *s, enum transfer_end how) {
    if (!s->open)
        return;
    m->c->services->end(m->c, s->transfer, how);
    s->open = false;
    s->transfer = NULL;
    mqtt_text_end(s, how == TRANSFER_DONE && !s->field.torn);
}

/* --- packets --- */

static void end_packet(struct mqtt_side *s) {
    s->in_packet = false;
    s->head_n = 0;
}

/* Fields that are empty, and those of a packet that is over. */
static void settle_fields(struct mqtt *m, struct mqtt_side *s) {
    while (s->in_packet && s->field.begun && s->field.left == 0) {
        bool last = s->step == MQTT_AT_PAYLOAD || s->step == MQTT_AT_REST;
        mqtt_end_field(m, s);
        if (last)
            end_packet(s);
    }
    if (s->in_packet && s->left == 0) {
        mqtt_end_object(m, s, TRANSFER_CUT);
        end_packet(s);
    }
}

static void begin_packet(struct mqtt *m, struct mqtt_side *s) {
    s->in_packet = true;
    s->left = s->packet.length;
    mqtt_begin_fields(m, s);
    settle_fields(m, s);
}

/* Octets of the packet; how many were taken. */
static size_t take_packet(struct mqtt *m, struct mqtt_side *s, const uint8_t *p, size_t n) {
    struct mqtt_field *f = &s->field;
    n = n < s->left ? n : s->left;
    if (!f->begun) {
        size_t lead = mqtt_field_take_length(f, p, n);
        s->left -= (uint32_t)lead;
        if (f->begun)
            mqtt_know_length(m, s);
        settle_fields(m, s);
        return lead;
    }
    n = n < f->left ? n : f->left;
    if (f->shown)
        mqtt_show(m, s, p, n);
    if (s->step != MQTT_AT_PAYLOAD && s->step != MQTT_AT_REST)
        mqtt_field_keep(f, p, n);
    f->left -= (uint32_t)n;
    s->left -= (uint32_t)n;
    settle_fields(m, s);
    return n;
}

/* One octet more of a header. False: it is none. */
static bool take_head(struct mqtt *m, struct mqtt_side *s, uint8_t octet) {
    size_t n;
    s->head[s->head_n++] = octet;
    enum mqtt_head_found found = mqtt_read_head(bytes_of(s->head, s->head_n), &s->packet, &n);
    if (found == MQTT_HEAD)
        begin_packet(m, s);
    return found != MQTT_NONE;
}

/* --- the connection --- */

static void *open_mqtt(struct conversation *c, struct bytes facts) {
    struct mqtt *m = protocol_alloc(PROTOCOL_STATE, sizeof *m);
    if (!m)
        return NULL;
    m->c = c;
    m->side[SIDE_SERVER].from = SIDE_SERVER;
    return m;
}

static enum protocol_result take_octets(struct mqtt *m, struct mqtt_side *s, const uint8_t *bytes, size_t n) {
    for (size_t at = 0; at < n;) {
        if (s->in_packet) {
            at += take_packet(m, s, bytes + at, n - at);
        } else if (take_head(m, s, bytes[at])) {
            at++;
        } else {
            counter_one(COUNTER_MQTT_ODD);
            return conversation_become_any(m->c, s->from, bytes_of(s->head, (size_t)s->head_n - 1),
                                           bytes_of(bytes + at, n - at));
        }
    }
    return PROTOCOL_OK;
}

static bool begins_publish(const uint8_t *window, const void *context) {
    return mqtt_publish_begins(window);
}

static enum protocol_result take_mqtt_data(struct conversation *c, enum side from, const uint8_t *bytes,
                                           size_t n) {
    struct mqtt *m = c->state;
    struct mqtt_side *s = &m->side[from];
    enum protocol_result result = PROTOCOL_OK;
    size_t at = 0;
    if (s->seeks) {
        if (!seek_start(s->sought, &s->sought_n, MQTT_WINDOW, begins_publish, NULL, bytes, n, &at))
            return PROTOCOL_OK;
        s->seeks = false;
        result = take_octets(m, s, s->sought, s->sought_n);
        s->sought_n = 0;
    }
    if (result == PROTOCOL_OK)
        return take_octets(m, s, bytes + at, n - at);
    conversation_inner(c, from, bytes + at, n - at);
    return result;
}

/* Within one field everything stands at its place still. */
static enum protocol_result take_mqtt_gap(struct conversation *c, enum side from, uint64_t n) {
    struct mqtt *m = c->state;
    struct mqtt_side *s = &m->side[from];
    if (s->in_packet && s->step == MQTT_AT_UNKNOWN_VERSION)
        mqtt_guess_version(m, s);
    if (s->in_packet && s->field.begun && n <= s->field.left) {
        s->field.torn = true;
        if (s->open)
            c->services->gap(c, s->transfer, n);
        s->field.left -= (uint32_t)n;
        s->left -= (uint32_t)n;
        settle_fields(m, s);
        return PROTOCOL_OK;
    }
    counter_one(COUNTER_MQTT_PLACE_LOST);
    mqtt_end_object(m, s, TRANSFER_CUT);
    end_packet(s);
    s->seeks = true;
    s->sought_n = 0;
    return PROTOCOL_OK;
}

static void take_mqtt_end(struct conversation *c, enum side from, bool clean) {
    struct mqtt *m = c->state;
    mqtt_end_object(m, &m->side[from], TRANSFER_CUT);
    mqtt_text_close(&m->side[from], clean);
    end_packet(&m->side[from]);
}

static void settle_mqtt(struct conversation *c) {
    struct mqtt *m = c->state;
    bool client = mqtt_text_settle(&m->side[SIDE_CLIENT]), server = mqtt_text_settle(&m->side[SIDE_SERVER]);
    if (client || server)
        conversation_settle_later(c);
}

static void close_mqtt(struct conversation *c) {
    struct mqtt *m = c->state;
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        mqtt_end_object(m, &m->side[side], TRANSFER_CUT);
        mqtt_forget_aliases(&m->side[side]);
        mqtt_text_close(&m->side[side], false);
        protocol_free(m->side[side].text);
    }
    protocol_free(m);
}

const struct protocol protocol_mqtt = {
    .name = "mqtt",
    .ndpi_names = (const char *const[]){"MQTT", NULL},
    .probe = mqtt_probe,
    .open = open_mqtt,
    .data = take_mqtt_data,
    .gap = take_mqtt_gap,
    .end = take_mqtt_end,
    .close = close_mqtt,
    .settle = settle_mqtt,
};
