/* SPDX-License-Identifier: Apache-2.0 */
#include "content/unpack/multipart.h"

const struct unpacker *const unpacker_table[] = {&unpacker_multipart, NULL};
