/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/path.h"

#include <string.h>

char *path_beside(struct arena *arena, const char *file, const char *path) {
    const char *slash = file && path[0] != '/' ? strrchr(file, '/') : NULL;
    size_t folder = slash ? (size_t)(slash - file) + 1 : 0, n = strlen(path);
    char *out = arena_alloc(arena, folder + n + 1);
    if (!out)
        return NULL;
    if (folder)
        memcpy(out, file, folder);
    memcpy(out + folder, path, n);
    return out;
}
