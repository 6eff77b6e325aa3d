/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rows/reader.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* What the reader handed on, "plate KXR4471, " a cell. */
struct seen {
    char text[1 << 16];
    size_t n;
    unsigned count;
    struct row_facts facts;
};

static void take_cell(void *context, enum row_cell kind, struct bytes text) {
    static const char *const words[] = {"plate", "shape", "document"};
    struct seen *s = context;
    s->count++;
    s->n += (size_t)snprintf(s->text + s->n, sizeof s->text - s->n, "%s %.*s, ", words[kind], (int)text.n,
                             (const char *)text.p);
}

static void read_with(struct row_reader *r, struct bytes in, size_t piece, struct seen *s) {
    const struct row_sink sink = {s, take_cell};
    s->n = 0;
    s->text[0] = 0;
    s->count = 0;
    for (size_t at = 0; at < in.n; at += piece)
        row_reader_push(r, &sink, bytes_of(in.p + at, in.n - at < piece ? in.n - at : piece));
    row_reader_end(r, &sink);
    s->facts = *row_reader_facts(r);
}

/* By a reader that is begun, and by one that has read all texts before this one and is begun again. */
static void read_text(struct bytes in, size_t piece, struct seen *s) {
    static struct row_reader *old;
    static struct seen again;
    struct row_reader *r = malloc(row_reader_size());
    row_reader_init(r, 1);
    read_with(r, in, piece, s);
    free(r);
    if (!old) {
        old = malloc(row_reader_size());
        row_reader_init(old, 1);
        read_with(old, in, piece, &again);
    }
    memset(old, 0xa5, sizeof(void *)); /* as a pool does */
    row_reader_again(old, 1);
    read_with(old, in, piece, &again);
    assert_string_equal(again.text, s->text);
    assert_memory_equal(&again.facts, &s->facts, sizeof s->facts);
}

static struct seen seen;

/* Whole and byte by byte. */
static void expect(const char *text, const char *want) {
    struct bytes in = bytes_text(text);
    read_text(in, in.n, &seen);
    assert_string_equal(seen.text, want);
    read_text(in, 1, &seen);
    assert_string_equal(seen.text, want);
}

#define THREE "plate KXR4471, plate LVK6780, plate PZR0718, "

static void columns_under_a_plates_name_are_read_with_any_separator(void **state) {
    static const char *const separators[] = {",", ";", "\t", "|", "^", "~", " | ", "\x1f", "\xc2\xa7", "   "};
    for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
        char text[512];
        const char *s = separators[i];
        snprintf(text, sizeof text,
                 "lane%slicense_plate%sconfidence\n4%sKXR4471%s97\n5%sLVK6780%s93\n4%sPZR0718%s91\n", s, s, s,
                 s, s, s, s, s);
        expect(text, THREE);
        assert_true(seen.facts.named);
        assert_true(seen.facts.reader);
    }
}

static void a_sign_may_end_rows_where_no_line_does(void **state) {
    expect("plate,lane;KXR4471,4;LVK6780,5;PZR0718,4;", THREE);
    expect("plate,lane|KXR4471,4|LVK6780,5|PZR0718,4|", THREE);
}

/* Signs that look like ends of rows stand between cells that are numbers. */
static void numbers_with_commas_are_cells(void **state) {
    expect("north;east;width;height;plate\n48,20;16,37;97,1;91,5;KXR4471\n48,21;16,38;96,4;90,2;LVK6780\n"
           "48,22;16,39;95,8;92,7;PZR0718\n",
           THREE);
}

static void names_are_known_in_five_languages(void **state) {
    static const char *const names[] = {"License Plate",
                                        "plate_no",
                                        "VRM",
                                        "Tag Number",
                                        "placa",
                                        "Matr\xc3\xad"
                                        "cula",
                                        "Matr\xed"
                                        "cula",
                                        "Immatriculation",
                                        "num\xc3\xa9ro de plaque",
                                        "Kennzeichen",
                                        "amtl. Kennzeichen",
                                        "vehPlateNbr",
                                        "LPN",
                                        "Placa do veiculo"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s,n\nKXR4471,a\nLVK6780,b\nPZR0718,c\n", names[i]);
        expect(text, THREE);
    }
}

static void other_names_are_none(void **state) {
    static const char *const names[] = {"template", "plate_color", "plate_state", "article",
                                        "booking",  "Tag ID",      "serial",      "licence_type"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char text[512];
        snprintf(text, sizeof text, "%s,n\nKXR4471,a\nLVK6780,b\nPZR0718,c\n", names[i]);
        expect(text, "");
    }
}

static void joints_case_and_quotes_do_not_matter(void **state) {
    expect("\"licence plate\";\"x\"\n\"kxr-4471\";\"1\"\n\"LVK 67-80\";\"2\"\n\"PZR.0718\";\"3\"\n", THREE);
}

static void keys_of_json_are_columns(void **state) {
    expect(
        "{\"license_plate\":\"KXR4471\"}\n{\"license_plate\":\"LVK6780\"}\n{\"license_plate\":\"PZR0718\"}\n",
        THREE);
    expect("[\n  {\n    \"license_plate\": \"KXR4471\",\n    \"lane\": 4\n  },\n  {\n    \"license_plate\": "
           "\"LVK6780\"\n  },\n"
           "  {\n    \"license_plate\": \"PZR0718\"\n  }\n]\n",
           THREE);
    expect("{\"license_plate\": [\"KXR4471\", \"LVK6780\", \"PZR0718\"], \"lane\": [1, 2, 3]}", THREE);
    expect("[[\"license_plate\",\"lane\"],[\"KXR4471\",1],[\"LVK6780\",2],[\"PZR0718\",3]]", THREE);
    expect("{\"plate\":{\"number\":\"KXR4471\",\"state\":\"TX\"}}\n{\"plate\":{\"number\":\"LVK6780\"}}\n"
           "{\"plate\":{\"number\":\"PZR0718\"}}\n",
           THREE);
    expect("{\"a\":\"{\\\"license_plate\\\":\\\"KXR4471\\\"}\"}\n{\"a\":\"{\\\"license_plate\\\":"
           "\\\"LVK6780\\\"}\"}\n"
           "{\"a\":\"{\\\"license_plate\\\":\\\"PZR0718\\\"}\"}\n",
           THREE);
}

static void elements_and_attributes_are_columns(void **state) {
    expect("<r><Plate>KXR4471</Plate><Lane>1</Lane></r><r><Plate>LVK6780</Plate><Lane>1</Lane></r>"
           "<r><Plate>PZR0718</Plate><Lane>1</Lane></r>",
           THREE);
    expect("<r immatriculation=\"KXR4471\"/>\n<r immatriculation=\"LVK6780\"/>\n<r "
           "immatriculation=\"PZR0718\"/>\n",
           THREE);
    expect("<table><tr><th>Plate "
           "Number</th><th>x</th></tr><tr><td>KXR4471</td><td>1</td></tr>\n<tr><td>LVK6780</td><td>1"
           "</td></tr><tr><td><b>PZR0718</b></td><td>1</td></tr></table>",
           THREE);
    expect("&lt;VRM&gt;KXR4471&lt;/VRM&gt;\n&lt;VRM&gt;LVK6780&lt;/VRM&gt;\n&lt;VRM&gt;PZR0718&lt;/VRM&gt;\n",
           THREE);
}

static void dumps_of_databases_are_tables(void **state) {
    expect("INSERT INTO `t` (`id`,`plate_no`) VALUES (1,'KXR4471'),(2,'LVK6780'),\n(3,'PZR0718');\n", THREE);
    expect("INSERT INTO t (id,plate_no) VALUES (1,'KXR4471');\nINSERT INTO t (id,plate_no) VALUES "
           "(2,'LVK6780');\n"
           "INSERT INTO t (id,plate_no) VALUES (3,'PZR0718');\n",
           THREE);
    expect("COPY public.t (id, plate_no) FROM stdin;\n1\tKXR4471\n2\tLVK6780\n3\tPZR0718\n\\.\n", THREE);
}

static void tables_that_are_created_have_names(void **state) {
    expect("CREATE TABLE `t` (`id` int(11), `vrm` varchar(12) DEFAULT NULL, PRIMARY KEY (`id`));\n"
           "INSERT INTO `t` VALUES (1,'KXR4471'),(2,'LVK6780'),(3,'PZR0718');\n",
           THREE);
    expect("CREATE TABLE t (\n  \"id\" integer,\n  vrm text,\n  seen timestamp\n);\n"
           "INSERT INTO t VALUES(1,'KXR4471','x');\nINSERT INTO t VALUES(2,'LVK6780','x');\n"
           "INSERT INTO t VALUES(3,'PZR0718','x');\n",
           THREE);
    expect("CREATE TABLE t (a int, name varchar(8));\nINSERT INTO t VALUES (1,'KXR4471'),(2,'LVK6780'),"
           "(3,'PZR0718');\n",
           "");
}

static void fields_of_logs_are_named(void **state) {
    expect("#Fields: date time s-lane cs-vrm\n2026-05-31 04:11:58 4 KXR4471\n2026-05-31 04:11:59 4 LVK6780\n"
           "2026-05-31 04:12:07 4 PZR0718\n",
           THREE);
    expect("rt=1 cs1Label=vrm cs1=KXR4471\nrt=2 cs1Label=vrm cs1=LVK6780\nrt=3 cs1Label=vrm "
           "cs1=PZR0718\n",
           THREE);
    expect("\u250c\u2500\u2510\n\u2502 lane \u2502 vrm \u2502\n\u251c\u2500\u2500\u2524\n\u2502 1 \u2502 "
           "KXR4471 "
           "\u2502\n\u2502 1 \u2502 LVK6780 \u2502\n\u2502 2 \u2502 PZR0718 \u2502\n",
           THREE);
}

static void names_stand_before_their_values(void **state) {
    expect("id: 1\nlicense plate: KXR 4471\nid: 2\nlicense plate: LVK 6780\nid: 3\nlicense plate: PZR 0718\n",
           THREE);
    expect("vrm=KXR4471&lane=1&vrm=LVK6780&lane=1&vrm=PZR0718&lane=3", THREE);
    expect(
        "2026-05-31 04:11:50 gate[4]: lane=4 vrm=KXR4471\n2026-05-31 04:11:51 gate[4]: lane=4 vrm=LVK6780\n"
        "2026-05-31 04:11:50 gate[4]: lane=4 vrm=PZR0718\n",
        THREE);
}

static void a_column_is_none_when_most_cells_do_not_fit(void **state) {
    expect("license_plate,n\nKXR4471,1\nout of order,2\nnot read at all,3\nLVK6780,4\nno vehicle "
           "there,5\nPZR0718,6\n"
           "lane was closed,7\nlane was closed,8\n",
           "");
}

static void values_that_count_up_are_none(void **state) {
    expect("plate_no,n\nPLT0001,1\nPLT0002,1\nPLT0003,1\nPLT0004,1\n", "");
}

/* --- without a name --- */

/* n rows whose plates are `shape` by `letters`, with what stands behind them. */
static void expect_shaped(const char *shape, const char *letters, size_t n, const char *rest, bool found) {
    static char text[1 << 18];
    size_t at = 0;
    unsigned seed = 7;
    for (size_t row = 0; row < n; row++) {
        for (const char *s = shape; *s; s++) {
            seed = seed * 1103515245u + 12345;
            unsigned v = seed >> 16;
            text[at++] = *s == '@' ? letters[v % strlen(letters)] : *s == '#' ? (char)('0' + v % 10) : *s;
        }
        at += (size_t)sprintf(text + at, "%s\n", rest);
    }
    read_text(bytes_of(text, at), 700, &seen);
    assert_int_equal(seen.facts.shaped, found);
    assert_int_equal(seen.count > 0, found);
    if (found && n < ROW_CELLS_MAX) /* of two with the same letters the first may be left out */
        assert_in_range(seen.count, n - 1, n);
}

#define CONSONANTS "BCDFGHJKLMNPRSTVWXYZ"
#define ALPHABET "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

static void shapes_beside_times_make_a_column(void **state) {
    expect_shaped("@@@####", CONSONANTS, 100, ",4,2026-05-31T04:11:58", true);
    expect_shaped("#@@@###", CONSONANTS, 30, ";31.05.2026;04:11", true);
    expect_shaped("@@@ ###", CONSONANTS, 30, "\t1780200718", true);
    expect_shaped("@@@####", CONSONANTS, 100, ",4,x", false);
    expect_shaped("@@@####", CONSONANTS, 15, ",4,2026-05-31T04:11:58", false);
    assert_int_equal(seen.facts.jurisdictions, 0);
}

static void look_alikes_are_none(void **state) {
    expect_shaped("@@@####", ALPHABET, 5000 / 2, ",4,2026-05-31T04:11:58", false); /* vouchers */
    expect_shaped("@@## #@@", CONSONANTS, 100, ",4,2026-05-31T04:11:58", false);   /* postcodes */
    expect_shaped("#### @@", CONSONANTS, 100, ",4,2026-05-31T04:11:58", false);
    expect_shaped("N###@@", CONSONANTS, 100, ",4,2026-05-31T04:11:58", false); /* aircraft */
    expect_shaped("PKX####", CONSONANTS, 100, ",4,2026-05-31T04:11:58", false);
    expect_shaped("@@@####", "ABCDEF", 100, ",4,2026-05-31T04:11:58", false);
}

/* Under names, with signs between cells and behind lines that stand elsewhere too. */
static void signs_between_cells_and_lines_may_be_odd(void **state) {
    expect("plate=state=lane=age\nKXR4471=TX=4=97\nLVK6780=TX=5=91\nPZR0718=TX=6=90\n", THREE);
    expect("plate : state : lane : time\nKXR4471 : TX : 4 : 04:11\nLVK6780 : TX : 5 : 04:12\n"
           "PZR0718 : TX : 6 : 04:13\n",
           THREE);
    expect("plate,lane<br>KXR4471,4<BR/>LVK6780,5<br clear=\"all\">PZR0718,6<br>", THREE);
    expect("plate,lane\xe2\x80\xa8KXR4471,4\xe2\x80\xa9"
           "LVK6780,5\xe2\x80\xa8PZR0718,6\xe2\x80\xa8",
           THREE);
    expect("LP:KXR4471,TX,2026-05-31T04:11:17\nLP:LVK6780,TX,2026-05-31T04:12:17\nLP:PZR0718,TX,"
           "2026-05-31T04:13:17\n",
           THREE);
    static const char zeros[] =
        "plate\0lane\0age\nKXR4471\0004\00097\nLVK6780\0005\00091\nPZR0718\0006\00090\n";
    read_text(bytes_of(zeros, sizeof zeros - 1), 7, &seen);
    assert_string_equal(seen.text, THREE);
    expect("part=state=lane=age\nKXR4471=TX=4=97\nLVK6780=TX=5=91\nPZR0718=TX=6=90\n", "");
    expect("part,lane<br>KXR4471,4<br>LVK6780,5<br>PZR0718,6<br>", "");
    expect("a: b: c:d=KXR4471=TX=4, the rest\n", "");
}

/* --- several tables in one text --- */

/* Rows of several forms: @ is a letter, # a digit. */
struct mixed {
    char text[1 << 21];
    size_t n;
    unsigned seed;
};
static struct mixed mixed;

static void add_row(struct mixed *m, const char *form) {
    for (const char *s = form; *s; s++) {
        m->seed = m->seed * 1103515245u + 12345;
        unsigned v = m->seed >> 16;
        m->text[m->n++] = *s == '@'   ? CONSONANTS[v % strlen(CONSONANTS)]
                          : *s == '#' ? (char)('0' + v % 10)
                                      : *s;
    }
    m->text[m->n++] = '\n';
}

static void add_rows(struct mixed *m, const char *const *forms, size_t kinds, size_t rows) {
    for (size_t i = 0; i < rows; i++)
        add_row(m, forms[i % kinds]);
}

#define PLATES "@@@####,TX,4,2026-05-31T04:11:##"

static void begin_mixed(void) {
    mixed.n = 0;
    mixed.seed = 11;
}

static unsigned read_mixed(void) {
    read_text(bytes_of(mixed.text, mixed.n), 1400, &seen);
    return seen.count;
}

/* 60 plates behind 10,000 rows of this form, with as many behind them. */
static unsigned read_behind(const char *form, const char *table) {
    begin_mixed();
    add_rows(&mixed, &form, 1, 10000);
    add_rows(&mixed, &table, 1, 60);
    add_rows(&mixed, &form, 1, 3000);
    return read_mixed();
}

static void a_table_behind_other_rows_is_judged_by_itself(void **state) {
    static const char *const forms[] = {"####,word,12.5,2026-05-31T04:11:##",
                                        "#####,@##,RQ####XYZ,2026-05-31T04:11:##",
                                        "PKX####,TX,4,2026-05-31T04:11:##",
                                        "@#;##;word",
                                        "some words of prose, and more",
                                        "2026-05-31 04:11:## host app[####]: request done in ## ms",
                                        "name##,value,##",
                                        "|##|###|"};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        if (read_behind(forms[i], PLATES) < 20)
            fail_msg("behind %s: %u", forms[i], seen.count);
        assert_int_equal(read_behind(forms[i], "@@@####,a,b,c"), 0);
    }
}

static void rows_of_other_kinds_between_do_not_end_a_table(void **state) {
    static const char *const turns[][6] = {
        {PLATES, "2026-05-31T04:11:##,4,TX,@@@####"},
        {PLATES, "a;b;c", "a|b|c|d", "some words of prose", "x\ty"},
        {PLATES, "a car was seen at some time"},
        {PLATES, "####,word,12.5,x", "word,####,word,2026-05-31T04:11:##"},
        {PLATES, "#,#,#,#,#,#,#,#,#,#,#", "#;#;#;#;#", "one two three four five six 7", "PKX1###,TX,4,x"},
    };
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        size_t kinds = 0;
        while (kinds < 6 && turns[i][kinds])
            kinds++;
        begin_mixed();
        add_rows(&mixed, turns[i], kinds, kinds * 60);
        if (read_mixed() < 20)
            fail_msg("turns %zu: %u", i, seen.count);
    }
}

static void words_above_a_table_are_no_names_of_its_columns(void **state) {
    static const char *const above[] = {"@data", "time", "code", "@attribute plate string",
                                        "vouchers and codes of May"};
    static const char *const row = PLATES;
    for (size_t i = 0; i < sizeof above / sizeof *above; i++) {
        begin_mixed();
        add_row(&mixed, above[i]);
        add_rows(&mixed, &row, 1, 60);
        assert_in_range(read_mixed(), 50, 60);
        assert_false(seen.facts.named);
    }
    begin_mixed();
    add_row(&mixed, "code,batch,shelf,expires");
    add_rows(&mixed, &row, 1, 60);
    assert_int_equal(read_mixed(), 0);
}

static void separators_and_names_that_change_with_each_row_hide_no_table(void **state) {
    static const char *const separators[] = {
        PLATES, "@@@####;TX;4;2026-05-31T04:11:##", "@@@####|TX|4|2026-05-31T04:11:##",
        "@@@####\tTX\t4\t2026-05-31T04:11:##", "@@@####^TX^4^2026-05-31T04:11:##"};
    begin_mixed();
    add_rows(&mixed, separators, 5, 60);
    assert_in_range(read_mixed(), 50, 60);
    begin_mixed();
    for (unsigned i = 0; i < 60; i++) {
        char names[64];
        snprintf(names, sizeof names, "code,state,%c%c,time", 'a' + i / 26, 'a' + i % 26);
        add_row(&mixed, names);
        add_row(&mixed, i % 2 ? PLATES : "#@@@###,CA,4,2026-05-31T04:11:##");
    }
    assert_in_range(read_mixed(), 40, 60);
}

static void tables_under_names_in_turn_are_two_tables(void **state) {
    static const char *const turns[] = {"country;code", "TX;ABC12",  "lane;vrm",
                                        "#;@@@####",    "word;word", "#;@@@####"};
    begin_mixed();
    add_rows(&mixed, turns, 6, 6 * 8);
    assert_int_equal(read_mixed(), 16);
    assert_true(seen.facts.named);
}

static void names_that_come_again_go_on_with_their_table(void **state) {
    static const char *const turns[] = {"code,state,place,time", PLATES, PLATES,
                                        "@@@###,TX,4,2026-05-31T04:11:##",
                                        "#@@@###,TX,4,2026-05-31T04:11:##"};
    begin_mixed();
    add_rows(&mixed, turns, 5, 5 * 30);
    assert_in_range(read_mixed(), 110, 120);
}

/* Plates of 18 letters behind one first letter, each once, in their order. */
static unsigned read_in_order(const char *header, unsigned rows, const char *row) {
    static const char letters[] = "BCDFGHJKLMNPRSTVWX";
    static char text[1 << 17];
    size_t n = (size_t)snprintf(text, sizeof text, "%s", header);
    for (unsigned i = 0; i < rows; i++) {
        unsigned first = i / 324, second = i / 18 % 18, third = i % 18;
        char plate[16];
        snprintf(plate, sizeof plate, "%c%c%c%04u", letters[first], letters[second], letters[third],
                 i * 7919 % 10000);
        n += (size_t)snprintf(text + n, sizeof text - n, row, plate);
        n += (size_t)snprintf(text + n, sizeof text - n, ",2026-05-31T04:%02u:%02u\n", i / 60 % 60, i % 60);
    }
    read_text(bytes_of(text, n), 1400, &seen);
    return seen.count;
}

static void plates_in_the_order_of_their_letters_count_each(void **state) {
    assert_int_equal(read_in_order("plate,lane,time\n", 205, "%s,4"), 205);
    assert_int_equal(read_in_order("plate,lane,time\n", 1000, "%s,4"), 1000);
    /* Nothing beside it says what reads them: it takes four first letters. */
    assert_int_equal(read_in_order("plate,amount,time\n", 900, "%s,4.5"), 0);
    assert_int_equal(read_in_order("plate,amount,time\n", 1000, "%s,4.5"), 1000);
    assert_false(seen.facts.more);
}

static void what_too_many_came_before_the_verdict_is_told(void **state) {
    static char text[1 << 17];
    size_t n = (size_t)snprintf(text, sizeof text, "{\"plate\": [");
    for (unsigned i = 0; i < 1500; i++)
        n += (size_t)snprintf(text + n, sizeof text - n, "\"B%c%c%04u\",\n", 'C' + (int)(i / 20 % 20),
                              'C' + (int)(i % 20), i * 7919 % 10000);
    n += (size_t)snprintf(text + n, sizeof text - n,
                          "\"XCV4471\"], \"lane\": [4, 4, 4, 4], \"time\": [\"2026-05-31T04:11:58\", "
                          "\"2026-05-31T04:11:59\"]}\n");
    read_text(bytes_of(text, n), 1400, &seen);
    assert_in_range(seen.count, 1024, 1500);
    assert_true(seen.facts.more);
}

static void a_verdict_does_not_depend_on_the_key(void **state) {
    static const char *const form = "@@@####,4,2026-05-31T04:11:58";
    struct row_reader *r = malloc(row_reader_size());
    const struct row_sink sink = {&seen, take_cell};
    begin_mixed();
    add_rows(&mixed, &form, 1, 24);
    for (uint64_t key = 0; key < 2000; key++) {
        seen = (struct seen){0};
        row_reader_init(r, key * 0x9e3779b97f4a7c15u);
        row_reader_push(r, &sink, bytes_of(mixed.text, mixed.n));
        row_reader_end(r, &sink);
        assert_int_equal(seen.count, 24);
    }
    free(r);
}

static void a_gap_ends_a_row(void **state) {
    struct row_reader *r = malloc(row_reader_size());
    const struct row_sink sink = {&seen, take_cell};
    seen = (struct seen){0};
    row_reader_init(r, 1);
    row_reader_push(r, &sink, bytes_text("plate_no,lane\nKXR4471,1\nLVK6780,2\nPZR0"));
    row_reader_gap(r, &sink);
    row_reader_push(r, &sink, bytes_text("718\nRWP4780,1\n"));
    row_reader_end(r, &sink);
    assert_string_equal(seen.text, "plate KXR4471, plate LVK6780, plate RWP4780, ");
    free(r);
}

static void travellers_are_known_by_their_columns(void **state) {
    expect(
        "surname,given_names,date_of_birth,nationality,passport_no\nERIKSSON,ANNA,12.08.1974,UTO,L898902C3\n"
        "MUSTER,MAX,01.02.1980,D,C01X00T47\nDOE,JANE,03.04.1990,USA,123456789\n",
        "document L898902C3, document C01X00T47, document 123456789, ");
    expect("vendor,document_number,date\nACME,12345678,2026-05-31\nACME,12345679,2026-05-31\nACME,32345679,"
           "2026-05-31\n",
           "");
}

/* --- work --- */

/* Ticks for lines of so many octets that repeat one text. */
static clock_t read_lines(const char *repeated, size_t line) {
    static char text[1 << 17];
    size_t n = strlen(repeated);
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = i % line == line - 1 ? '\n' : i % line == line - 2 ? '1' : repeated[i % line % n];
    clock_t begin = clock();
    read_text(bytes_of(text, sizeof text), sizeof text, &seen);
    return clock() - begin;
}

static void long_lines_cost_no_more_than_short_ones(void **state) {
    static const char *const texts[] = {" ",  "a=",    "plate=",    "plate: ", "a:a=", "=", "\"a,", "'",
                                        "[:", "\",\"", "plate 1A ", "<a b=",   "(a,(", "&", "\\\"", ";\""};
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        clock_t few = read_lines(texts[i], 180), many = read_lines(texts[i], 2000);
        for (unsigned again = 0; again < 4; again++) { /* others may have had the processor's caches */
            clock_t a = read_lines(texts[i], 180), b = read_lines(texts[i], 2000);
            few = a < few ? a : few;
            many = b < many ? b : many;
        }
        if (many > few * 4 + CLOCKS_PER_SEC / 200)
            fail_msg("%s: %ld ticks in short lines, %ld in long ones", texts[i], (long)few, (long)many);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_lines_cost_no_more_than_short_ones),
        cmocka_unit_test(columns_under_a_plates_name_are_read_with_any_separator),
        cmocka_unit_test(a_sign_may_end_rows_where_no_line_does),
        cmocka_unit_test(numbers_with_commas_are_cells),
        cmocka_unit_test(names_are_known_in_five_languages),
        cmocka_unit_test(other_names_are_none),
        cmocka_unit_test(joints_case_and_quotes_do_not_matter),
        cmocka_unit_test(keys_of_json_are_columns),
        cmocka_unit_test(elements_and_attributes_are_columns),
        cmocka_unit_test(dumps_of_databases_are_tables),
        cmocka_unit_test(tables_that_are_created_have_names),
        cmocka_unit_test(fields_of_logs_are_named),
        cmocka_unit_test(names_stand_before_their_values),
        cmocka_unit_test(a_column_is_none_when_most_cells_do_not_fit),
        cmocka_unit_test(values_that_count_up_are_none),
        cmocka_unit_test(shapes_beside_times_make_a_column),
        cmocka_unit_test(look_alikes_are_none),
        cmocka_unit_test(a_table_behind_other_rows_is_judged_by_itself),
        cmocka_unit_test(rows_of_other_kinds_between_do_not_end_a_table),
        cmocka_unit_test(signs_between_cells_and_lines_may_be_odd),
        cmocka_unit_test(words_above_a_table_are_no_names_of_its_columns),
        cmocka_unit_test(separators_and_names_that_change_with_each_row_hide_no_table),
        cmocka_unit_test(tables_under_names_in_turn_are_two_tables),
        cmocka_unit_test(names_that_come_again_go_on_with_their_table),
        cmocka_unit_test(plates_in_the_order_of_their_letters_count_each),
        cmocka_unit_test(what_too_many_came_before_the_verdict_is_told),
        cmocka_unit_test(a_verdict_does_not_depend_on_the_key),
        cmocka_unit_test(a_gap_ends_a_row),
        cmocka_unit_test(travellers_are_known_by_their_columns),
    };
    return cmocka_run_group_tests_name("inspect/rows/rows", tests, NULL, NULL);
}
