/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_MULTIPART_H
#define GANTRY_CONTENT_MULTIPART_H

#include "content/unpack/unpack.h"

extern const struct unpacker unpacker_multipart;

#endif
