/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_REPORT_EARLY_H
#define GANTRY_REPORT_EARLY_H

#include <stdio.h>

/* Files of outputs that the supervisor opened while it was root, for a reporter that runs as somebody else.
 */

/* To append to, made when it is not there. As open(2); a symbolic link is not followed. */
int early_append(const char *path);
const char *early_reason(int error); /* of errno after it, for people */
/* A duplicate of the descriptor opened early, -1 with errno as it was. */
int early_take(const char *path);
/* To read from its beginning: by its path, or else what was opened early. NULL with the reason of the first.
 */
FILE *early_read(const char *path);

#endif
