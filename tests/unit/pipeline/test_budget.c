/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/budget.h"

#include "pipeline/session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static uint64_t total(const struct budget *b) {
    return b->decoder.fragment_bytes + b->flow.memory + b->identify.memory + b->stream.memory +
           b->stream.pairs * 208 + b->dispatch.conversations * 256 + b->dispatch.holds * 9216 +
           b->dispatch.memory + b->content.decoder_bytes + b->sessions * sizeof(struct session) +
           b->content.objects * 6144 + b->content.assembly_bytes + b->inspector.memory;
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

static void a_limit_that_was_configured_is_kept(void **state) {
    struct config config = {.flow = {.memory = 12345678}, .content = {.objects = 77}};
    struct budget b;
    budget_share(&config, 256 << 20, &b);
    assert_int_equal(b.flow.memory, 12345678);
    assert_int_equal(b.content.objects, 77);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_parts_together_fit_the_memory_that_was_given),
        cmocka_unit_test(a_limit_that_was_configured_is_kept),
    };
    return cmocka_run_group_tests_name("process/budget", tests, NULL, NULL);
}
