/* SPDX-License-Identifier: Apache-2.0 */
#include "inspect/rules.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* The text of a rule file: it loads, or it is refused with at least one error that names the file. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t region[16 << 20];
    static char path[64];
    struct problems problems = {0};
    struct arena arena;
    if (size > 4096)
        return 0; /* what Hyperscan takes long over is not our matter */
    if (!path[0])
        snprintf(path, sizeof path, "/tmp/gantry-fuzz-%d.yaml", (int)getpid());
    FILE *f = fopen(path, "wb");
    if (!f || fwrite(data, 1, size, f) != size || fclose(f) != 0)
        abort();
    const char *paths[] = {path};
    arena_init(&arena, region, sizeof region);
    const struct ruleset *rules = ruleset_load(paths, 1, NULL, &arena, &problems);
    unlink(path);
    if ((rules == NULL) != (problems.errors > 0))
        abort();
    for (size_t i = 0; i < problems.count; i++)
        if (strncmp(problems.list[i].text, path, strlen(path)) != 0 || strchr(problems.list[i].text, '\n'))
            abort();
    for (size_t i = 0; rules && i < ruleset_count(rules); i++)
        if (!ruleset_rule(rules, i)->id || ruleset_rule(rules, i)->severity > 10)
            abort();
    problems_finish(&problems);
    return 0;
}
