/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_SETTINGS_PATH_H
#define GANTRY_SETTINGS_PATH_H

#include "settings/arena.h"

/* `path` as it is meant in `file`: absolute ones stay, relative ones begin in that file's folder. NULL: arena
 * full. */
char *path_beside(struct arena *arena, const char *file, const char *path);

#endif
