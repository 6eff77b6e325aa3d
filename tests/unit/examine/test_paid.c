/* SPDX-License-Identifier: Apache-2.0 */
#include "examine_sample.h"

/* Hosts that can pay for all but so many octets of what is examined. */
static struct allowance payer_of(int64_t octets) {
    struct allowance a;
    allowance_init(&a, 1000);
    a.left[ACCOUNT_EXAMINED] = octets;
    return a;
}

static void a_file_that_nobody_pays_for_is_not_examined_and_says_so(void **state) {
    struct allowance payer = payer_of(0);
    here_payer = &payer;
    sample_examine("reads.dbf");
    assert_int_equal(got.n, 1);
    assert_true(got.list[0].bounded);
    assert_true(got.list[0].hashed);
    assert_non_null(strstr(got.list[0].notes, "allowance-bound"));
    assert_true(here_is_clear());
    here_payer = NULL;
}

static void bytes_of_the_wire_pay_for_the_next_one(void **state) {
    struct allowance payer = payer_of(1);
    here_payer = &payer;
    sample_examine("reads.dbf");
    assert_int_equal(got.n, 2);
    assert_false(got.list[0].bounded);
    sample_examine("reads.dbf");
    assert_int_equal(got.n, 1);
    allowance_earn(&payer, ALLOWANCE_EXAMINED);
    sample_examine("reads.dbf");
    assert_int_equal(got.n, 2);
    here_payer = NULL;
}

static void a_hundred_small_files_are_examined_before_their_hosts_have_to_earn(void **state) {
    struct allowance payer;
    allowance_init(&payer, 1000);
    here_payer = &payer;
    for (int i = 0; i < 100; i++) {
        sample_examine("reads.dbf");
        assert_int_equal(got.n, 2);
    }
    here_payer = NULL;
}

static void an_encrypted_document_costs_more(void **state) {
    struct allowance payer = payer_of(ALLOWANCE_EXAMINED);
    here_payer = &payer;
    sample_examine("no-password.pdf");
    assert_true(got.n > 1);
    assert_true(payer.left[ACCOUNT_EXAMINED] < -(int64_t)ALLOWANCE_EXAMINED);
    sample_read("no-password.pdf");
    uint8_t *name = memmem(sample, sample_n, "/Encrypt", 8);
    assert_non_null(name);
    memmove(name + 4, name + 2, (size_t)(sample + sample_n - name - 2));
    memcpy(name, "/#45", 4); /* the same name */
    sample_n += 2;
    payer = payer_of(ALLOWANCE_EXAMINED);
    sample_send("escaped.pdf");
    assert_true(payer.left[ACCOUNT_EXAMINED] < -(int64_t)ALLOWANCE_EXAMINED);
    payer = payer_of(ALLOWANCE_EXAMINED);
    sample_examine("text.pdf");
    assert_in_range(-payer.left[ACCOUNT_EXAMINED], 0, 4 * ALLOWANCE_EXAMINED);
    here_payer = NULL;
}

static void what_comes_out_beyond_the_price_is_owed(void **state) {
    struct allowance payer = payer_of(1);
    examine_charge(&payer, 1000, 1000, 1000);
    assert_int_equal(payer.left[ACCOUNT_EXAMINED], 1);
    examine_charge(&payer, 1000, 15000, 16000);
    assert_int_equal(payer.left[ACCOUNT_EXAMINED], 1 - 14000);
    examine_charge(NULL, 0, 1000, 10000);
}

static void archives_of_text_pay_three_times_for_what_unfolds_to_more_than_twice_their_size(void **state) {
    const int64_t price = ALLOWANCE_UNPACKED;
    struct allowance payer = payer_of(1);
    examine_charge(&payer, ALLOWANCE_UNPACKED, 800000, 1600000);
    assert_int_equal(payer.left[ACCOUNT_EXAMINED], 1 - 1500000 + price);
    payer = payer_of(1);
    examine_charge(&payer, ALLOWANCE_UNPACKED, 300000, 1600000);
    assert_int_equal(payer.left[ACCOUNT_EXAMINED], 1 - 1500000 + price - 2 * 1000000);
    payer = payer_of(1);
    examine_charge(&payer, 1000, 300000, 1600000); /* a document */
    assert_int_equal(payer.left[ACCOUNT_EXAMINED], 1 - 1500000 + 1000);
}

static void what_comes_out_of_a_file_is_counted(void **state) {
    struct allowance payer = payer_of(1);
    here_payer = &payer;
    uint64_t before = examine_made();
    sample_examine("reads.dbf");
    assert_int_equal(examine_made() - before, got.list[1].size);
    here_payer = NULL;
}

int main(void) {
#define SAMPLE(test) cmocka_unit_test_setup_teardown(test, sample_begin, sample_finish)
    const struct CMUnitTest tests[] = {
        SAMPLE(a_file_that_nobody_pays_for_is_not_examined_and_says_so),
        SAMPLE(bytes_of_the_wire_pay_for_the_next_one),
        SAMPLE(a_hundred_small_files_are_examined_before_their_hosts_have_to_earn),
        SAMPLE(an_encrypted_document_costs_more),
        SAMPLE(what_comes_out_beyond_the_price_is_owed),
        SAMPLE(archives_of_text_pay_three_times_for_what_unfolds_to_more_than_twice_their_size),
        SAMPLE(what_comes_out_of_a_file_is_counted),
    };
    return cmocka_run_group_tests_name("examine/paid", tests, NULL, NULL);
}
