/* SPDX-License-Identifier: Apache-2.0 */
#ifndef GANTRY_CONTENT_ZIP_XML_H
#define GANTRY_CONTENT_ZIP_XML_H

#include "base/bytes.h"

/* Tags and text of XML (W3C, fifth edition), as far as tables in documents need them: names without their
 * prefix, attributes one by one, text with its references undone. It never fails: what is no XML is text. */

enum { XML_NAME = 32, XML_VALUE = 48 };

struct xml_events {
    /* A tag has its name: of an element that begins. Its attributes follow. */
    void (*open)(void *context, struct bytes name);
    void (*attribute)(void *context, struct bytes name, struct bytes value); /* longer ones are cut */
    void (*close)(void *context, struct bytes name);                         /* of an empty one too */
    void (*text)(void *context, struct bytes text);
};

struct xml {
    const struct xml_events *events;
    void *context;
    enum {
        XML_TEXT,
        XML_REFERENCE,
        XML_TAG, /* behind "<" */
        XML_IN_NAME,
        XML_IN_TAG, /* between attributes */
        XML_IN_ATTRIBUTE,
        XML_AT_VALUE,
        XML_IN_VALUE,
        XML_ASIDE, /* declarations, remarks, instructions: up to ">" */
    } at;
    bool closing, empty;
    char quote;
    uint8_t name_n, attribute_n, value_n, reference_n;
    char name[XML_NAME], attribute[XML_NAME], value[XML_VALUE], reference[12];
};

void xml_begin(struct xml *x, const struct xml_events *events, void *context);
void xml_data(struct xml *x, struct bytes in);

#endif
