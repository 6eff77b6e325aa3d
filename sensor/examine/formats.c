/* SPDX-License-Identifier: Apache-2.0 */
#include "examine/examine.h"

/* The list of formats that are examined. EXAMINED(NAME): examine_NAME is defined in formats/NAME.c. To add
 * one: write the file and add its line here; the build finds the file by it. */
/* clang-format off */
#define FORMATS(EXAMINED) \
    EXAMINED(archive) \
    EXAMINED(avro) \
    EXAMINED(dbf) \
    EXAMINED(ole) \
    EXAMINED(pdf) \
    EXAMINED(sqlite)
/* clang-format on */

#define DECLARE(name) extern const struct examine_format examine_##name;
FORMATS(DECLARE)

#define ADDRESS(name) &examine_##name,
const struct examine_format *const examine_formats[] = {FORMATS(ADDRESS) NULL};
