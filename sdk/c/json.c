/* A small JSON reader (RFC 8259). Its input may be hostile: every byte is bounded, and so is the depth. */
#include "json.h"
#include "bellwire.h"
#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64, NUMBER_BYTES_MAX = 63 };

typedef struct {
    const uint8_t *next;
    const uint8_t *end;
    const char *problem;
    int depth;
} reader_t;

static bool read_value(reader_t *reader, bellwire_json_t *value);

static bool fail(reader_t *reader, const char *problem) {
    reader->problem = problem;
    return false;
}

static int peek(const reader_t *reader) {
    return reader->next < reader->end ? *reader->next : -1;
}

static bool take(reader_t *reader, int byte) {
    bool there = peek(reader) == byte;
    reader->next += there;
    return there;
}

static void skip_space(reader_t *reader) {
    while (peek(reader) == ' ' || peek(reader) == '\t' || peek(reader) == '\n' || peek(reader) == '\r') reader->next++;
}

static bool take_word(reader_t *reader, const char *word) {
    size_t length = strlen(word);
    if ((size_t)(reader->end - reader->next) < length || memcmp(reader->next, word, length) != 0) {
        return fail(reader, "expected a value");
    }
    reader->next += length;
    return true;
}

static bool take_digits(reader_t *reader) {
    const uint8_t *start = reader->next;
    while (peek(reader) >= '0' && peek(reader) <= '9') reader->next++;
    return reader->next > start;
}

static bool read_number(reader_t *reader, double *number) {
    const uint8_t *start = reader->next;
    take(reader, '-');
    bool valid = take(reader, '0') || take_digits(reader);
    if (take(reader, '.')) valid = take_digits(reader) && valid;
    if (take(reader, 'e') || take(reader, 'E')) {
        if (!take(reader, '+')) take(reader, '-');
        valid = take_digits(reader) && valid;
    }
    size_t length = (size_t)(reader->next - start);
    if (!valid || length > NUMBER_BYTES_MAX) return fail(reader, "malformed number");
    char text[NUMBER_BYTES_MAX + 1];
    memcpy(text, start, length);
    text[length] = 0;
    *number = strtod(text, NULL);
    return true;
}

/* The four digits after \u. */
static bool read_unit(reader_t *reader, uint32_t *unit) {
    *unit = 0;
    for (int digit = 0; digit < 4; digit++) {
        int byte = peek(reader), lower = byte | 0x20;
        if (byte >= '0' && byte <= '9') *unit = *unit << 4 | (uint32_t)(byte - '0');
        else if (byte >= 0 && lower >= 'a' && lower <= 'f') *unit = *unit << 4 | (uint32_t)(lower - 'a' + 10);
        else return fail(reader, "malformed \\u escape");
        reader->next++;
    }
    return true;
}

static bool read_escaped_character(reader_t *reader, uint32_t *character) {
    uint32_t low;
    if (!read_unit(reader, character)) return false;
    if (*character < 0xD800 || *character > 0xDFFF) return true;
    if (*character > 0xDBFF || !take(reader, '\\') || !take(reader, 'u') || !read_unit(reader, &low) || low < 0xDC00 ||
        low > 0xDFFF) {
        return fail(reader, "half of a surrogate pair");
    }
    *character = 0x10000 + ((*character - 0xD800) << 10) + (low - 0xDC00);
    return true;
}

static uint8_t *put_utf8(uint8_t *out, uint32_t character) {
    if (character < 0x80) {
        *out++ = (uint8_t)character;
        return out;
    }
    int more = character < 0x800 ? 1 : character < 0x10000 ? 2 : 3;
    static const uint8_t leads[] = {0, 0xC0, 0xE0, 0xF0};
    *out++ = (uint8_t)(leads[more] | character >> (6 * more));
    while (more-- > 0) *out++ = (uint8_t)(0x80 | (character >> (6 * more) & 0x3F));
    return out;
}

static bool read_escape(reader_t *reader, uint8_t **out) {
    static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    int byte = peek(reader);
    reader->next += byte >= 0;
    if (byte == 'u') {
        uint32_t character;
        if (!read_escaped_character(reader, &character)) return false;
        *out = put_utf8(*out, character);
        return true;
    }
    const char *name = byte > 0 ? strchr(names, byte) : NULL;
    if (name == NULL) return fail(reader, "unknown escape");
    *(*out)++ = (uint8_t)meanings[name - names];
    return true;
}

/* After the opening quote. No escape is shorter than what it stands for, so what is read fits where it was. */
static bool read_string(reader_t *reader, bellwire_string_t *string) {
    const uint8_t *close = reader->next;
    while (close < reader->end && *close != '"') close += *close == '\\' ? 2 : 1;
    if (close >= reader->end) return fail(reader, "a string without end");
    uint8_t *out = bellwire_allocate((size_t)(close - reader->next) + 1);
    string->ptr = out;
    while (!take(reader, '"')) {
        if (peek(reader) < 0x20) return fail(reader, "a control character in a string");
        if (take(reader, '\\')) {
            if (!read_escape(reader, &out)) return false;
        } else {
            *out++ = *reader->next++;
        }
    }
    string->len = (size_t)(out - string->ptr);
    return true;
}

static bool read_member_name(reader_t *reader, bellwire_json_t *member) {
    skip_space(reader);
    if (!take(reader, '"')) return fail(reader, "expected a name in quotes");
    if (!read_string(reader, &member->name)) return false;
    skip_space(reader);
    return take(reader, ':') || fail(reader, "expected ':'");
}

/* After the opening bracket. */
static bool read_children(reader_t *reader, bellwire_json_t *parent, int close) {
    const bellwire_json_t **place = &parent->first;
    skip_space(reader);
    if (take(reader, close)) return true;
    if (++reader->depth > DEPTH_MAX) return fail(reader, "nested too deeply");
    do {
        bellwire_json_t *child = bellwire_allocate(sizeof *child);
        if (parent->kind == BELLWIRE_JSON_OBJECT && !read_member_name(reader, child)) return false;
        if (!read_value(reader, child)) return false;
        *place = child;
        place = &child->next;
        skip_space(reader);
    } while (take(reader, ','));
    reader->depth--;
    return take(reader, close) || fail(reader, "expected ',' or a closing bracket");
}

static bool read_value(reader_t *reader, bellwire_json_t *value) {
    skip_space(reader);
    switch (peek(reader)) {
    case '{':
        reader->next++;
        value->kind = BELLWIRE_JSON_OBJECT;
        return read_children(reader, value, '}');
    case '[':
        reader->next++;
        value->kind = BELLWIRE_JSON_ARRAY;
        return read_children(reader, value, ']');
    case '"':
        reader->next++;
        value->kind = BELLWIRE_JSON_STRING;
        return read_string(reader, &value->string);
    case 't':
        value->kind = BELLWIRE_JSON_BOOLEAN;
        value->boolean = true;
        return take_word(reader, "true");
    case 'f':
        value->kind = BELLWIRE_JSON_BOOLEAN;
        return take_word(reader, "false");
    case 'n':
        return take_word(reader, "null");
    case '-':
    case '0' ... '9':
        value->kind = BELLWIRE_JSON_NUMBER;
        return read_number(reader, &value->number);
    default:
        return fail(reader, "expected a value");
    }
}

const bellwire_json_t *bellwire_json_parse(bellwire_string_t text, const char **problem) {
    reader_t reader = {.next = text.ptr, .end = text.ptr + text.len};
    bellwire_json_t *value = bellwire_allocate(sizeof *value);
    bool valid = read_value(&reader, value);
    skip_space(&reader);
    if (valid && reader.next != reader.end) valid = fail(&reader, "something after the document");
    *problem = reader.problem;
    return valid ? value : NULL;
}

const bellwire_json_t *bellwire_json_get(const bellwire_json_t *object, const char *name) {
    if (object == NULL || object->kind != BELLWIRE_JSON_OBJECT) return NULL;
    for (const bellwire_json_t *member = object->first; member != NULL; member = member->next) {
        if (bellwire_is(member->name, name)) return member;
    }
    return NULL;
}

const char *bellwire_json_kind_name(const bellwire_json_t *value) {
    static const char *const names[] = {"null", "a boolean", "a number", "a string", "an array", "an object"};
    return names[value->kind];
}
