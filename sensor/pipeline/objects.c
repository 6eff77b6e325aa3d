/* SPDX-License-Identifier: Apache-2.0 */
#include "pipeline/parts.h"

static struct inspector *inspector_of(const struct object *o) {
    const struct session *s = o->owner;
    return s->generation->inspector;
}

static void object_opened(void *context, struct object *o) {
    inspector_opened(inspector_of(o), o);
}

static void object_data(void *context, struct object *o, const uint8_t *bytes, size_t n) {
    struct pipeline *p = context;
    if (overload_sheds(&p->overload, SHED_ALERTED) && inspector_rules(o, NULL, 0) > 0) {
        counter_one(COUNTER_SHED_ALERTED);
        o->shed = true;
    }
    inspector_data(inspector_of(o), o, bytes, n);
}

static void object_gap(void *context, struct object *o, uint64_t n) {
    inspector_gap(inspector_of(o), o, n);
}

static void object_closed(void *context, struct object *o) {
    struct pipeline *p = context;
    inspector_closed(inspector_of(o), o);
    emit_transfer(&p->emitter, o, o->owner);
    inspector_forget(inspector_of(o), o);
}

static void object_retain(void *context, void *owner) {
    session_retain(owner);
}

static void object_release(void *context, void *owner) {
    struct pipeline *p = context;
    session_release(&p->sessions, owner);
}

void pipeline_found(void *context, const struct finding *f) {
    struct pipeline *p = context;
    emit_finding(&p->emitter, f, f->object->owner);
}

struct object_sink pipeline_objects(struct pipeline *p) {
    return (struct object_sink){.context = p,
                                .opened = object_opened,
                                .data = object_data,
                                .gap = object_gap,
                                .closed = object_closed,
                                .retain = object_retain,
                                .release = object_release};
}
