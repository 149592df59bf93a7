/* JSON documents, read. The settings arrive as one. */
#ifndef BELLWIRE_JSON_H
#define BELLWIRE_JSON_H

#include "generated/bindings.h"

typedef enum {
    BELLWIRE_JSON_NULL,
    BELLWIRE_JSON_BOOLEAN,
    BELLWIRE_JSON_NUMBER,
    BELLWIRE_JSON_STRING,
    BELLWIRE_JSON_ARRAY,
    BELLWIRE_JSON_OBJECT,
} bellwire_json_kind_t;

typedef struct bellwire_json_t {
    bellwire_json_kind_t kind;
    /* Where this is a member of an object. */
    bellwire_string_t name;
    /* The next element or member of the same array or object; NULL after the last. */
    const struct bellwire_json_t *next;
    union {
        bool boolean;
        double number;
        bellwire_string_t string;
        /* Of an array or object; NULL if it is empty. */
        const struct bellwire_json_t *first;
    };
} bellwire_json_t;

/* NULL if `text` is not JSON; then `*problem` says why. */
const bellwire_json_t *bellwire_json_parse(bellwire_string_t text, const char **problem);
/* NULL if `object` has no such member, is NULL, or is no object. */
const bellwire_json_t *bellwire_json_get(const bellwire_json_t *object, const char *name);
/* "a string", "an array" and so on. */
const char *bellwire_json_kind_name(const bellwire_json_t *value);

#endif
