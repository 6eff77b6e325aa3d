/* SPDX-License-Identifier: Apache-2.0 */
#include "stix.h"

#include "base/bytes.h"
#include "base/hex.h"
#include "show.h"

#include <ctype.h>
#include <openssl/evp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ID_ROOM = 64, TIME_ROOM = 32, UUID_OCTETS = 16, NUMBER_MOST = 999999999, PATTERN_EACH = 128 };

/* Section 2.9: of the ids of observables. The other is Gantry's own, for all that is none. */
static const uint8_t observable_space[UUID_OCTETS] = {0x00, 0xab, 0xed, 0xb4, 0xaa, 0x42, 0x46, 0x6c,
                                                      0x9c, 0x01, 0xfe, 0xd2, 0x33, 0x15, 0xa9, 0xb7};
static const uint8_t own_space[UUID_OCTETS] = {0x3e, 0x5b, 0x8b, 0x66, 0x0d, 0x1f, 0x4c, 0x0a,
                                               0x8f, 0x27, 0x6d, 0x0c, 0x52, 0x9e, 0x41, 0x7b};
/* What is the same in the bundles of all incidents has to say the same of itself in all of them. */
static const char always[] = "2026-01-01T00:00:00.000Z";

struct bundle {
    const json_t *answer, *incident;
    json_t *objects, *seen; /* all of them; references to what was seen */
    char sensor[ID_ROOM];
    char created[TIME_ROOM], modified[TIME_ROOM];
    bool failed; /* no memory */
};

/* --- ids --- */

/* RFC 4122 section 4.3, with SHA-1. */
static bool make_id(const char *type, const uint8_t space[UUID_OCTETS], const char *name, char out[ID_ROOM]) {
    uint8_t digest[EVP_MAX_MD_SIZE];
    char hex[2 * UUID_OCTETS + 1];
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool ok = c && EVP_DigestInit_ex(c, EVP_sha1(), NULL) && EVP_DigestUpdate(c, space, UUID_OCTETS) &&
              EVP_DigestUpdate(c, name, strlen(name)) && EVP_DigestFinal_ex(c, digest, NULL);
    EVP_MD_CTX_free(c);
    if (!ok)
        return false;
    digest[6] = (uint8_t)((digest[6] & 0x0f) | 0x50);
    digest[8] = (uint8_t)((digest[8] & 0x3f) | 0x80);
    hex_format(digest, UUID_OCTETS, hex);
    snprintf(out, ID_ROOM, "%s--%.8s-%.4s-%.4s-%.4s-%.12s", type, hex, hex + 8, hex + 12, hex + 16, hex + 20);
    return true;
}

/* Takes `value`. */
static void set(struct bundle *b, json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) != 0)
        b->failed = true;
}

static void set_text(struct bundle *b, json_t *object, const char *key, const char *text) {
    if (text && *text)
        set(b, object, key, json_string(text));
}

static void append(struct bundle *b, json_t *array, json_t *value) {
    if (json_array_append_new(array, value) != 0)
        b->failed = true;
}

static json_t *add_object(struct bundle *b, const char *type, const char *id) {
    json_t *o = json_object();
    set_text(b, o, "type", type);
    set_text(b, o, "spec_version", "2.1");
    set_text(b, o, "id", id);
    append(b, b->objects, o);
    return o;
}

/* One that is no observable: `key` makes its id, together with its type. */
static json_t *add_said(struct bundle *b, const char *type, const char *key, char id[ID_ROOM]) {
    char name[512];
    snprintf(name, sizeof name, "%s\n%s", type, key);
    b->failed |= !make_id(type, own_space, name, id);
    json_t *o = add_object(b, type, id);
    set_text(b, o, "created", b->created);
    set_text(b, o, "modified", b->modified);
    set_text(b, o, "created_by_ref", b->sensor);
    return o;
}

/* `parts` are the properties that make its id, sorted and without spaces (RFC 8785); takes them. */
static json_t *add_seen(struct bundle *b, const char *type, json_t *parts, char id[ID_ROOM]) {
    char *text = parts ? json_dumps(parts, JSON_COMPACT | JSON_SORT_KEYS) : NULL;
    b->failed |= !text || !make_id(type, observable_space, text, id);
    free(text);
    json_t *o = add_object(b, type, b->failed ? "" : id);
    if (parts && json_object_update(o, parts) != 0)
        b->failed = true;
    json_decref(parts);
    append(b, b->seen, json_string(b->failed ? "" : id));
    return o;
}

/* --- what the answer says --- */

static const char *text_of(const json_t *from, const char *key) {
    const char *text = json_string_value(json_object_get(from, key));
    return text ? text : "";
}

static json_int_t number_of(const json_t *from, const char *key) {
    return json_integer_value(json_object_get(from, key));
}

/* `created` and `modified` have three digits behind the second, neither more nor fewer (section 3.2). */
static void cut_to_ms(const char *time, char out[TIME_ROOM]) {
    size_t digits = strlen(time) > 20 && time[19] == '.' ? strspn(time + 20, "0123456789") : 0;
    snprintf(out, TIME_ROOM, "%.19s.%.*s%sZ", time, digits > 3 ? 3 : (int)digits, digits ? time + 20 : "",
             digits > 2 ? "" : &"000"[digits]);
}

/* It was changed last when its last record came, or with the last alert. */
static void find_times(struct bundle *b) {
    const char *latest = text_of(b->incident, "last");
    size_t i;
    const json_t *alert;
    json_array_foreach(json_object_get(b->answer, "alerts"), i, alert) {
        const char *time = text_of(alert, "time");
        latest = strcmp(time, latest) > 0 ? time : latest;
    }
    cut_to_ms(text_of(b->incident, "first"), b->created);
    cut_to_ms(latest, b->modified);
}

/* --- what was seen --- */

static const char *address_type(const char *address) {
    return strchr(address, ':') ? "ipv6-addr" : "ipv4-addr";
}

static void add_address(struct bundle *b, const char *address, char id[ID_ROOM]) {
    add_seen(b, address_type(address), json_pack("{s:s}", "value", address), id);
}

/* RFC 1034 section 3.5 with the underscore that is met in practice: who asks chooses the name. */
static bool is_domain(const char *name) {
    size_t n = strlen(name);
    bool letter = false;
    for (const char *p = name; *p; p++) {
        letter |= isalpha((unsigned char)*p) != 0;
        if (!isalnum((unsigned char)*p) && !strchr("-_.", *p))
            return false;
    }
    return letter && n < 254 && name[0] != '.' && !strstr(name, "..");
}

/* The version of IP, the transport and what it carries, the lowest first. */
static json_t *list_protocols(const struct bundle *b, const char *source) {
    const char *own = text_of(b->incident, "protocol"), *transport = text_of(b->incident, "transport");
    json_t *list = json_array();
    json_array_append_new(list, json_string(strchr(source, ':') ? "ipv6" : "ipv4"));
    if (*transport)
        json_array_append_new(list, json_string(transport));
    if (*own && strcmp(own, "unknown") != 0)
        json_array_append_new(list, json_string(own));
    return list;
}

static void add_traffic(struct bundle *b) {
    const char *source = text_of(b->incident, "source"), *destination = text_of(b->incident, "destination");
    char from[ID_ROOM] = "", to[ID_ROOM] = "", id[ID_ROOM] = "";
    add_address(b, source, from);
    add_address(b, destination, to);
    json_t *o = add_seen(b, "network-traffic",
                         json_pack("{s:s, s:s, s:s, s:o}", "start", text_of(b->incident, "first"), "src_ref",
                                   from, "dst_ref", to, "protocols", list_protocols(b, source)),
                         id);
    set(b, o, "src_byte_count", json_integer(number_of(b->incident, "bytes")));
    const char *target = text_of(b->incident, "target");
    if (is_domain(target))
        add_seen(b, "domain-name", json_pack("{s:s}", "value", target), id);
}

static const json_t *files_of(const struct bundle *b) {
    return json_object_get(b->incident, "files");
}

static void add_files(struct bundle *b) {
    char id[ID_ROOM] = "";
    size_t i;
    const json_t *file;
    json_array_foreach(files_of(b), i, file) {
        json_t *o =
            add_seen(b, "file", json_pack("{s:{s:s}}", "hashes", "SHA-256", text_of(file, "sha256")), id);
        set(b, o, "size", json_integer(number_of(file, "bytes")));
    }
}

static void add_observed(struct bundle *b, char id[ID_ROOM]) {
    json_int_t n = number_of(b->incident, "objects");
    add_traffic(b);
    add_files(b);
    json_t *o = add_said(b, "observed-data", text_of(b->incident, "id"), id);
    set_text(b, o, "first_observed", text_of(b->incident, "first"));
    set_text(b, o, "last_observed", text_of(b->incident, "last"));
    set(b, o, "number_observed", json_integer(n < 1 ? 1 : n > NUMBER_MOST ? NUMBER_MOST : n));
    set(b, o, "object_refs", json_incref(b->seen));
}

/* --- what is said of it --- */

static void add_sensor(struct bundle *b) {
    const char *name = text_of(b->answer, "sensor");
    char key[512];
    snprintf(key, sizeof key, "identity\n%s", name);
    b->failed |= !make_id("identity", own_space, key, b->sensor);
    json_t *o = add_object(b, "identity", b->sensor);
    set_text(b, o, "created", always);
    set_text(b, o, "modified", always);
    set_text(b, o, "name", *name ? name : "gantry");
    set_text(b, o, "identity_class", "system");
    set_text(b, o, "description", "Gantry, a network sensor for data that leaves an image network");
}

static void add_incident(struct bundle *b, char id[ID_ROOM]) {
    const char *key = text_of(b->incident, "id"), *class = text_of(b->incident, "class");
    char name[256];
    snprintf(name, sizeof name, "%s to %s", class, text_of(b->incident, "destination"));
    json_t *o = add_said(b, "incident", key, id);
    set_text(b, o, "name", name);
    set_text(b, o, "description", text_of(b->incident, "reason"));
    set(b, o, "labels", json_pack("[s, s]", class, text_of(b->incident, "verdict")));
    set(b, o, "external_references", json_pack("[{s:s, s:s}]", "source_name", "gantry", "external_id", key));
}

static void add_link(struct bundle *b, const char *from, const char *how, const char *to) {
    char key[3 * ID_ROOM], id[ID_ROOM] = "";
    snprintf(key, sizeof key, "%s\n%s\n%s", from, how, to);
    json_t *o = add_said(b, "relationship", key, id);
    set_text(b, o, "relationship_type", how);
    set_text(b, o, "source_ref", from);
    set_text(b, o, "target_ref", to);
}

static void add_pattern(struct bundle *b, const json_t *technique, char id[ID_ROOM]) {
    const char *code = text_of(technique, "id"), *dot = strchr(code, '.');
    char key[64], page[96];
    snprintf(key, sizeof key, "attack-pattern\n%.32s", code);
    snprintf(page, sizeof page, "https://attack.mitre.org/techniques/%.*s%s%.8s/",
             dot ? (int)(dot - code) : 32, code, dot ? "/" : "", dot ? dot + 1 : "");
    b->failed |= !make_id("attack-pattern", own_space, key, id);
    json_t *o = add_object(b, "attack-pattern", id);
    set_text(b, o, "created", always);
    set_text(b, o, "modified", always);
    set_text(b, o, "name", text_of(technique, "name"));
    set(b, o, "external_references",
        json_pack("[{s:s, s:s, s:s}]", "source_name", "mitre-attack", "external_id", code, "url", page));
}

static void add_sighting(struct bundle *b, const char *pattern, const char *observed) {
    char key[2 * ID_ROOM], id[ID_ROOM] = "";
    snprintf(key, sizeof key, "%s\n%s", pattern, observed);
    json_t *o = add_said(b, "sighting", key, id);
    set_text(b, o, "first_seen", text_of(b->incident, "first"));
    set_text(b, o, "last_seen", text_of(b->incident, "last"));
    set_text(b, o, "sighting_of_ref", pattern);
    set(b, o, "observed_data_refs", json_pack("[s]", observed));
    set(b, o, "where_sighted_refs", json_pack("[s]", b->sensor));
}

/* Where one of the files turns up again it is known where it came from. */
static void add_indicator(struct bundle *b, char id[ID_ROOM]) {
    size_t i, n = 0, room = json_array_size(files_of(b)) * PATTERN_EACH + 8;
    const json_t *file;
    char *pattern = malloc(room);
    b->failed |= !pattern;
    if (!pattern)
        return;
    json_array_foreach(files_of(b), i, file) n +=
        (size_t)snprintf(pattern + n, room - n, "%sfile:hashes.'SHA-256' = '%.64s'", i ? " OR " : "[",
                         text_of(file, "sha256"));
    snprintf(pattern + n, room - n, "]");
    json_t *o = add_said(b, "indicator", text_of(b->incident, "id"), id);
    set_text(b, o, "name", "Files that left the image network");
    set(b, o, "indicator_types", json_pack("[s]", "anomalous-activity"));
    set_text(b, o, "pattern", pattern);
    set_text(b, o, "pattern_type", "stix");
    set_text(b, o, "valid_from", text_of(b->incident, "first"));
    free(pattern);
}

static void add_note(struct bundle *b, const char *incident, const char *observed) {
    static const char *const lines[][2] = {
        {"state", "state"},
        {"verdict", "verdict"},
        {"reason", "reason"},
        {"class", "class"},
        {"from", "network"},
        {"source", "source"},
        {"to", "partner"},
        {"destination", "destination"},
        {"asked for", "target"},
        {"contract", "contract"},
        {"rule", "rule"},
        {"file", "file"},
        {"closed because", "settled"},
        {"objects count in", "joined"},
    };
    static const char *const counts[][2] = {{"severity", "severity"},
                                            {"objects", "objects"},
                                            {"octets", "bytes"},
                                            {"distinct plates", "distinct_plates"}};
    char text[8192], id[ID_ROOM] = "";
    size_t n = 0;
    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        if (*text_of(b->incident, lines[i][1]) && n < sizeof text)
            n += (size_t)snprintf(text + n, sizeof text - n, "%s: %s\n", lines[i][0],
                                  text_of(b->incident, lines[i][1]));
    for (size_t i = 0; i < sizeof counts / sizeof counts[0] && n < sizeof text; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "%s: %lld\n", counts[i][0],
                              (long long)number_of(b->incident, counts[i][1]));
    json_t *o = add_said(b, "note", text_of(b->incident, "id"), id);
    set_text(b, o, "abstract", "What the sensor knows of the incident");
    set_text(b, o, "content", text);
    set(b, o, "object_refs", json_pack("[s, s]", incident, observed));
}

static void add_all(struct bundle *b) {
    char incident[ID_ROOM] = "", observed[ID_ROOM] = "", indicator[ID_ROOM] = "", pattern[ID_ROOM] = "";
    size_t i;
    const json_t *technique;
    find_times(b);
    add_sensor(b);
    add_incident(b, incident);
    add_observed(b, observed);
    add_link(b, incident, "related-to", observed);
    if (json_array_size(files_of(b))) {
        add_indicator(b, indicator);
        add_link(b, indicator, "based-on", observed);
    }
    json_array_foreach(json_object_get(b->incident, "techniques"), i, technique) {
        add_pattern(b, technique, pattern);
        add_sighting(b, pattern, observed);
        if (*indicator)
            add_link(b, indicator, "indicates", pattern);
    }
    add_note(b, incident, observed);
}

json_t *stix_bundle(const json_t *answer) {
    struct bundle b = {.answer = answer,
                       .incident = json_array_get(json_object_get(answer, "incidents"), 0),
                       .objects = json_array(),
                       .seen = json_array()};
    char id[ID_ROOM];
    json_t *out = NULL;
    if (b.incident && b.objects && b.seen)
        add_all(&b);
    else
        b.failed = true;
    if (!b.failed && make_id("bundle", own_space, text_of(b.incident, "id"), id))
        out = json_pack("{s:s, s:s, s:O}", "type", "bundle", "id", id, "objects", b.objects);
    json_decref(b.objects);
    json_decref(b.seen);
    return out;
}
