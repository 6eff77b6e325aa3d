/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_IMAGES_UNZIP_H
#define GANTRY_INSPECT_IMAGES_UNZIP_H

#include "base/bytes.h"

/* A zlib stream inside an image's metadata, push by push; bounded output. */
enum { UNZIP_OUTPUT_MAX = 1 << 20, UNZIP_MEMORY = 64 << 10 };

struct unzip;
struct unzip *unzip_create(void); /* NULL: no memory */
void unzip_destroy(struct unzip *u);
/* Ready for another stream. */
void unzip_reset(struct unzip *u);
/* `out`: false to stop. False once the stream has ended, is broken, was stopped or reached its bound: push no
 * more. */
bool unzip_push(struct unzip *u, struct bytes in, bool (*out)(void *context, struct bytes text),
                void *context);

#endif
