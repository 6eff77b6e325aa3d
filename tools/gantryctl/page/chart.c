/* SPDX-License-Identifier: Apache-2.0 */
#include "page/chart.h"

#include "base/size.h"
#include "base/utf8.h"

#include <math.h>
#include <string.h>

void html_text(FILE *out, const char *text) {
    static const char *const entities[128] = {
        ['&'] = "&amp;", ['<'] = "&lt;", ['>'] = "&gt;", ['"'] = "&quot;", ['\''] = "&#39;"};
    struct bytes left = bytes_text(text);
    uint32_t c;
    for (size_t n; left.n; left = bytes_of(left.p + n, left.n - n)) {
        n = utf8_next(left, &c);
        if (utf8_hidden(c))
            fprintf(out, "&lt;U+%04X&gt;", (unsigned)c);
        else if (c < 128 && entities[c])
            fputs(entities[c], out);
        else
            fwrite(left.p, 1, n, out);
    }
}

void chart_count(double value, char *out, size_t size) {
    char digits[32], grouped[48];
    int n = snprintf(digits, sizeof digits, "%.0f", value), at = 0;
    for (int i = 0; i < n && at + 2 < (int)sizeof grouped; i++) {
        if (i && (n - i) % 3 == 0 && digits[i - 1] != '-')
            grouped[at++] = ',';
        grouped[at++] = digits[i];
    }
    snprintf(out, size, "%.*s", at, grouped);
}

void chart_bytes(double value, char *out, size_t size) {
    char room[SIZE_TEXT_MAX];
    snprintf(out, size, "%s", size_format((uint64_t)value, room));
}

static double add_up(const struct chart *c, const struct chart_item *item) {
    double sum = 0;
    for (size_t i = 0; i < c->series_count; i++)
        sum += item->value[i];
    return sum;
}

static double find_greatest(const struct chart *c) {
    double most = 0;
    for (size_t i = 0; i < c->item_count; i++)
        most = fmax(most, add_up(c, &c->items[i]));
    return most;
}

/* 1, 2 or 5 times a power of ten, so that about four lines make the axis; a whole number at least. */
static double tick_step(double most) {
    double rough = fmax(most / 4, 1), power = pow(10, floor(log10(rough)));
    double times = rough / power;
    return power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10);
}

static void open_svg(FILE *out, const struct chart *c, double width, double height) {
    fprintf(out, "<svg viewBox=\"0 0 %.0f %.0f\" role=\"img\"><title>", width, height);
    html_text(out, c->title);
    fputs("</title><desc>", out);
    html_text(out, c->description);
    fputs("</desc>\n", out);
}

static void text_at(FILE *out, double x, double y, const char *anchor, const char *text) {
    fprintf(out, "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">", x, y, anchor);
    html_text(out, text);
    fputs("</text>\n", out);
}

/* One part of a bar or column, with its value for who points at it. */
static void draw_mark(FILE *out, const struct chart *c, const struct chart_item *item, size_t series,
                      double x, double y, double width, double height) {
    char value[48];
    c->format(item->value[series], value, sizeof value);
    fprintf(out, "<rect class=\"%s\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"><title>",
            c->series[series].style, x, y, width, height);
    html_text(out, item->label);
    fprintf(out, ": %s ", value);
    html_text(out, c->series[series].name);
    fputs("</title></rect>\n", out);
}

/* --- columns --- */

enum { COLUMNS_WIDTH = 920, COLUMNS_HEIGHT = 260, LEFT = 64, RIGHT = 12, TOP = 12, BOTTOM = 34, LABELS = 12 };

static void draw_axis(FILE *out, const struct chart *c, double most, double step) {
    char text[48];
    double area = COLUMNS_HEIGHT - TOP - BOTTOM;
    for (double v = 0; v <= most + step / 2; v += step) {
        double y = TOP + area - v / most * area;
        fprintf(out, "<line class=\"grid\" x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\"/>\n", LEFT, y,
                COLUMNS_WIDTH - RIGHT, y);
        c->format(v, text, sizeof text);
        text_at(out, LEFT - 8, y + 4, "end", text);
    }
}

static void draw_column(FILE *out, const struct chart *c, size_t index, double slot, double most) {
    const struct chart_item *item = &c->items[index];
    double area = COLUMNS_HEIGHT - TOP - BOTTOM, y = TOP + area, x = LEFT + slot * (double)index;
    double width = slot > 4 ? fmin(slot * 0.72, 48) : slot;
    for (size_t i = 0; i < c->series_count; i++) {
        double height = item->value[i] / most * area;
        if (item->value[i] <= 0)
            continue;
        y -= height;
        draw_mark(out, c, item, i, x + (slot - width) / 2, y, width, height);
    }
    if (index % (c->item_count / LABELS + 1) == 0)
        text_at(out, x + slot / 2, COLUMNS_HEIGHT - 12, "middle", item->label);
}

void chart_columns(FILE *out, const struct chart *c) {
    double step = tick_step(find_greatest(c)), most = step * fmax(ceil(find_greatest(c) / step), 1);
    double slot = (COLUMNS_WIDTH - LEFT - RIGHT) / (double)(c->item_count ? c->item_count : 1);
    open_svg(out, c, COLUMNS_WIDTH, COLUMNS_HEIGHT);
    draw_axis(out, c, most, step);
    for (size_t i = 0; i < c->item_count; i++)
        draw_column(out, c, i, slot, most);
    fputs("</svg>\n", out);
}

/* --- rows --- */

enum { ROWS_WIDTH = 920, ROW = 30, NAMES = 240, NOTES = 200, NAME_CHARACTERS = 32, NAME_ROOM = 160 };

/* Names that are too long for their place end in an ellipsis; the marks' titles have them whole. */
static const char *name_of(const struct chart_item *item, char out[NAME_ROOM]) {
    size_t n = 0, characters = 0;
    uint32_t c;
    while (item->label[n] && characters++ < NAME_CHARACTERS)
        n += utf8_next(bytes_text(item->label + n), &c);
    snprintf(out, NAME_ROOM, "%.*s%s", (int)n, item->label, item->label[n] ? "\u2026" : "");
    return out;
}

static void draw_row(FILE *out, const struct chart *c, size_t index, double most) {
    const struct chart_item *item = &c->items[index];
    double area = ROWS_WIDTH - NAMES - NOTES, x = NAMES, y = ROW * (double)index;
    char name[NAME_ROOM];
    text_at(out, NAMES - 10, y + ROW * 0.64, "end", name_of(item, name));
    for (size_t i = 0; i < c->series_count; i++) {
        /* What is there can be seen, however little it is. */
        double width = fmax(item->value[i] / most * area, 1.5);
        if (item->value[i] <= 0)
            continue;
        draw_mark(out, c, item, i, x, y + ROW * 0.2, width, ROW * 0.6);
        x += width;
    }
    if (item->note)
        text_at(out, x + 8, y + ROW * 0.64, "start", item->note);
}

void chart_rows(FILE *out, const struct chart *c) {
    double most = fmax(find_greatest(c), 1);
    open_svg(out, c, ROWS_WIDTH, ROW * (double)c->item_count + 4);
    for (size_t i = 0; i < c->item_count; i++)
        draw_row(out, c, i, most);
    fputs("</svg>\n", out);
}

void chart_legend(FILE *out, const struct chart *c) {
    fputs("<p class=\"legend\">", out);
    for (size_t i = 0; i < c->series_count; i++) {
        fprintf(out,
                "<span class=\"key\"><svg viewBox=\"0 0 10 10\"><rect class=\"%s\" width=\"10\" "
                "height=\"10\"/></svg>",
                c->series[i].style);
        html_text(out, c->series[i].name);
        fputs("</span> ", out);
    }
    fputs("</p>\n", out);
}

void chart_meter(FILE *out, double used, double limit, void (*format)(double, char *, size_t)) {
    char text[2][48];
    double part = limit > 0 ? used / limit : 1;
    const char *style = part >= 1 ? "m-over" : part >= 0.8 ? "m-near" : "m-fine";
    format(used, text[0], sizeof text[0]);
    format(limit, text[1], sizeof text[1]);
    fprintf(out,
            "<span class=\"meter\"><svg viewBox=\"0 0 100 8\" preserveAspectRatio=\"none\"><rect "
            "class=\"m-room\" width=\"100\" height=\"8\"/><rect class=\"%s\" width=\"%.1f\" height=\"8\"/>"
            "</svg>%s of %s (%.0f %%)</span>",
            style, fmin(part, 1) * 100, text[0], text[1], part * 100);
}
