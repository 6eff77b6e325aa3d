/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/budget.h"

#include "pipeline/lone.h"
#include "pipeline/transfer_context.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MIB ((uint64_t)1 << 20)

static uint64_t total(const struct budget *b) {
    return b->decoder.fragment_bytes + b->flow.memory + b->identify.memory + b->stream.memory +
           b->stream.pairs * 528 + b->dispatch.conversations * 368 + b->dispatch.holds * 9216 +
           b->dispatch.small_holds * 1152 + b->dispatch.memory + b->content.codings.memory +
           b->contexts * 832 + b->lone * 384 + b->waiting + b->tunnels * 2048 + b->resolved * 656 +
           b->content.objects * 9216 + b->content.assembly_bytes + b->inspector.memory + b->older_inspection;
}

static void all_parts_together_fit_the_memory_that_was_given(void **state) {
    static const uint64_t sizes[] = {64 << 20, 256 << 20, UINT64_C(2) << 30, UINT64_C(64) << 30};
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        struct config config = {.rules = NULL};
        struct budget b;
        budget_share(&config, sizes[i], &b);
        assert_true(total(&b) <= sizes[i]);
        assert_true(total(&b) >= sizes[i] * 8 / 10);
    }
}

/* The two numbers of budget.c's table that stand for structures of several folders. */
static void contexts_and_objects_are_no_larger_than_the_budget_counts_them(void **state) {
    struct config config = {.rules = NULL};
    struct budget b;
    budget_share(&config, 256 << 20, &b);
    assert_in_range(sizeof(struct flow_context) + fact_holder_size(), 1, 832);
    assert_in_range(lone_size(), 1, 384);
    assert_in_range(sizeof(struct tunnel_line), 1, 2048);
    assert_in_range(sizeof(struct resolved_name) + sizeof(struct resolved_client) + 32, 1,
                    656); /* and buckets */
    assert_in_range(b.fact_rooms * fact_room_size() +
                        b.content.objects * (fact_holder_size() + 2 * sizeof(struct transfer_context)),
                    1, b.content.objects * 9216);
}

static void a_limit_that_was_configured_is_kept(void **state) {
    struct config config = {.flow = {.memory = 12345678}, .content = {.objects = 77}};
    struct budget b;
    budget_share(&config, 256 << 20, &b);
    assert_int_equal(b.flow.memory, 12345678);
    assert_int_equal(b.content.objects, 77);
}

/* Of one plan: everything but the libraries, which are 12 MiB a worker. */
static uint64_t whole(const struct budget_plan *p) {
    return p->snapshots + p->workers * (p->ring + p->channel + 12 * MIB + p->worker);
}

static void rings_channels_snapshots_and_workers_share_one_memory(void **state) {
    static const unsigned workers[] = {1, 2, 3, 8, 64};
    for (int live = 0; live < 2; live++)
        for (size_t i = 0; i < sizeof workers / sizeof *workers; i++) {
            struct config config = {.sensor = {.memory = 4096 * MIB}};
            struct problems problems = {0};
            struct budget_plan p;
            assert_true(budget_plan(&config, workers[i], live, 3 * MIB, &problems, &p));
            assert_in_range(whole(&p), 4096 * MIB - workers[i], 4096 * MIB);
            assert_int_equal(p.ring, live ? 1024 * MIB / workers[i] : 0);
            assert_int_equal(p.snapshots, 6 * MIB);
            assert_int_equal(p.channel & (p.channel - 1), 0);
        }
}

static void a_ring_that_was_configured_is_taken_from_the_same_memory(void **state) {
    struct config config = {.sensor = {.memory = 1024 * MIB}, .capture = {.ring_bytes = 600 * MIB}};
    struct problems problems = {0};
    struct budget_plan p;
    assert_true(budget_plan(&config, 2, true, MIB, &problems, &p));
    assert_int_equal(p.ring, 300 * MIB);
    assert_in_range(whole(&p), 1024 * MIB - 2, 1024 * MIB);
}

static void shares_that_do_not_fit_are_told_with_file_line_key_and_remedy(void **state) {
    struct config config = {.sensor = {.memory = 64 * MIB}, .file = "gantry.yaml", .line = {.memory = 7}};
    struct problems problems = {0};
    struct budget_plan p;
    assert_false(budget_plan(&config, 8, true, 2 * MIB, &problems, &p));
    assert_int_equal(problems.count, 1);
    const char *text = problems.list[0].text;
    assert_ptr_equal(strstr(text, "gantry.yaml:7: error: sensor.memory: 64 MiB is too little for 8 workers"),
                     text);
    unsigned long long give = 0;
    assert_int_equal(sscanf(strstr(text, "; give "), "; give %llu MiB", &give), 1);
    problems_finish(&problems);

    config.sensor.memory = give * MIB; /* the remedy mends it, and less does not */
    assert_true(budget_plan(&config, 8, true, 2 * MIB, &problems, &p));
    config.sensor.memory = (give - 12) * MIB;
    assert_false(budget_plan(&config, 8, true, 2 * MIB, &problems, &p));
    problems_finish(&problems);
}

static void limits_that_do_not_fit_are_told_by_their_keys(void **state) {
    struct config config = {.sensor = {.memory = 256 * MIB},
                            .stream = {.memory = 400 * MIB},
                            .file = "gantry.yaml",
                            .line = {.limits = 31}};
    struct problems problems = {0};
    struct budget_plan p;
    assert_false(budget_plan(&config, 1, true, 2 * MIB, &problems, &p));
    assert_non_null(strstr(problems.list[0].text, "gantry.yaml:31: error: limits.stream.memory: "));
    problems_finish(&problems);
    config.stream.memory = 23 * MIB; /* more than its share, and the spare has room for it */
    assert_true(budget_plan(&config, 1, true, 2 * MIB, &problems, &p));
    problems_finish(&problems);
}

static void the_table_adds_up_to_the_memory(void **state) {
    struct config config = {.sensor = {.memory = 1024 * MIB}};
    struct problems problems = {0};
    struct budget_plan p;
    char *text = NULL, *line;
    size_t size;
    double percent, sum = 0;
    FILE *f = open_memstream(&text, &size);
    assert_true(budget_plan(&config, 2, true, 2 * MIB, &problems, &p));
    budget_print(&config, &p, f);
    fclose(f);
    for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        const char *sign = strchr(line, '%');
        if (!sign)
            continue;
        assert_int_equal(sscanf(sign - 6, "%lf", &percent), 1);
        sum += percent;
    }
    free(text);
    assert_in_range((int)(sum * 10), 990, 1010);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parts_together_fit_the_memory_that_was_given),
        cmocka_unit_test(contexts_and_objects_are_no_larger_than_the_budget_counts_them),
        cmocka_unit_test(a_limit_that_was_configured_is_kept),
        cmocka_unit_test(rings_channels_snapshots_and_workers_share_one_memory),
        cmocka_unit_test(a_ring_that_was_configured_is_taken_from_the_same_memory),
        cmocka_unit_test(shares_that_do_not_fit_are_told_with_file_line_key_and_remedy),
        cmocka_unit_test(limits_that_do_not_fit_are_told_by_their_keys),
        cmocka_unit_test(the_table_adds_up_to_the_memory),
    };
    return cmocka_run_group_tests_name("pipeline/budget", tests, NULL, NULL);
}
