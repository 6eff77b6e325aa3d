/* SPDX-License-Identifier: Apache-2.0 */
#include "problem_text.h"

#include "base/heap.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCK = 64 << 10, MIB = 1 << 20 };

/* May the page of this octet be a huge one? By the flag hg of smaps, proc(5). */
static bool is_huge(const void *octet) {
    const unsigned long at = (unsigned long)octet;
    unsigned long first, last;
    bool here = false, huge = false;
    char line[512];
    FILE *f = fopen("/proc/self/smaps", "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f)) {
        if (sscanf(line, "%lx-%lx ", &first, &last) == 2)
            here = at >= first && at < last;
        else if (here && strncmp(line, "VmFlags:", 8) == 0)
            huge = strstr(line, " hg") != NULL;
    }
    fclose(f);
    return huge;
}

/* Blocks that stay as long as the process; the last one of them. */
static void *grow_heap(size_t bytes) {
    void *block = NULL;
    for (size_t had = 0; had < bytes; had += BLOCK) {
        block = malloc(BLOCK);
        assert_non_null(block);
        heap_widen();
    }
    return block;
}

static void a_heap_that_grows_large_goes_on_in_huge_pages(void **state) {
#ifdef __SANITIZE_ADDRESS__
    skip(); /* its malloc has no such heap */
#endif
    if (access("/sys/kernel/mm/transparent_hugepage/enabled", R_OK) != 0)
        skip();
    assert_false(is_huge(grow_heap(16 * MIB))); /* too early */
    heap_keep();
    assert_false(is_huge(grow_heap(2 * MIB)));
    const void *middle = grow_heap(16 * MIB); /* at the end less than a huge page may be left */
    grow_heap(16 * MIB);
    assert_true(is_huge(middle));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_heap_that_grows_large_goes_on_in_huge_pages),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
