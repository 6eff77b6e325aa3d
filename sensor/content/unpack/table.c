/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

/* The list of unpackers: unpacker_NAME is defined in unpack/NAME.c. */
#define UNPACKERS(UNPACKER) UNPACKER(multipart)

#define DECLARE(name) extern const struct unpacker unpacker_##name;
UNPACKERS(DECLARE)

#define ADDRESS(name) &unpacker_##name,
const struct unpacker *const unpacker_table[] = {UNPACKERS(ADDRESS) NULL};
