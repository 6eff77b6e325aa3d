/* SPDX-License-Identifier: Apache-2.0 */
#include "settings/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

static bool is_same_letter(char a, char b) {
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t min_size(size_t a, size_t b) {
    return a < b ? a : b;
}

/* Optimal string alignment distance with three rows of its matrix. */
size_t nearest_distance(const char *a, const char *b) {
    size_t row[3][NEAREST_LENGTH_MAX + 1];
    size_t na = strnlen(a, NEAREST_LENGTH_MAX), nb = strnlen(b, NEAREST_LENGTH_MAX);
    for (size_t j = 0; j <= nb; j++)
        row[0][j] = j;
    for (size_t i = 1; i <= na; i++) {
        size_t *now = row[i % 3], *before = row[(i + 2) % 3], *earlier = row[(i + 1) % 3];
        now[0] = i;
        for (size_t j = 1; j <= nb; j++) {
            size_t cost = is_same_letter(a[i - 1], b[j - 1]) ? 0 : 1;
            now[j] = min_size(min_size(before[j] + 1, now[j - 1] + 1), before[j - 1] + cost);
            if (i > 1 && j > 1 && is_same_letter(a[i - 1], b[j - 2]) && is_same_letter(a[i - 2], b[j - 1]))
                now[j] = min_size(now[j], earlier[j - 2] + 1);
        }
    }
    return row[na % 3][nb];
}

int nearest_enough(const char *text, size_t distance) {
    size_t n = strnlen(text, NEAREST_LENGTH_MAX);
    return distance <= (n < 3 ? 1 : 1 + n / 4);
}

const char *nearest_text(const char *text, const char *const *known) {
    const char *best = NULL;
    size_t best_distance = (size_t)-1;
    for (; known && *known; known++) {
        size_t distance = nearest_distance(text, *known);
        if (distance < best_distance) {
            best = *known;
            best_distance = distance;
        }
    }
    return best && nearest_enough(text, best_distance) ? best : NULL;
}
