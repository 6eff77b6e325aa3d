/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/formats/avro/avro.h"

/* The schema, in JSON. What its attributes hold that nobody asks for is stepped over. */

struct json {
    struct bytes rest;
};

static void skip_blank(struct json *j) {
    while (j->rest.n > 0 && (j->rest.p[0] == ' ' || (j->rest.p[0] >= '\t' && j->rest.p[0] <= '\r')))
        j->rest = bytes_of(j->rest.p + 1, j->rest.n - 1);
}

static bool take_sign(struct json *j, uint8_t sign) {
    skip_blank(j);
    if (j->rest.n == 0 || j->rest.p[0] != sign)
        return false;
    j->rest = bytes_of(j->rest.p + 1, j->rest.n - 1);
    return true;
}

/* Names hold no escapes; what does is shown as it stands. */
static bool take_text(struct json *j, struct bytes *out) {
    if (!take_sign(j, '"'))
        return false;
    for (size_t i = 0; i < j->rest.n; i++) {
        if (j->rest.p[i] == '\\') {
            i++;
            continue;
        }
        if (j->rest.p[i] != '"')
            continue;
        *out = bytes_of(j->rest.p, i);
        j->rest = bytes_of(j->rest.p + i + 1, j->rest.n - i - 1);
        return true;
    }
    return false;
}

/* Whatever stands here: up to the sign that ends it at its own level. */
static bool take_value(struct json *j, struct bytes *out) {
    struct bytes text;
    unsigned depth = 0;
    skip_blank(j);
    const uint8_t *from = j->rest.p;
    do {
        skip_blank(j);
        if (j->rest.n == 0)
            return false;
        uint8_t c = j->rest.p[0];
        if (c == '"') {
            if (!take_text(j, &text))
                return false;
            continue;
        }
        if (depth == 0 && (c == ',' || c == '}' || c == ']'))
            break;
        depth += (c == '{' || c == '[') - (c == '}' || c == ']');
        j->rest = bytes_of(j->rest.p + 1, j->rest.n - 1);
    } while (depth > 0 ||
             (j->rest.n > 0 && j->rest.p[0] != ',' && j->rest.p[0] != '}' && j->rest.p[0] != ']'));
    *out = bytes_of(from, (size_t)(j->rest.p - from));
    return out->n > 0;
}

/* The value of a key of this object; n == 0: it has none. */
static struct bytes find_key(struct bytes object, const char *key) {
    struct json j = {object};
    struct bytes name, value;
    if (!take_sign(&j, '{'))
        return bytes_of(NULL, 0);
    while (take_text(&j, &name) && take_sign(&j, ':') && take_value(&j, &value)) {
        if (bytes_equal(name, bytes_text(key)))
            return value;
        if (!take_sign(&j, ','))
            break;
    }
    return bytes_of(NULL, 0);
}

static struct bytes text_of_key(struct bytes object, const char *key) {
    struct json j = {find_key(object, key)};
    struct bytes text = {NULL, 0};
    take_text(&j, &text);
    return text;
}

/* --- The tree --- */

static uint32_t read_node(struct avro_schema *s, struct bytes json, unsigned depth);

static struct avro_node *new_node(struct avro_schema *s, uint32_t *index) {
    if (s->nodes == AVRO_NODES_MAX)
        return NULL;
    *index = s->nodes++;
    s->node[*index] = (struct avro_node){.kind = AVRO_NULL};
    return &s->node[*index];
}

/* Behind the namespace. */
static struct bytes end_of_name(struct bytes name) {
    size_t at = name.n;
    while (at > 0 && name.p[at - 1] != '.')
        at--;
    return bytes_of(name.p + at, name.n - at);
}

static bool set_simple(struct avro_schema *s, uint32_t index, struct bytes name) {
    static const char *const primitives[AVRO_PRIMITIVES] = {"null",  "boolean", "int",   "long",
                                                            "float", "double",  "bytes", "string"};
    for (unsigned i = 0; i < AVRO_PRIMITIVES; i++)
        if (bytes_equal(name, bytes_text(primitives[i]))) {
            s->node[index].kind = (enum avro_kind)i;
            return true;
        }
    struct bytes end = end_of_name(name);
    for (uint32_t i = 0; i < s->nodes; i++) {
        struct bytes other = s->node[i].name;
        if (i != index && other.n > 0 && (bytes_equal(other, name) || bytes_equal(other, end))) {
            s->node[index].same = i + 1;
            return true;
        }
    }
    return false;
}

static struct bytes field_of(struct bytes object) {
    struct bytes name = text_of_key(object, "name");
    return bytes_of(name.p, name.n < AVRO_FIELD_MAX ? name.n : AVRO_FIELD_MAX);
}

/* Children in the order of a JSON array: of schemas, or of fields. */
static bool read_children(struct avro_schema *s, uint32_t parent, struct bytes array, bool fields,
                          unsigned depth) {
    struct json j = {array};
    struct bytes value;
    uint32_t last = 0;
    if (!take_sign(&j, '['))
        return false;
    while (take_value(&j, &value)) {
        uint32_t child = read_node(s, fields ? find_key(value, "type") : value, depth + 1);
        if (child == 0)
            return false;
        if (fields)
            s->node[child].field = field_of(value);
        if (last)
            s->node[last].next = child;
        else
            s->node[parent].child = child;
        last = child;
        if (!take_sign(&j, ','))
            break;
    }
    return true;
}

static enum avro_time time_of(struct bytes logical) {
    static const struct {
        const char *name;
        enum avro_time time;
    } times[] = {{"date", AVRO_DAYS},
                 {"timestamp-millis", AVRO_MILLIS},
                 {"timestamp-micros", AVRO_MICROS},
                 {"local-timestamp-millis", AVRO_MILLIS},
                 {"local-timestamp-micros", AVRO_MICROS}};
    for (size_t i = 0; i < sizeof times / sizeof *times; i++)
        if (bytes_equal(logical, bytes_text(times[i].name)))
            return times[i].time;
    return AVRO_NO_TIME;
}

static bool read_symbols(struct avro_schema *s, struct avro_node *n, struct bytes array) {
    struct json j = {array};
    struct bytes text;
    n->symbol = s->symbols;
    if (!take_sign(&j, '['))
        return false;
    while (take_text(&j, &text)) {
        if (s->symbols == AVRO_SYMBOLS_MAX)
            return false;
        s->symbol[s->symbols++] = text;
        if (!take_sign(&j, ','))
            break;
    }
    n->symbols = s->symbols - n->symbol;
    return true;
}

static bool set_complex(struct avro_schema *s, uint32_t index, struct bytes object, unsigned depth) {
    struct bytes kind = text_of_key(object, "type"), inner;
    struct avro_node *n = &s->node[index];
    n->time = time_of(text_of_key(object, "logicalType"));
    n->name = text_of_key(object, "name");
    if (bytes_equal(kind, bytes_text("record")) || bytes_equal(kind, bytes_text("error"))) {
        n->kind = AVRO_RECORD;
        return read_children(s, index, find_key(object, "fields"), true, depth);
    }
    if (bytes_equal(kind, bytes_text("enum"))) {
        n->kind = AVRO_ENUM;
        return read_symbols(s, n, find_key(object, "symbols"));
    }
    if (bytes_equal(kind, bytes_text("fixed"))) {
        n->kind = AVRO_FIXED;
        return bytes_number(bytes_trim(find_key(object, "size")), &n->size);
    }
    bool array = bytes_equal(kind, bytes_text("array")), map = bytes_equal(kind, bytes_text("map"));
    if (array || map) {
        n->kind = array ? AVRO_ARRAY : AVRO_MAP;
        uint32_t child = read_node(s, find_key(object, array ? "items" : "values"), depth + 1);
        s->node[index].child = child;
        return child != 0;
    }
    if (kind.n > 0) {
        n->name = bytes_of(NULL, 0);
        return set_simple(s, index, kind);
    }
    inner = find_key(object, "type"); /* a schema within */
    uint32_t child = inner.n ? read_node(s, inner, depth + 1) : 0;
    s->node[index].same = child + 1;
    return child != 0;
}

/* 0: it is none. */
static uint32_t read_node(struct avro_schema *s, struct bytes json, unsigned depth) {
    uint32_t index = 0;
    struct json j = {json};
    struct bytes name;
    struct avro_node *n = depth < AVRO_DEPTH_MAX ? new_node(s, &index) : NULL;
    skip_blank(&j);
    if (!n || j.rest.n == 0)
        return 0;
    if (j.rest.p[0] == '"')
        return take_text(&j, &name) && set_simple(s, index, name) ? index : 0;
    if (j.rest.p[0] == '[') {
        n->kind = AVRO_UNION;
        return read_children(s, index, j.rest, false, depth) ? index : 0;
    }
    return j.rest.p[0] == '{' && set_complex(s, index, j.rest, depth) ? index : 0;
}

bool avro_read_schema(struct avro_schema *s, struct bytes json) {
    if (json.n > AVRO_SCHEMA_MAX)
        return false;
    s->nodes = 1; /* node 0 is nobody */
    s->symbols = 0;
    s->node[0] = (struct avro_node){.kind = AVRO_NULL};
    uint32_t top = read_node(s, json, 0);
    s->node[0].same = top + 1;
    return top != 0;
}

const struct avro_node *avro_resolve(const struct avro_schema *s, uint32_t node) {
    for (unsigned steps = 0; steps < AVRO_DEPTH_MAX && s->node[node].same; steps++)
        node = s->node[node].same - 1;
    return &s->node[node];
}

bool avro_is_reference(const struct avro_schema *s, uint32_t node) {
    for (unsigned steps = 0; steps < AVRO_DEPTH_MAX && s->node[node].same; steps++) {
        if (s->node[node].same - 1 <= node)
            return true;
        node = s->node[node].same - 1;
    }
    return false;
}
