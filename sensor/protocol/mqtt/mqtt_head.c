/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mqtt/mqtt.h"

#include "base/utf8.h"

enum {
    CONTINUES = 0x80,
    QOS_BOTH = 0x06,
    TOPIC_CERTAIN = 6 /* octets of text that stand nowhere by chance */
};

/* MQTT 5.0 sections 2.1.2, 2.1.3. */
static bool is_first(uint8_t octet) {
    unsigned type = octet >> 4, flags = octet & 15;
    bool two = type == 6 || type == 8 || type == 10; /* PUBREL, SUBSCRIBE, UNSUBSCRIBE */
    if (type == MQTT_PUBLISH)
        return (flags & QOS_BOTH) != QOS_BOTH;
    return type != 0 && flags == (two ? 2 : 0);
}

static bool is_length(const struct mqtt_head *h) {
    enum { NAME_AND_LEVEL = 10, IDENTIFIER = 2 };
    switch (h->type) {
    case MQTT_PINGREQ:
    case MQTT_PINGRESP:
        return h->length == 0;
    case MQTT_CONNECT:
        return h->length >= NAME_AND_LEVEL;
    case 14: /* DISCONNECT and AUTH may be empty */
    case 15:
        return true;
    default:
        return h->length >= IDENTIFIER;
    }
}

enum mqtt_head_found mqtt_read_head(struct bytes in, struct mqtt_head *out, size_t *n) {
    if (in.n == 0)
        return MQTT_MORE;
    if (!is_first(in.p[0]))
        return MQTT_NONE;
    *out = (struct mqtt_head){.type = in.p[0] >> 4, .flags = in.p[0] & 15};
    for (size_t i = 1; i < MQTT_HEAD_MAX; i++) {
        if (i == in.n)
            return MQTT_MORE;
        out->length |= (uint32_t)(in.p[i] & ~CONTINUES & 0xff) << 7 * (i - 1);
        if (!(in.p[i] & CONTINUES)) {
            *n = i + 1;
            return is_length(out) ? MQTT_HEAD : MQTT_NONE;
        }
    }
    return MQTT_NONE;
}

/* --- where there is no CONNECT --- */

static bool is_topic(struct bytes topic) {
    bool certain = topic.n >= TOPIC_CERTAIN;
    while (topic.n > 0) {
        uint32_t c;
        size_t n = utf8_next(topic, &c);
        if (c == UTF8_REPLACEMENT || c < ' ' || c == 0x7f || c == '#' || c == '+')
            return false;
        topic = bytes_of(topic.p + n, topic.n - n);
    }
    return certain;
}

/* By its topic. MORE: more of it has to be seen. */
static enum probe judge_publish(struct bytes in) {
    struct mqtt_head head;
    size_t n;
    enum mqtt_head_found found = mqtt_read_head(in, &head, &n);
    if (found != MQTT_HEAD)
        return found == MQTT_MORE ? PROBE_MORE : PROBE_NO;
    if (in.n < n + 2)
        return PROBE_MORE;
    size_t topic = (size_t)in.p[n] << 8 | in.p[n + 1], id = head.flags & QOS_BOTH ? 2 : 0;
    if (topic + id + 2 > head.length)
        return PROBE_NO;
    if (topic > in.n - n - 2)
        return PROBE_MORE;
    return is_topic(bytes_of(in.p + n + 2, topic)) ? PROBE_YES : PROBE_NO;
}

bool mqtt_publish_begins(const uint8_t window[MQTT_WINDOW]) {
    struct mqtt_head head;
    size_t n;
    if (window[0] >> 4 != MQTT_PUBLISH ||
        mqtt_read_head(bytes_of(window, MQTT_WINDOW), &head, &n) != MQTT_HEAD)
        return false;
    size_t topic = (size_t)window[n] << 8 | window[n + 1], id = head.flags & QOS_BOTH ? 2 : 0;
    if (topic < TOPIC_CERTAIN || topic + id + 2 > head.length)
        return false;
    size_t seen = topic < MQTT_WINDOW - n - 2 ? topic : MQTT_WINDOW - n - 2;
    for (size_t i = 0; i < seen; i++)
        if (window[n + 2 + i] <= ' ' || window[n + 2 + i] >= 0x7f)
            return false;
    return true;
}

/* --- the probe --- */

/* "MQTT", or MQIsdp of 3.1, behind the header of a CONNECT, and a level (bridges of mosquitto add 128). */
static enum probe probe_connect(struct bytes b) {
    static const char *const names[] = {"\0\4MQTT", "\0\6MQIsdp"};
    enum { LEAD = 2, BRIDGE = 0x80, OLDEST = 3, NEWEST = 5 };
    struct mqtt_head head;
    size_t n;
    enum mqtt_head_found found = mqtt_read_head(b, &head, &n);
    if (found != MQTT_HEAD)
        return found == MQTT_MORE ? PROBE_MORE : PROBE_NO;
    b = bytes_of(b.p + n, b.n - n);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t name = LEAD + (size_t)names[i][1], have = b.n < name ? b.n : name;
        if (memcmp(b.p, names[i], have) != 0)
            continue;
        if (b.n <= name)
            return PROBE_MORE;
        unsigned level = b.p[name] & ~BRIDGE & 0xff;
        return level >= OLDEST && level <= NEWEST ? PROBE_YES : PROBE_NO;
    }
    return PROBE_NO;
}

/* Of a flow that is seen from its middle, or one way: packets whose headers stand at their places, and one of
 * them a PUBLISH, which its topic tells. */
static enum probe probe_packets(struct bytes b) {
    enum { CONTROL_MAX = 4096 };
    while (b.n > 0) {
        struct mqtt_head head;
        size_t n;
        enum mqtt_head_found found = mqtt_read_head(b, &head, &n);
        if (found != MQTT_HEAD)
            return found == MQTT_MORE ? PROBE_MORE : PROBE_NO;
        if (head.type == MQTT_PUBLISH)
            return judge_publish(b);
        if (head.length > CONTROL_MAX)
            return PROBE_NO;
        if (head.length > b.n - n)
            return PROBE_MORE;
        b = bytes_of(b.p + n + head.length, b.n - n - head.length);
    }
    return PROBE_MORE;
}

static enum probe probe_side(struct bytes b) {
    if (b.n == 0)
        return PROBE_MORE;
    return b.p[0] >> 4 == MQTT_CONNECT ? probe_connect(b) : probe_packets(b);
}

enum probe mqtt_probe(const struct bytes first[2]) {
    enum probe c = probe_side(first[SIDE_CLIENT]), s = probe_side(first[SIDE_SERVER]);
    if (c == PROBE_NO || s == PROBE_NO)
        return PROBE_NO;
    return c == PROBE_YES || s == PROBE_YES ? PROBE_YES : PROBE_MORE;
}
