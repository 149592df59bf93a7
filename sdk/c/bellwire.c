/* The helpers of bellwire.h, and the exports of the plugin, which call the author's three functions. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An instance lives for one call: what the host has read need not be found again, and literals can be handed out. */
#define free(pointer) ((void)(pointer))
#include "generated/bindings.c"
#undef free

#include "bellwire.h"

void *bellwire_allocate(size_t bytes) {
    void *memory = calloc(1, bytes);
    if (memory == NULL) abort();
    return memory;
}

/* A list with room for one more. */
static void *grown(void *list, size_t count, size_t element_bytes) {
    void *memory = realloc(list, (count + 1) * element_bytes);
    if (memory == NULL) abort();
    return memory;
}

/* Texts */

bellwire_string_t bellwire_text(const char *text) {
    return (bellwire_string_t){.ptr = (uint8_t *)text, .len = strlen(text)};
}

/* With a zero byte after the end, which its length does not count. */
static BELLWIRE_PRINTF(1, 0) bellwire_string_t formatted(const char *format, va_list arguments) {
    va_list again;
    va_copy(again, arguments);
    int length = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (length < 0) return bellwire_text("");
    char *text = bellwire_allocate((size_t)length + 1);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    return (bellwire_string_t){.ptr = (uint8_t *)text, .len = (size_t)length};
}

/* What the arguments after `format` make of it, in `result`. */
#define FORMAT(result)                                                                                                 \
    do {                                                                                                               \
        va_list arguments;                                                                                             \
        va_start(arguments, format);                                                                                   \
        result = formatted(format, arguments);                                                                         \
        va_end(arguments);                                                                                             \
    } while (0)

bellwire_string_t bellwire_format(const char *format, ...) {
    bellwire_string_t string;
    FORMAT(string);
    return string;
}

bool bellwire_is(bellwire_string_t string, const char *text) {
    return bellwire_equal(string, bellwire_text(text));
}

bool bellwire_equal(bellwire_string_t one, bellwire_string_t other) {
    return one.len == other.len && memcmp(one.ptr, other.ptr, one.len) == 0;
}

const char *bellwire_priority_name(bellwire_priority_t priority) {
    static const char *const names[] = {"P1", "P2", "P3", "P4"};
    return names[priority];
}

void bellwire_note(bellwire_level_t level, const char *format, ...) {
    bellwire_string_t line;
    FORMAT(line);
    bellwire_log(level, &line);
}

/* Facts */

static const bellwire_string_t *value_of(const bellwire_list_pair_t *pairs, const char *name) {
    for (size_t i = 0; i < pairs->len; i++) {
        if (bellwire_is(pairs->ptr[i].name, name)) return &pairs->ptr[i].value;
    }
    return NULL;
}

const bellwire_string_t *bellwire_label(const bellwire_alert_t *alert, const char *name) {
    return value_of(&alert->labels, name);
}

const bellwire_string_t *bellwire_annotation(const bellwire_alert_t *alert, const char *name) {
    return value_of(&alert->annotations, name);
}

bool bellwire_is_firing(const bellwire_alert_t *alert) {
    return alert->state == BELLWIRE_ALERT_STATE_FIRING;
}

const bellwire_string_t *bellwire_group(const bellwire_incident_t *incident, const char *name) {
    return value_of(&incident->group, name);
}

/* The element of a list in which the text `field` is `text`; NULL if there is none. */
#define FIND(list, field, text)                                                                                        \
    for (size_t i = 0; i < (list).len; i++) {                                                                          \
        if (bellwire_is((list).ptr[i].field, text)) return &(list).ptr[i];                                             \
    }                                                                                                                  \
    return NULL

const bellwire_sent_t *bellwire_sent(const bellwire_incident_t *incident, const char *key) {
    FIND(incident->sent, key, key);
}

const bellwire_window_t *bellwire_window(const bellwire_facts_t *facts, const char *name) {
    FIND(facts->windows, name, name);
}

const bellwire_civil_t *bellwire_civil(const bellwire_facts_t *facts, const char *zone) {
    FIND(facts->civil, zone, zone);
}

const bellwire_on_call_t *bellwire_on_call(const bellwire_facts_t *facts, const char *schedule) {
    FIND(facts->on_call, schedule, schedule);
}

bellwire_option_instant_t bellwire_escalated_at(const bellwire_incident_t *incident) {
    bellwire_option_instant_t none = {.is_some = false}, instant = {.is_some = true};
    const bellwire_string_t *digits = value_of(&incident->ext, "escalated-at");
    if (digits == NULL || digits->len == 0 || digits->len > 19) return none;
    for (size_t i = 0; i < digits->len; i++) {
        if (digits->ptr[i] < '0' || digits->ptr[i] > '9') return none;
        instant.val = instant.val * 10 + (digits->ptr[i] - '0');
    }
    return instant;
}

/* Targets */

const char *bellwire_parse_target(bellwire_string_t text, bellwire_target_t *target) {
    /* In the order of their tags. */
    static const char *const kinds[] = {"receiver", "person", "schedule"};
    const uint8_t *colon = text.len == 0 ? NULL : memchr(text.ptr, ':', text.len);
    bellwire_string_t kind = bellwire_text("receiver"), name = text;
    if (colon != NULL) {
        kind = (bellwire_string_t){.ptr = text.ptr, .len = (size_t)(colon - text.ptr)};
        name = (bellwire_string_t){.ptr = text.ptr + kind.len + 1, .len = text.len - kind.len - 1};
    }
    if (name.len == 0) return "a target needs a name";
    for (uint8_t tag = BELLWIRE_TARGET_RECEIVER; tag <= BELLWIRE_TARGET_SCHEDULE; tag++) {
        if (!bellwire_is(kind, kinds[tag])) continue;
        /* The three names lie at the same place of the union. */
        *target = (bellwire_target_t){.tag = tag, .val.receiver = name};
        return NULL;
    }
    bellwire_string_t wrong = bellwire_format(
        "unknown kind of target \"%.*s\": expected receiver, person or schedule", BELLWIRE_TEXT(kind));
    return (const char *)wrong.ptr;
}

bellwire_target_t bellwire_receiver(const char *name) {
    return (bellwire_target_t){.tag = BELLWIRE_TARGET_RECEIVER, .val.receiver = bellwire_text(name)};
}

void bellwire_add_target(bellwire_list_target_t *targets, bellwire_target_t target) {
    targets->ptr = grown(targets->ptr, targets->len, sizeof target);
    targets->ptr[targets->len++] = target;
}

static bool same_target(const bellwire_target_t *one, const bellwire_target_t *other) {
    if (one->tag != other->tag) return false;
    if (one->tag != BELLWIRE_TARGET_OTHER) return bellwire_equal(one->val.receiver, other->val.receiver);
    const bellwire_pair_t *pair = &one->val.other, *other_pair = &other->val.other;
    return bellwire_equal(pair->name, other_pair->name) && bellwire_equal(pair->value, other_pair->value);
}

/* Decisions */

bellwire_notice_t *bellwire_inform(bellwire_decision_t *decision, const char *key, bellwire_list_target_t to) {
    bellwire_list_notice_t *notices = &decision->notices;
    notices->ptr = grown(notices->ptr, notices->len, sizeof *notices->ptr);
    bellwire_notice_t *notice = &notices->ptr[notices->len++];
    *notice = (bellwire_notice_t){.key = bellwire_text(key), .to = to};
    return notice;
}

bellwire_notice_t *bellwire_page(bellwire_decision_t *decision, const char *key, bellwire_list_target_t to) {
    bellwire_notice_t *notice = bellwire_inform(decision, key, to);
    notice->page = true;
    return notice;
}

void bellwire_check_at(bellwire_decision_t *decision, bellwire_instant_t instant) {
    bellwire_option_instant_t *next = &decision->next_check;
    if (!next->is_some || instant < next->val) *next = (bellwire_option_instant_t){.is_some = true, .val = instant};
}

bool bellwire_refuse(bellwire_policy_error_t *error, uint8_t tag, const char *format, ...) {
    error->tag = tag;
    /* The three texts lie at the same place of the union. */
    FORMAT(error->val.failed);
    return false;
}

/* Settings */

void bellwire_problem(bellwire_problems_t *problems, bellwire_string_t path, const char *format, ...) {
    bellwire_problem_t problem = {.path = path};
    FORMAT(problem.message);
    problems->ptr = grown(problems->ptr, problems->len, sizeof problem);
    problems->ptr[problems->len++] = problem;
}

bellwire_string_t bellwire_member(bellwire_string_t path, const char *name) {
    return path.len == 0 ? bellwire_text(name) : bellwire_format("%.*s.%s", BELLWIRE_TEXT(path), name);
}

bellwire_string_t bellwire_element(bellwire_string_t path, size_t index) {
    return bellwire_format("%.*s[%zu]", BELLWIRE_TEXT(path), index);
}

static bool is_among(bellwire_string_t name, const char *const *names) {
    for (; *names != NULL; names++) {
        if (bellwire_is(name, *names)) return true;
    }
    return false;
}

void bellwire_expect_object(const bellwire_json_t *value, bellwire_string_t path, bellwire_problems_t *problems,
                            const char *const *names) {
    if (value == NULL) return;
    if (value->kind != BELLWIRE_JSON_OBJECT) {
        bellwire_problem(problems, path, "expected an object, not %s", bellwire_json_kind_name(value));
        return;
    }
    for (const bellwire_json_t *member = value->first; member != NULL; member = member->next) {
        if (is_among(member->name, names)) continue;
        bellwire_string_t known = bellwire_text(names[0]);
        for (size_t i = 1; names[i] != NULL; i++) known = bellwire_format("%.*s, %s", BELLWIRE_TEXT(known), names[i]);
        const char *name = (const char *)bellwire_format("%.*s", BELLWIRE_TEXT(member->name)).ptr;
        bellwire_problem(problems, bellwire_member(path, name), "unknown setting, expected %.*s", BELLWIRE_TEXT(known));
    }
}

static void read_target(const bellwire_json_t *value, bellwire_string_t path, bellwire_list_target_t *targets,
                        bellwire_problems_t *problems) {
    bellwire_target_t target;
    if (value->kind != BELLWIRE_JSON_STRING) {
        bellwire_problem(problems, path, "expected a target, not %s", bellwire_json_kind_name(value));
        return;
    }
    const char *wrong = bellwire_parse_target(value->string, &target);
    if (wrong == NULL) bellwire_add_target(targets, target);
    else bellwire_problem(problems, path, "%s", wrong);
}

void bellwire_read_targets(const bellwire_json_t *value, bellwire_string_t path, bellwire_list_target_t *targets,
                           bellwire_problems_t *problems) {
    if (value == NULL) return;
    *targets = (bellwire_list_target_t){0};
    if (value->kind != BELLWIRE_JSON_ARRAY) {
        read_target(value, path, targets, problems);
        return;
    }
    if (value->first == NULL) bellwire_problem(problems, path, "needs at least one target");
    size_t index = 0;
    for (const bellwire_json_t *element = value->first; element != NULL; element = element->next) {
        read_target(element, bellwire_element(path, index++), targets, problems);
    }
}

void bellwire_want_targets(bellwire_wants_t *wants, bellwire_list_target_t targets) {
    for (size_t i = 0; i < targets.len; i++) {
        bool wanted = false;
        for (size_t j = 0; j < wants->targets.len; j++) {
            wanted = wanted || same_target(&targets.ptr[i], &wants->targets.ptr[j]);
        }
        if (!wanted) bellwire_add_target(&wants->targets, targets.ptr[i]);
    }
}

static void want_name(bellwire_list_string_t *names, bellwire_string_t name) {
    for (size_t i = 0; i < names->len; i++) {
        if (bellwire_equal(names->ptr[i], name)) return;
    }
    names->ptr = grown(names->ptr, names->len, sizeof name);
    names->ptr[names->len++] = name;
}

void bellwire_want_window(bellwire_wants_t *wants, bellwire_string_t name) {
    want_name(&wants->windows, name);
}

void bellwire_want_zone(bellwire_wants_t *wants, bellwire_string_t name) {
    want_name(&wants->zones, name);
}

void bellwire_want_schedule(bellwire_wants_t *wants, bellwire_string_t name) {
    want_name(&wants->schedules, name);
}

/* The exports */

void exports_policy_describe(exports_policy_description_t *description) {
    *description = policy_describe();
}

bool exports_policy_check(bellwire_string_t *text, exports_policy_wants_t *wants, exports_policy_list_problem_t *problems) {
    const char *wrong;
    const bellwire_json_t *settings = bellwire_json_parse(*text, &wrong);
    *wants = (bellwire_wants_t){0};
    *problems = (bellwire_problems_t){0};
    if (settings == NULL) bellwire_problem(problems, bellwire_text(""), "not JSON: %s", wrong);
    else policy_check(settings, wants, problems);
    return problems->len == 0;
}

bool exports_policy_evaluate(bellwire_string_t *text, exports_policy_facts_t *facts, exports_policy_decision_t *decision,
                             exports_policy_policy_error_t *error) {
    const char *wrong;
    const bellwire_json_t *settings = bellwire_json_parse(*text, &wrong);
    *decision = (bellwire_decision_t){0};
    *error = (bellwire_policy_error_t){0};
    if (settings == NULL) return bellwire_refuse(error, BELLWIRE_POLICY_ERROR_SETTINGS, "not JSON: %s", wrong);
    return policy_evaluate(settings, facts, decision, error);
}
