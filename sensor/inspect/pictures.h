/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_INSPECT_PICTURES_H
#define GANTRY_INSPECT_PICTURES_H

#include "base/bytes.h"

/* The walk over an object that is an image: inspector.c hands it the bytes from the picture's first on. */
struct inspection;

size_t picture_size(void); /* octets of a struct picture, of which the inspector holds a pool */
/* False: no room, and the object is matched as a whole. */
bool picture_begin(struct inspection *n, const char *mime);
void picture_feed(struct inspection *n, struct bytes in);
void picture_gap(struct inspection *n, uint64_t missing);
/* What is odd about the picture that was walked over, in words of gantry.notes: how many they are. */
enum { PICTURE_WORDS = 6 };
unsigned picture_words(const struct inspection *n, const char *out[PICTURE_WORDS]);
/* Ends the children and tells what is known of the picture; accepts an inspection that has none. */
void picture_end(struct inspection *n);

#endif
