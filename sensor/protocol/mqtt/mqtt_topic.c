/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/mqtt/mqtt_session.h"

#include "base/counter.h"
#include "protocol/memory.h"

/* Topic aliases of one side (5.0 section 3.3.2.3.4): a topic with an alias sets it, an empty one uses it. */

static struct mqtt_alias *find_alias(struct mqtt_side *s, uint16_t alias) {
    struct mqtt_alias *free = NULL;
    for (size_t i = 0; i < MQTT_ALIASES; i++) {
        if (s->alias[i].alias == alias)
            return &s->alias[i];
        if (s->alias[i].alias == 0 && !free)
            free = &s->alias[i];
    }
    return free;
}

static void set_alias(struct mqtt_side *s, struct mqtt_alias *a, uint16_t alias) {
    uint8_t *topic = a ? protocol_alloc(PROTOCOL_HELD, s->topic_n) : NULL;
    if (!topic) {
        counter_one(COUNTER_MQTT_ALIASES_SHED);
        return;
    }
    memcpy(topic, s->topic, s->topic_n);
    protocol_free(a->topic);
    *a = (struct mqtt_alias){alias, s->topic_n, topic};
}

void mqtt_resolve_alias(struct mqtt_side *s, uint16_t alias) {
    struct mqtt_alias *a = alias ? find_alias(s, alias) : NULL;
    if (alias && s->topic_n) {
        set_alias(s, a, alias);
    } else if (a && a->alias) {
        memcpy(s->topic, a->topic, a->n);
        s->topic_n = a->n;
    }
}

void mqtt_forget_aliases(struct mqtt_side *s) {
    for (size_t i = 0; i < MQTT_ALIASES; i++)
        protocol_free(s->alias[i].topic);
    memset(s->alias, 0, sizeof s->alias);
}
