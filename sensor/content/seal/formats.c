/* SPDX-License-Identifier: Apache-2.0 */
#include "content/seal/format.h"

/* To add one: write the file, name it in content/meson.build, add it here. */
/* clang-format off */
#define FORMATS(FORMAT) \
    FORMAT(zip) \
    FORMAT(sevenzip) \
    FORMAT(rar4) \
    FORMAT(rar5) \
    FORMAT(pdf) \
    FORMAT(ole2) \
    FORMAT(openpgp) \
    FORMAT(signature) \
    FORMAT(entropy)
/* clang-format on */

#define DECLARE(name) extern const struct seal_format seal_##name;
FORMATS(DECLARE)

#define ADDRESS(name) &seal_##name,
const struct seal_format *const seal_formats[] = {FORMATS(ADDRESS) NULL};
