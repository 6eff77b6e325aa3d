/* SPDX-License-Identifier: Apache-2.0 */
#include "protocol/dns/dns_answer.h"
#include "protocol/protocol.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

/* Names from answers: who asked for which, and which addresses it was given. What is told is written down as
 * "name address life", one behind the other. */

extern const struct protocol protocol_dns;

static char told[4096];
static struct conversation c;

static void write_down(struct conversation *of, struct bytes name, const struct name_address *address,
                       unsigned n) {
    char text[ADDRESS_TEXT_MAX];
    assert_ptr_equal(of, &c);
    for (unsigned i = 0; i < n; i++) {
        size_t used = strlen(told);
        snprintf(told + used, sizeof told - used, "%.*s %s %u;", (int)name.n, (const char *)name.p,
                 address_format(&address[i].address, text), address[i].life);
    }
}

static const struct protocol_services services = {.resolved = write_down};

static int begin(void **state) {
    told[0] = 0;
    c = (struct conversation){.services = &services};
    c.state = protocol_dns.open(&c, bytes_of(NULL, 0));
    return c.state ? 0 : -1;
}

static int finish(void **state) {
    protocol_dns.close(&c);
    return 0;
}

/* --- messages --- */

struct message {
    uint8_t octets[1024];
    size_t n;
};

static void put(struct message *m, const void *octets, size_t n) {
    assert_true(m->n + n <= sizeof m->octets);
    memcpy(m->octets + m->n, octets, n);
    m->n += n;
}

static void put_u16(struct message *m, unsigned value) {
    put(m, (const uint8_t[]){(uint8_t)(value >> 8), (uint8_t)value}, 2);
}

/* Labels between dots; at its end a pointer to `back`, or the root where that is 0. */
static void put_name(struct message *m, const char *name, unsigned back) {
    while (*name) {
        size_t n = strcspn(name, ".");
        put(m, (const uint8_t[]){(uint8_t)n}, 1);
        put(m, name, n);
        name += n + (name[n] == '.');
    }
    if (back)
        put_u16(m, 0xc000 | back);
    else
        put(m, "", 1);
}

enum { QUESTION = 12 /* where its name begins */, A = 1, CNAME = 5, TXT = 16, AAAA = 28 };

static struct message begin_message(unsigned id, unsigned flags, const char *name, unsigned answers) {
    struct message m = {.n = 0};
    put_u16(&m, id);
    put_u16(&m, flags);
    put_u16(&m, 1);
    put_u16(&m, answers);
    put_u16(&m, 0);
    put_u16(&m, 0);
    put_name(&m, name, 0);
    put_u16(&m, A);
    put_u16(&m, 1);
    return m;
}

static void put_head(struct message *m, unsigned type, unsigned life, unsigned n) {
    put_u16(m, type);
    put_u16(m, 1);
    put_u16(m, 0);
    put_u16(m, life);
    put_u16(m, n);
}

/* For the name of the question. */
static void put_address(struct message *m, unsigned last, unsigned life) {
    put_name(m, "", QUESTION);
    put_head(m, A, life, 4);
    put(m, (const uint8_t[]){198, 51, 100, (uint8_t)last}, 4);
}

static struct message question(unsigned id, const char *name) {
    return begin_message(id, 0x0100, name, 0);
}

static struct message answer(unsigned id, const char *name, unsigned last) {
    struct message m = begin_message(id, 0x8180, name, 1);
    put_address(&m, last, 300);
    return m;
}

static void give(enum side from, struct message m) {
    assert_int_equal(protocol_dns.datagram(&c, from, m.octets, m.n), PROTOCOL_OK);
}

/* --- what is told --- */

static void an_answer_to_a_question_gives_its_name_the_address(void **state) {
    give(SIDE_CLIENT, question(7, "store.example"));
    give(SIDE_SERVER, answer(7, "store.example", 9));
    assert_string_equal(told, "store.example 198.51.100.9 300;");
}

static void an_answer_that_nobody_asked_for_is_not_believed(void **state) {
    give(SIDE_SERVER, answer(7, "store.example", 9));
    give(SIDE_CLIENT, question(7, "store.example"));
    assert_string_equal(told, "");
}

static void an_answer_with_another_number_or_name_is_not_believed(void **state) {
    give(SIDE_CLIENT, question(7, "store.example"));
    give(SIDE_SERVER, answer(8, "store.example", 9));
    give(SIDE_SERVER, answer(7, "other.example", 9));
    assert_string_equal(told, "");
    give(SIDE_SERVER, answer(7, "store.example", 9));
    assert_string_equal(told, "store.example 198.51.100.9 300;");
}

static void an_answer_from_the_client_itself_is_not_believed(void **state) {
    give(SIDE_CLIENT, question(7, "store.example"));
    give(SIDE_CLIENT, answer(7, "store.example", 9));
    assert_string_equal(told, "");
}

static void the_second_answer_to_a_question_is_not_believed(void **state) {
    give(SIDE_CLIENT, question(7, "store.example"));
    give(SIDE_SERVER, answer(7, "store.example", 9));
    give(SIDE_SERVER, answer(7, "store.example", 66));
    assert_string_equal(told, "store.example 198.51.100.9 300;");
}

static void letters_may_be_of_either_case(void **state) {
    give(SIDE_CLIENT, question(7, "sTOre.EXample"));
    give(SIDE_SERVER, answer(7, "StorE.example", 9));
    assert_string_equal(told, "store.example 198.51.100.9 300;");
}

static void of_many_open_questions_the_oldest_goes_unanswered(void **state) {
    for (unsigned i = 0; i < 9; i++)
        give(SIDE_CLIENT, question(i, "store.example"));
    give(SIDE_SERVER, answer(0, "store.example", 9));
    assert_string_equal(told, "");
    give(SIDE_SERVER, answer(1, "store.example", 9));
    assert_string_equal(told, "store.example 198.51.100.9 300;");
}

static void addresses_behind_a_chain_of_names_are_the_questions(void **state) {
    struct message m = begin_message(7, 0x8180, "www.store.example", 4);
    give(SIDE_CLIENT, question(7, "www.store.example"));
    put_name(&m, "", QUESTION);
    put_head(&m, CNAME, 3600, 2 + 4);
    size_t edge = m.n;
    put_name(&m, "cdn", QUESTION + 4);
    put_name(&m, "", (unsigned)edge);
    put_head(&m, CNAME, 20, 6 + 5 + 1);
    size_t node = m.n;
    put_name(&m, "node7.cdn9", 0);
    put_name(&m, "", (unsigned)node);
    put_head(&m, A, 300, 4);
    put(&m, (const uint8_t[]){203, 0, 113, 80}, 4);
    put_name(&m, "", (unsigned)node);
    put_head(&m, AAAA, 10, 16);
    put(&m, (const uint8_t[]){0x20, 0x01, 0x0d, 0xb8, 0xff, 0xff, [15] = 9}, 16);
    give(SIDE_SERVER, m);
    assert_string_equal(told, "www.store.example 203.0.113.80 20;www.store.example 2001:db8:ffff::9 10;");
}

static void addresses_of_other_names_in_the_answer_are_not_its(void **state) {
    struct message m = begin_message(7, 0x8180, "store.example", 2);
    give(SIDE_CLIENT, question(7, "store.example"));
    put_name(&m, "bank.example", 0);
    put_head(&m, A, 300, 4);
    put(&m, (const uint8_t[]){198, 51, 100, 66}, 4);
    put_address(&m, 9, 300);
    give(SIDE_SERVER, m);
    assert_string_equal(told, "store.example 198.51.100.9 300;");
}

static void a_name_that_does_not_exist_has_no_address(void **state) {
    struct message m = begin_message(7, 0x8183, "store.example", 1);
    give(SIDE_CLIENT, question(7, "store.example"));
    put_address(&m, 9, 300);
    give(SIDE_SERVER, m);
    assert_string_equal(told, "");
}

static void of_very_many_addresses_the_first_are_taken(void **state) {
    struct message m = begin_message(7, 0x8180, "store.example", 20);
    struct dns_answer out;
    for (unsigned i = 0; i < 20; i++)
        put_address(&m, i, 300);
    dns_answer_read(bytes_of(m.octets, m.n), &out);
    assert_int_equal(out.count, DNS_ADDRESSES_MAX);
}

/* Each has a name of its own that must be read. */
static void behind_very_many_records_no_address_is_looked_for(void **state) {
    for (unsigned others = DNS_LOOKED_AT - 1; others <= DNS_LOOKED_AT; others++) {
        struct message m = begin_message(7, 0x8180, "store.example", others + 1);
        struct dns_answer out;
        for (unsigned i = 0; i < others; i++) {
            put_name(&m, "bank.example", 0);
            put_head(&m, A, 300, 4);
            put(&m, "abcd", 4);
        }
        put_address(&m, 9, 300);
        dns_answer_read(bytes_of(m.octets, m.n), &out);
        assert_int_equal(out.count, others < DNS_LOOKED_AT);
    }
}

static void pointers_that_lead_nowhere_or_in_circles_end_the_answer(void **state) {
    struct message m = begin_message(7, 0x8180, "store.example", 1);
    struct dns_answer out;
    size_t here = m.n;
    put_name(&m, "", (unsigned)here); /* to itself */
    put_head(&m, A, 300, 4);
    put(&m, "abcd", 4);
    dns_answer_read(bytes_of(m.octets, m.n), &out);
    assert_int_equal(out.count, 0);
    for (size_t n = 0; n < m.n; n++) {
        dns_answer_read(bytes_of(m.octets, n), &out);
        assert_int_equal(out.count, 0);
    }
}

static void over_tcp_it_is_the_same_however_it_is_cut(void **state) {
    struct message m[2] = {question(7, "store.example"), answer(7, "store.example", 9)};
    for (enum side side = SIDE_CLIENT; side <= SIDE_SERVER; side++) {
        const uint8_t head[2] = {(uint8_t)(m[side].n >> 8), (uint8_t)m[side].n};
        assert_int_equal(protocol_dns.data(&c, side, head, 2), PROTOCOL_OK);
        for (size_t i = 0; i < m[side].n; i++)
            assert_int_equal(protocol_dns.data(&c, side, m[side].octets + i, 1), PROTOCOL_OK);
    }
    assert_string_equal(told, "store.example 198.51.100.9 300;");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, finish)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(an_answer_to_a_question_gives_its_name_the_address),
        TEST(an_answer_that_nobody_asked_for_is_not_believed),
        TEST(an_answer_with_another_number_or_name_is_not_believed),
        TEST(an_answer_from_the_client_itself_is_not_believed),
        TEST(the_second_answer_to_a_question_is_not_believed),
        TEST(letters_may_be_of_either_case),
        TEST(of_many_open_questions_the_oldest_goes_unanswered),
        TEST(addresses_behind_a_chain_of_names_are_the_questions),
        TEST(addresses_of_other_names_in_the_answer_are_not_its),
        TEST(a_name_that_does_not_exist_has_no_address),
        TEST(of_very_many_addresses_the_first_are_taken),
        TEST(behind_very_many_records_no_address_is_looked_for),
        TEST(pointers_that_lead_nowhere_or_in_circles_end_the_answer),
        TEST(over_tcp_it_is_the_same_however_it_is_cut),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
