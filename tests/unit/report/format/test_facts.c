/* SPDX-License-Identifier: Apache-2.0 */
/* Each row of transfer/fact_table.h through every format: a record that holds only that fact has its value
 * under the key that gantry-records(5) names, where the table says that the record shows it, and nowhere
 * else. */
#include "kinds.h"

#include <jansson.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char plate[] = "XYZ9876", covered[] = "XY***76";

/* --- the manual --- */

static char *manual; /* all of it */

static int read_manual(void **state) {
    FILE *f = fopen(SOURCE_ROOT "/sensor/gantry-records.5", "r");
    manual = calloc(1, 1 << 20);
    assert_true(f && manual && fread(manual, 1, (1 << 20) - 1, f) > 0);
    fclose(f);
    return 0;
}

static int free_manual(void **state) {
    free(manual);
    return 0;
}

/* What follows `begin` up to the line's end, within the section; NULL: no line begins so. */
static const char *find_line(const char *section, const char *begin) {
    static char line[512];
    char head[64];
    snprintf(head, sizeof head, "\n.Sh %s\n", section);
    const char *at = strstr(manual, head), *end = at ? strstr(at + 1, "\n.Sh ") : NULL;
    assert_non_null(end);
    for (at = strchr(at + 1, '\n'); at && at < end; at = strchr(at + 1, '\n'))
        if (strncmp(at + 1, begin, strlen(begin)) == 0) {
            snprintf(line, sizeof line, "%.*s", (int)strcspn(at + 1 + strlen(begin), "\n"),
                     at + 1 + strlen(begin));
            return line;
        }
    return NULL;
}

/* The row of FACTS: "1024 Ta covered Ta CEF fname; EVE fileinfo.filename". */
static const char *find_row(const struct fact_row *f) {
    char begin[128];
    snprintf(begin, sizeof begin, ".It Va %s Ta ", f->ecs);
    const char *row = find_line("FACTS", begin);
    if (!row)
        fail_msg("gantry-records(5), FACTS: there is no row of %s", f->ecs);
    return row;
}

/* A format's own word for the fact; false: it has none. `which` is 1 for the second of two. */
static bool own_word(const struct fact_row *f, const char *name, const char *kind, int which, char *out) {
    char words[512];
    const char *last = strstr(strstr(find_row(f), " Ta ") + 4, " Ta ");
    snprintf(words, sizeof words, "%s", last ? last + 4 : "");
    for (char *rest = words, *word; (word = strtok_r(rest, ";", &rest));) {
        char format[16], first[80], second[80], only[16];
        second[0] = only[0] = '\0';
        if (sscanf(word, " %15s alert %79s", format, first) == 2)
            strcpy(only, "alert");
        else if (sscanf(word, " %15s %79[^,], %79s", format, first, second) < 2)
            fail_msg("gantry-records(5), FACTS: %s is not understood", word);
        if (strcasecmp(format, name) != 0 || (only[0] && strcmp(only, kind) != 0))
            continue;
        strcpy(out, which && second[0] ? second : first);
        return true;
    }
    return false;
}

/* "gantry", then the parts of the name with a capital each. */
static void vendor_key(const char *ecs, char *out) {
    const char *at = strncmp(ecs, "gantry.", 7) == 0 ? ecs + 7 : ecs;
    strcpy(out, "gantry");
    out += 6;
    for (bool capital = true; *at; at++) {
        if (*at == '.' || *at == '_') {
            capital = true;
            continue;
        }
        *out++ = (char)(capital ? toupper((unsigned char)*at) : *at);
        capital = false;
    }
    *out = '\0';
}

/* As gantry-records(5) says it: the receiver's own word, else what its section makes of the name. */
static void documented_key(const struct fact_row *f, const char *format, const char *kind, int which,
                           char *out) {
    if (own_word(f, format, kind, which, out))
        return;
    if (strcmp(format, "cef") == 0 || strcmp(format, "leef") == 0)
        vendor_key(f->ecs, out);
    else if (strcmp(format, "rfc5424") == 0)
        strcpy(out, f->brief);
    else if (strcmp(format, "ocsf") == 0)
        sprintf(out, "unmapped.%s", f->ecs);
    else if (strcmp(format, "eve") == 0 && strncmp(f->ecs, "gantry.", 7) != 0)
        sprintf(out, "gantry.%s", f->brief);
    else
        strcpy(out, f->ecs);
}

static void the_manual_has_each_fact_with_its_records_rank_length_and_redaction(void **state) {
    unsigned shown = 0, rows = 0;
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        const struct fact_row *f = &fact_rows[i];
        char begin[128], expected[128];
        if (!f->ecs)
            continue;
        shown++;
        snprintf(begin, sizeof begin, ".It Va %s Pq Li %s\n[%s%s%s %u] ", f->ecs, f->brief,
                 f->shown & FACT_IN_ALERT ? "A" : "", f->shown & FACT_IN_TRANSFER ? "T" : "",
                 f->shown & FACT_IN_FLOW ? "F" : "", f->rank);
        if (!find_line("FIELDS", begin))
            fail_msg("gantry-records(5), FIELDS: there is no %s", begin);
        snprintf(expected, sizeof expected, "%u Ta %s", f->longest, f->covered ? "covered" : "whole");
        if (strncmp(find_row(f), expected, strlen(expected)) != 0)
            fail_msg("gantry-records(5), FACTS: %s is not %s", f->ecs, expected);
    }
    const char *end = strstr(strstr(manual, "\n.Sh FACTS\n") + 1, "\n.Sh ");
    for (const char *at = strstr(manual, "\n.Sh FACTS\n"); (at = strstr(at + 1, "\n.It Va ")) && at < end;)
        rows++;
    assert_int_equal(rows, shown); /* none that is no longer in the table */
}

/* --- the formats --- */

static const char *const formats[] = {"json", "rfc5424", "cef", "leef", "ocsf", "eve"};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static void clear_facts(void) {
    for (unsigned i = 0; i < FACT_COUNT; i++)
        record_text(&example_builder, (enum record_text)i, bytes_of(NULL, 0));
}

/* A record of this kind that holds only the fact; FACT_COUNT: all of them. An alert's is as incidents keep
 * it. */
static struct event record_of(const char *kind, unsigned fact, bool server_sends) {
    static struct record_builder shown;
    static struct incident_facts incident;
    static uint64_t room[4096];
    bool alert = strcmp(kind, "alert") == 0;
    incident = example_facts();
    if (alert)
        example_alert_begin();
    else
        example_begin(&example_builder, strcmp(kind, "flow") == 0 ? RECORD_FLOW : RECORD_TRANSFER);
    clear_facts();
    for (unsigned i = 0; i < FACT_COUNT; i++)
        if (i == fact || fact == FACT_COUNT)
            record_text(&example_builder, (enum record_text)i, bytes_text(plate));
    if (server_sends) {
        struct record *r = &example_builder.head;
        r->client = r->destination;
        r->server = r->source;
        r->client_port = r->destination_port;
        r->server_port = r->source_port;
    }
    if (!alert) {
        struct event e = example_transfer();
        e.kind = strcmp(kind, "flow") == 0 ? REPORT_FLOW : REPORT_TRANSFER;
        return e;
    }
    shown_fill(&shown, example_pack(&example_builder, example_room), bytes_text("vehicle-image"));
    record_pack(&shown, 1, room);
    struct event e = example_alert(&incident);
    e.record = (const struct record *)room;
    return e;
}

/* The text under a dotted key of JSON; "absent". */
static const char *read_json(const char *message, const char *key) {
    static char value[4096];
    char path[128];
    json_t *all = json_loads(message, JSON_REJECT_DUPLICATES, NULL), *at = all;
    if (!all)
        fail_msg("this is no JSON, or has a key twice: %s", message);
    snprintf(path, sizeof path, "%s", key);
    for (char *rest = path, *part; at && (part = strtok_r(rest, ".", &rest));)
        at = json_object_get(at, part);
    snprintf(value, sizeof value, "%s", json_is_string(at) ? json_string_value(at) : "absent");
    json_decref(all);
    return value;
}

static const char *read_key(const char *format, const char *message, const char *key) {
    bool pairs = strcmp(format, "cef") == 0 || strcmp(format, "leef") == 0 || strcmp(format, "rfc5424") == 0;
    return pairs ? kind_read(format, message, key) : read_json(message, key);
}

static unsigned count_in(const char *message, const char *text) {
    unsigned n = 0;
    for (const char *at = message; (at = strstr(at, text)); at++)
        n++;
    return n;
}

static const struct kind_of_record {
    const char *name;
    unsigned bit;
} kinds[] = {{"alert", FACT_IN_ALERT}, {"transfer", FACT_IN_TRANSFER}, {"flow", FACT_IN_FLOW}};

static void check_fact(unsigned i, const struct kind_of_record *kind, const char *format) {
    const struct fact_row *f = &fact_rows[i];
    struct event e = record_of(kind->name, i, false);
    const char *message = kind_write(format, &e),
               *value = kind->bit == FACT_IN_ALERT && f->covered ? covered : plate;
    const char *other = value == plate ? covered : plate;
    char key[128];
    if (strstr(message, other))
        fail_msg("%s, %s: %s has %s", format, kind->name, f->ecs, other);
    if (!(f->shown & kind->bit)) {
        if (strstr(message, value))
            fail_msg("%s, %s: %s is shown", format, kind->name, f->ecs ? f->ecs : "what no record shows");
        return;
    }
    documented_key(f, format, kind->name, 0, key);
    if (strcmp(read_key(format, message, key), value) != 0)
        fail_msg("%s, %s: %s is %s, not %s, in %s", format, kind->name, key, read_key(format, message, key),
                 value, message);
    /* What a thing is called stands in the sentence for people too. */
    if (count_in(message, value) > (f->scope == FACT_SCOPE_NAME ? 2 : 1))
        fail_msg("%s, %s: %s stands elsewhere too, in %s", format, kind->name, f->ecs, message);
}

static void
each_fact_stands_under_its_documented_key_where_the_table_shows_it_and_nowhere_else(void **state) {
    for (unsigned i = 0; i < FACT_COUNT; i++)
        for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
            for (size_t n = 0; n < FORMATS; n++)
                check_fact(i, &kinds[k], formats[n]);
}

/* Where a receiver has a word for each end, the end that the fact is of has moved to the other side. */
static void where_the_server_sends_the_other_ends_word_is_used(void **state) {
    unsigned moved = 0;
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        const struct fact_row *f = &fact_rows[i];
        for (size_t n = 0; f->shown & FACT_IN_ALERT && n < FORMATS; n++) {
            char first[128], second[128];
            struct event e = record_of("alert", i, true);
            const char *message = kind_write(formats[n], &e), *value = f->covered ? covered : plate;
            documented_key(f, formats[n], "alert", 0, first);
            documented_key(f, formats[n], "alert", 1, second);
            assert_string_equal(read_key(formats[n], message, second), value);
            if (strcmp(first, second) != 0) {
                assert_string_equal(read_key(formats[n], message, first), "absent");
                moved++;
            }
        }
    }
    assert_true(moved > 0);
}

static void a_person_reads_each_fact_of_an_alert_by_its_short_name(void **state) {
    for (unsigned i = 0; i < FACT_COUNT; i++) {
        const struct fact_row *f = &fact_rows[i];
        struct event e = record_of("alert", i, false);
        const char *message = kind_write("human", &e), *value = f->covered ? covered : plate;
        char expected[128];
        snprintf(expected, sizeof expected, "%s %s", f->scope == FACT_SCOPE_NAME ? "such as" : f->brief,
                 value);
        if (!(f->shown & FACT_IN_ALERT))
            assert_null(strstr(message, value));
        else if (!strstr(message, expected))
            fail_msg("there is no %s in %s", expected, message);
        assert_true(f->covered == !strstr(message, plate) || !(f->shown & FACT_IN_ALERT));
    }
}

/* Else an object would be opened twice, or a key stand for two facts. */
static void all_facts_at_once_have_keys_of_their_own(void **state) {
    for (size_t k = 0; k < sizeof kinds / sizeof kinds[0]; k++)
        for (size_t n = 0; n < FORMATS; n++) {
            struct event e = record_of(kinds[k].name, FACT_COUNT, false);
            const char *message = kind_write(formats[n], &e);
            assert_string_not_equal(read_key(formats[n], message, "none.such"), "broken");
        }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_manual_has_each_fact_with_its_records_rank_length_and_redaction),
        cmocka_unit_test(each_fact_stands_under_its_documented_key_where_the_table_shows_it_and_nowhere_else),
        cmocka_unit_test(where_the_server_sends_the_other_ends_word_is_used),
        cmocka_unit_test(a_person_reads_each_fact_of_an_alert_by_its_short_name),
        cmocka_unit_test(all_facts_at_once_have_keys_of_their_own),
    };
    return cmocka_run_group_tests_name("report/format/facts", tests, read_manual, free_manual);
}
