/* SPDX-License-Identifier: Apache-2.0 */
#include "examine_sample.h"

#include "examine/formats/avro/avro.h"

static void assert_reads(const struct collected *o) {
    char text[4096];
    int n = snprintf(text, sizeof text, "plate,lane,seen,place.lat,place.lon,side,tags,crop\n");
    for (int i = 0; i < 40; i++)
        n += snprintf(text + n, sizeof text - (size_t)n, "KXR%d,%d,2026-05-31T04:12:%02dZ,%s,%s,%s,\n",
                      4000 + i, i % 8, i, i % 2 ? "29.5,-98.25" : ",", i % 3 ? "OUT" : "IN",
                      i == 1 ? "a b " : "");
    assert_text(o, text);
}

static void rows_are_a_text_and_large_values_files(void **state) {
    static const char *const names[] = {"null.avro", "deflate.avro", "zstandard.avro"};
    for (size_t i = 0; i < 3; i++) {
        sample_examine(names[i]);
        assert_int_equal(got.n, 3);
        assert_reads(sample_find(names[i]));
        assert_member(sample_find("value.crop.1"), "a.jpg");
        assert_false(got.list[0].bounded);
    }
}

static void of_one_that_is_cut_the_blocks_before_are_there_and_it_is_told(void **state) {
    sample_read("null.avro");
    sample_n -= 30;
    sample_send("null.avro");
    assert_true(got.list[0].bounded);
}

static void put_long(int64_t value) {
    uint64_t n = (uint64_t)value << 1 ^ (uint64_t)(value >> 63);
    for (; n > 127; n >>= 7)
        sample[sample_n++] = (uint8_t)(n | 0x80);
    sample[sample_n++] = (uint8_t)n;
}

static void put_octets(const void *p, size_t n) {
    put_long((int64_t)n);
    memcpy(sample + sample_n, p, n);
    sample_n += n;
}

static void put_sync(void) {
    memcpy(sample + sample_n, "0123456789abcdef", 16);
    sample_n += 16;
}

static void begin_file(const char *schema, const char *coding) {
    memcpy(sample, "Obj\1", 4);
    sample_n = 4;
    put_long(2);
    put_octets("avro.schema", 11);
    put_octets(schema, strlen(schema));
    put_octets("avro.codec", 10);
    put_octets(coding, strlen(coding));
    put_long(0);
    put_sync();
}

static void put_block(int64_t rows, const void *block, size_t n) {
    put_long(rows);
    put_octets(block, n);
    put_sync();
}

/* A file of one block, as the specification has it. */
static void send_file(const char *schema, int64_t rows, const char *block, size_t n) {
    begin_file(schema, "null");
    put_block(rows, block, n);
    sample_send("x.avro");
}

static void days_are_dates_and_those_of_no_calendar_are_blank(void **state) {
    send_file("{\"type\":\"long\",\"logicalType\":\"date\"}", 2, "\2\xfe\xff\xff\xff\xff\xff\xff\xff\x7f",
              10);
    assert_text(sample_find("x.avro"), "value\n1970-01-02\n\n");
    assert_false(got.list[0].bounded);
}

static void a_symbol_is_told_by_its_number(void **state) {
    send_file("{\"type\":\"enum\",\"name\":\"s\",\"symbols\":[\"IN\",\"OUT\"]}", 3, "\2\0\4", 3);
    assert_text(sample_find("x.avro"), "value\nOUT\nIN\n\n");
}

/* Items, and rows, as many as a number can say. */
static void values_that_take_no_octets_end_and_it_is_told(void **state) {
    static const char many[] = "\xfe\xff\xff\xff\xff\xff\xff\xff\x7f??";
    send_file("{\"type\":\"array\",\"items\":{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}}", 1, many,
              sizeof many - 1);
    assert_true(got.list[0].bounded);
    send_file("{\"type\":\"record\",\"name\":\"r\",\"fields\":[]}", INT64_MAX, many, sizeof many - 1);
    assert_int_equal(got.list[1].bytes, 1000 + 1);
}

/* Each record holds sixteen of that before. */
static void records_of_records_of_nothing_end_and_it_is_told(void **state) {
    static char schema[1 << 14];
    size_t n =
        (size_t)snprintf(schema, sizeof schema,
                         "{\"type\":\"record\",\"name\":\"top\",\"fields\":["
                         "{\"name\":\"a\",\"type\":{\"type\":\"record\",\"name\":\"r0\",\"fields\":[]}}");
    for (int level = 1; level < 16; level++) {
        n += (size_t)snprintf(schema + n, sizeof schema - n,
                              ",{\"name\":\"b\",\"type\":{\"type\":\"record\",\"name\":\"r%d\",\"fields\":[",
                              level);
        for (int i = 0; i < 16; i++)
            n += (size_t)snprintf(schema + n, sizeof schema - n, "%s{\"name\":\"c\",\"type\":\"r%d\"}",
                                  i ? "," : "", level - 1);
        n += (size_t)snprintf(schema + n, sizeof schema - n, "]}}");
    }
    snprintf(schema + n, sizeof schema - n, "]}");
    send_file(schema, 1, "", 0);
    assert_true(got.list[0].bounded);
}

/* Snappy: a literal of one octet, then copies of 64, each in three octets; a sum behind them. */
static void blocks_that_unfold_to_no_row_are_undone_so_far_and_it_is_told(void **state) {
    enum { COPIES = 4096 };
    static uint8_t block[3 + 2 + 3 * COPIES + 4] = {0x81, 0x80, 0x10, 0, 'x'};
    for (size_t i = 0; i < COPIES; i++)
        memcpy(block + 5 + 3 * i, "\xfe\1\0", 3);
    here_options.output_max = 1 << 20;
    for (int blocks = 3; blocks < 5; blocks++) {
        begin_file("\"long\"", "snappy");
        for (int i = 0; i < blocks; i++)
            put_block(0, block, sizeof block);
        sample_send("x.avro");
        assert_int_equal(got.list[0].bounded, blocks > 3);
    }
}

static void blocks_of_nothing_end_and_it_is_told(void **state) {
    here_options.output_max = 1 << 20;
    for (int blocks = 1000; blocks < 2000; blocks += 500) {
        begin_file("\"long\"", "null");
        for (int i = 0; i < blocks; i++)
            put_block(0, "", 0);
        sample_send("x.avro");
        assert_int_equal(got.list[0].bounded, blocks > 1000);
    }
}

/* Blanks may stand anywhere. */
static void a_schema_is_read_up_to_a_mebibyte(void **state) {
    static struct avro_schema schema;
    static char text[AVRO_SCHEMA_MAX + 2];
    for (size_t n = AVRO_SCHEMA_MAX; n <= AVRO_SCHEMA_MAX + 1; n++) {
        memset(text, ' ', n);
        memcpy(text, "{\"type\":\"long\"", 14);
        text[n - 1] = '}';
        assert_int_equal(avro_read_schema(&schema, bytes_of(text, n)), n == AVRO_SCHEMA_MAX);
    }
}

static void what_is_broken_ends(void **state) {
    assert_survives("null.avro", 7);
    assert_survives("deflate.avro", 7);
}

int main(void) {
#define SAMPLE(test) cmocka_unit_test_setup_teardown(test, sample_begin, sample_finish)
    const struct CMUnitTest tests[] = {
        SAMPLE(rows_are_a_text_and_large_values_files),
        SAMPLE(of_one_that_is_cut_the_blocks_before_are_there_and_it_is_told),
        SAMPLE(days_are_dates_and_those_of_no_calendar_are_blank),
        SAMPLE(a_symbol_is_told_by_its_number),
        SAMPLE(values_that_take_no_octets_end_and_it_is_told),
        SAMPLE(records_of_records_of_nothing_end_and_it_is_told),
        SAMPLE(blocks_that_unfold_to_no_row_are_undone_so_far_and_it_is_told),
        SAMPLE(blocks_of_nothing_end_and_it_is_told),
        SAMPLE(a_schema_is_read_up_to_a_mebibyte),
        SAMPLE(what_is_broken_ends),
    };
    return cmocka_run_group_tests_name("examine/avro", tests, NULL, NULL);
}
