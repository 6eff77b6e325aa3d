/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/unpack.h"

/* The list of unpackers, in the order in which they are asked. UNPACKER(NAME): unpacker_NAME is defined in
 * unpack/NAME.c. To add an unpacker: write the file and add its line here; the build finds the file by it.
 * One of several files is a folder unpack/NAME/, with a meson.build that adds them to content_src (and a
 * library of its own to content_deps). */
/* clang-format off */
#define UNPACKERS(UNPACKER) \
    UNPACKER(multipart) \
    UNPACKER(message) \
    UNPACKER(mailbox) \
    UNPACKER(encoded) \
    UNPACKER(inline) \
    UNPACKER(tnef) \
    UNPACKER(protobuf) \
    UNPACKER(tar) \
    UNPACKER(ar) \
    UNPACKER(cpio) \
    UNPACKER(rpm) \
    UNPACKER(compressed) \
    UNPACKER(seal) \
    UNPACKER(zip) \
    UNPACKER(zip_inside) \
    UNPACKER(inside)
/* clang-format on */

#define DECLARE(name) extern const struct unpacker unpacker_##name;
UNPACKERS(DECLARE)

#define ADDRESS(name) &unpacker_##name,
const struct unpacker *const unpacker_table[] = {UNPACKERS(ADDRESS) NULL};
