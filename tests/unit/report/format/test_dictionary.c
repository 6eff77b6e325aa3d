/* SPDX-License-Identifier: Apache-2.0 */
/* CEF and LEEF against what their vendors publish: keys, types and bounds. */
#include "kinds.h"

#include <ctype.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum type { TEXT, INTEGER, LONG, TIME, IPV4, IPV6 };

struct entry {
    const char *key;
    enum type type;
    size_t most; /* characters, 0: the vendor gives no bound */
};

/* "ArcSight Common Event Format (CEF) Implementation Standard", version 27, chapter 2, "ArcSight Extension
 * Dictionary": the keys for producers that a network sensor may need. */
static const struct entry cef[] = {{"act", TEXT, 63},
                                   {"app", TEXT, 31},
                                   {"c6a2", IPV6, 0},
                                   {"c6a2Label", TEXT, 1023},
                                   {"c6a3", IPV6, 0},
                                   {"c6a3Label", TEXT, 1023},
                                   {"cat", TEXT, 1023},
                                   {"cn1", LONG, 0},
                                   {"cn1Label", TEXT, 1023},
                                   {"cn2", LONG, 0},
                                   {"cn2Label", TEXT, 1023},
                                   {"cn3", LONG, 0},
                                   {"cn3Label", TEXT, 1023},
                                   {"cnt", INTEGER, 0},
                                   {"cs1", TEXT, 4000},
                                   {"cs1Label", TEXT, 1023},
                                   {"cs2", TEXT, 4000},
                                   {"cs2Label", TEXT, 1023},
                                   {"cs3", TEXT, 4000},
                                   {"cs3Label", TEXT, 1023},
                                   {"cs4", TEXT, 4000},
                                   {"cs4Label", TEXT, 1023},
                                   {"cs5", TEXT, 4000},
                                   {"cs5Label", TEXT, 1023},
                                   {"cs6", TEXT, 4000},
                                   {"cs6Label", TEXT, 1023},
                                   {"deviceDirection", INTEGER, 0},
                                   {"deviceExternalId", TEXT, 255},
                                   {"dhost", TEXT, 1023},
                                   {"dpt", INTEGER, 0},
                                   {"dst", IPV4, 0},
                                   {"dvchost", TEXT, 100},
                                   {"end", TIME, 0},
                                   {"externalId", TEXT, 40},
                                   {"fileHash", TEXT, 255},
                                   {"filePath", TEXT, 1023},
                                   {"fileType", TEXT, 1023},
                                   {"fname", TEXT, 1023},
                                   {"fsize", INTEGER, 0},
                                   {"in", INTEGER, 0},
                                   {"msg", TEXT, 1023},
                                   {"out", INTEGER, 0},
                                   {"outcome", TEXT, 63},
                                   {"proto", TEXT, 31},
                                   {"reason", TEXT, 1023},
                                   {"request", TEXT, 1023},
                                   {"requestMethod", TEXT, 1023},
                                   {"rt", TIME, 0},
                                   {"spt", INTEGER, 0},
                                   {"src", IPV4, 0},
                                   {"start", TIME, 0},
                                   {"suser", TEXT, 1023},
                                   {"shost", TEXT, 1023},
                                   {"duser", TEXT, 1023},
                                   {NULL, TEXT, 0}};

/* IBM, "Predefined LEEF event attributes", those of a network's events. */
static const struct entry leef[] = {{"cat", TEXT, 0},        {"devTime", TIME, 0},    {"proto", TEXT, 0},
                                    {"sev", INTEGER, 2},     {"src", TEXT, 0},        {"dst", TEXT, 0},
                                    {"srcPort", INTEGER, 0}, {"dstPort", INTEGER, 0}, {"usrName", TEXT, 255},
                                    {"srcBytes", LONG, 0},   {"dstBytes", LONG, 0},   {"srcPackets", LONG, 0},
                                    {"dstPackets", LONG, 0}, {"url", TEXT, 0},        {NULL, TEXT, 0}};
/* It has no attribute for a sentence; this is a key of our own without the vendor's name. */
static const char *const leef_own = "msg";

static const struct entry *find(const struct entry *dictionary, const char *key) {
    for (; dictionary->key; dictionary++)
        if (strcmp(dictionary->key, key) == 0)
            return dictionary;
    return NULL;
}

static size_t characters(const char *text) {
    size_t n = 0;
    for (; *text; text++)
        n += ((unsigned char)*text & 0xc0) != 0x80;
    return n;
}

static bool is_number(const char *text, unsigned long long most) {
    char *end;
    unsigned long long n = strtoull(text, &end, 10);
    return isdigit((unsigned char)*text) && *end == '\0' && n <= most;
}

static bool fits(const struct entry *e, const char *value) {
    struct address a;
    switch (e->type) {
    case INTEGER:
        return is_number(value, INT32_MAX) && (e->most == 0 || strlen(value) <= e->most);
    case LONG:
    case TIME:
        return is_number(value, INT64_MAX) && (e->type == LONG || strlen(value) == 13); /* milliseconds */
    case IPV4:
    case IPV6:
        return address_parse(value, &a) && (strchr(value, ':') != NULL) == (e->type == IPV6);
    default:
        return e->most == 0 || characters(value) <= e->most;
    }
}

static void check_pair(const struct entry *dictionary, const char *key, const char *value, const char *own) {
    const struct entry *e = find(dictionary, key);
    if (!e && strncmp(key, "gantry", 6) != 0 && (!own || strcmp(key, own) != 0))
        fail_msg("%s is no key of the dictionary", key);
    if (e && !fits(e, value))
        fail_msg("%s may not be %s", key, value);
}

static void check(struct event *e) {
    static struct pairs_message pairs;
    static const size_t header[] = {5, 63, 63, 31, 1023, 512, 2}; /* "Header Field Definitions" */
    const char *message = kind_write("cef", e);
    assert_true(check_cef(message, strlen(message), &pairs));
    assert_int_equal(pairs.headers, 7);
    for (int i = 0; i < pairs.headers; i++)
        assert_true(*pairs.header[i] && characters(pairs.header[i]) <= header[i]);
    for (int i = 0; i < pairs.pairs; i++)
        check_pair(cef, pairs.pair[i].key, pairs.pair[i].value, NULL);
    message = kind_write("leef", e);
    assert_true(check_leef(message, strlen(message), &pairs));
    assert_true(strlen(pairs.header[4]) <= 255); /* EventID */
    for (int i = 0; i < pairs.pairs; i++)
        check_pair(leef, pairs.pair[i].key, pairs.pair[i].value, leef_own);
}

static void keys_of_every_kind_are_the_vendors_and_keep_their_types_and_bounds(void **state) {
    for (int kind = 0; kind < KINDS; kind++) {
        struct event e = kind_event((enum kind)kind);
        check(&e);
    }
}

/* IPv6, texts of thousands of characters, the largest numbers. */
static void no_value_is_longer_or_larger_than_the_vendors_allow(void **state) {
    static char name[3000], observer[300];
    memset(name, 'n', sizeof name - 1);
    memset(observer, 'o', sizeof observer - 1);
    for (int kind = KIND_OPENED; kind <= KIND_FLOW; kind++) {
        struct event e = kind_event((enum kind)kind);
        struct incident_facts facts = example_facts();
        struct record *r = &example_builder.head;
        for (unsigned i = 0; i < TEXT_COUNT; i++)
            if (i != TEXT_PROTOCOL)
                record_text(&example_builder, (enum record_text)i, bytes_text(name));
        r->bytes = r->bytes_back = r->packets = r->packets_back = r->missing = r->offset = UINT64_MAX >> 1;
        address_parse("2001:db8:4000:4000:4000:4000:4000:4001", &r->source);
        facts.objects = facts.bytes = facts.plates = facts.sequence = UINT64_MAX;
        example_pack(&example_builder, example_room);
        e.observer = observer;
        e.incident = kind <= KIND_SETTLED ? &facts : NULL;
        check(&e);
    }
}

/* A number that the key's type cannot hold is told under the vendor's name. */
static void a_large_file_has_its_size_under_the_vendors_key(void **state) {
    struct event e = kind_event(KIND_TRANSFER);
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "fsize"), "183220");
    example_builder.head.bytes = UINT64_C(5000000000);
    example_pack(&example_builder, example_room);
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "fsize"), "absent");
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "gantryFsize"), "5000000000");
}

/* "in" is what flows from source to destination, "out" the other way: here the source is the server. */
static void bytes_of_a_flow_are_told_as_seen_from_its_source(void **state) {
    struct event e = kind_event(KIND_FLOW);
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "src"), "10.40.3.7");
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "gantryIn"), "5000000000");
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "out"), "700");
    assert_string_equal(kind_read("leef", kind_write("leef", &e), "srcBytes"), "5000000000");
    assert_string_equal(kind_read("leef", kind_write("leef", &e), "dstBytes"), "700");
    assert_string_equal(kind_read("leef", kind_write("leef", &e), "srcPackets"), "4000000");
    example_builder.head.source = example_builder.head.client;
    example_builder.head.source_port = example_builder.head.client_port;
    example_builder.head.bytes_back = 9;
    example_pack(&example_builder, example_room);
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "in"), "700");
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "out"), "9");
    assert_string_equal(kind_read("leef", kind_write("leef", &e), "srcBytes"), "700");
}

/* As the guides have `request`: with the protocol. */
static void a_request_is_a_url_where_its_host_is_known(void **state) {
    static const char *const hosts[][2] = {{"uploads.example", "http://uploads.example/in/x"},
                                           {"", "/in/x"},
                                           {"2001:db8::1", "http://[2001:db8::1]/in/x"}};
    struct event e = kind_event(KIND_TRANSFER);
    record_text(&example_builder, TEXT_PROTOCOL, bytes_text("http"));
    record_text(&example_builder, TEXT_URL, bytes_text("/in/x"));
    example_builder.head.server_port = 80;
    for (size_t i = 0; i < sizeof hosts / sizeof hosts[0]; i++) {
        record_text(&example_builder, TEXT_HOST, bytes_text(hosts[i][0]));
        example_pack(&example_builder, example_room);
        assert_string_equal(kind_read("cef", kind_write("cef", &e), "request"), hosts[i][1]);
        assert_string_equal(kind_read("leef", kind_write("leef", &e), "url"), hosts[i][1]);
    }
    record_text(&example_builder, TEXT_HOST, bytes_text("uploads.example"));
    example_builder.head.server_port = 8080;
    example_pack(&example_builder, example_room);
    assert_string_equal(kind_read("cef", kind_write("cef", &e), "request"),
                        "http://uploads.example:8080/in/x");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_of_every_kind_are_the_vendors_and_keep_their_types_and_bounds),
        cmocka_unit_test(no_value_is_longer_or_larger_than_the_vendors_allow),
        cmocka_unit_test(a_large_file_has_its_size_under_the_vendors_key),
        cmocka_unit_test(bytes_of_a_flow_are_told_as_seen_from_its_source),
        cmocka_unit_test(a_request_is_a_url_where_its_host_is_known),
    };
    return cmocka_run_group_tests_name("report/format/dictionary", tests, NULL, NULL);
}
