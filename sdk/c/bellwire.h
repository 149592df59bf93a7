/* Write Bellwire policies in C: define the three functions that begin with policy_, and compile with bellwire.mk.
 *
 * A policy is a pure function of its settings and the facts of one incident. It answers with every notice that is due
 * by facts->now, each with a key, and with the time at which to ask again; the host sends a key once. So a policy has
 * no memory, no timers and no clock, and asking it twice changes nothing.
 *
 * Memory: each call gets an instance of its own, so nothing is ever freed, and a literal may stand wherever a text is
 * wanted. The types are those of the contract, generated/bindings.h: read it for what the facts hold. */
#ifndef BELLWIRE_H
#define BELLWIRE_H

#include "generated/bindings.h"
#include "json.h"

#if defined(__GNUC__)
#define BELLWIRE_PRINTF(text, first) __attribute__((format(printf, text, first)))
#else
#define BELLWIRE_PRINTF(text, first)
#endif

typedef exports_policy_list_problem_t bellwire_problems_t;

/* What the policy defines. */

bellwire_description_t policy_describe(void);

/* When the configuration is loaded: every problem of the settings at once. If there is none, `wants` counts: what the
 * host must look up, and every target that a decision may ever name. Both are empty at the start. */
void policy_check(const bellwire_json_t *settings, bellwire_wants_t *wants, bellwire_problems_t *problems);

/* Pure: the same settings and facts give the same decision. The settings have passed policy_check. `decision` is P1
 * and otherwise empty at the start. False: no decision, and bellwire_refuse was called. */
bool policy_evaluate(const bellwire_json_t *settings, const bellwire_facts_t *facts, bellwire_decision_t *decision,
                     bellwire_policy_error_t *error);

/* Texts. They are UTF-8 and have a length, and no zero byte at the end. */

/* For "%.*s" of bellwire_format and of printf's family. */
#define BELLWIRE_TEXT(string) (int)(string).len, (const char *)(string).ptr

bellwire_string_t bellwire_text(const char *text);
bellwire_string_t bellwire_format(const char *format, ...) BELLWIRE_PRINTF(1, 2);
bool bellwire_is(bellwire_string_t string, const char *text);
bool bellwire_equal(bellwire_string_t one, bellwire_string_t other);
/* "P1" to "P4". */
const char *bellwire_priority_name(bellwire_priority_t priority);
/* For the author: at most 100 lines of 1 KiB a call are kept. */
void bellwire_note(bellwire_level_t level, const char *format, ...) BELLWIRE_PRINTF(2, 3);

/* Facts. What returns a pointer returns NULL if there is none. */

const bellwire_string_t *bellwire_label(const bellwire_alert_t *alert, const char *name);
const bellwire_string_t *bellwire_annotation(const bellwire_alert_t *alert, const char *name);
bool bellwire_is_firing(const bellwire_alert_t *alert);
/* A label that all alerts of the incident share. */
const bellwire_string_t *bellwire_group(const bellwire_incident_t *incident, const char *name);
/* The first notice with this key; others with it went to other targets. */
const bellwire_sent_t *bellwire_sent(const bellwire_incident_t *incident, const char *key);
/* When somebody last asked for the next step. It is due if nothing was sent at or after this instant. */
bellwire_option_instant_t bellwire_escalated_at(const bellwire_incident_t *incident);
/* Only those that policy_check wanted. */
const bellwire_window_t *bellwire_window(const bellwire_facts_t *facts, const char *name);
const bellwire_civil_t *bellwire_civil(const bellwire_facts_t *facts, const char *zone);
const bellwire_on_call_t *bellwire_on_call(const bellwire_facts_t *facts, const char *schedule);

/* Targets. */

/* `NAME`, `receiver:NAME`, `person:NAME` or `schedule:NAME`. Returns NULL, or what is wrong with it. */
const char *bellwire_parse_target(bellwire_string_t text, bellwire_target_t *target);
bellwire_target_t bellwire_receiver(const char *name);
void bellwire_add_target(bellwire_list_target_t *targets, bellwire_target_t target);

/* Decisions. */

/* A notice that is due by now and wakes somebody; one that only informs. Set the `text` of what is returned to say more,
 * before the next notice is added. */
bellwire_notice_t *bellwire_page(bellwire_decision_t *decision, const char *key, bellwire_list_target_t to);
bellwire_notice_t *bellwire_inform(bellwire_decision_t *decision, const char *key, bellwire_list_target_t to);
/* Ask again then; the earliest of several calls counts. */
void bellwire_check_at(bellwire_decision_t *decision, bellwire_instant_t instant);
/* `tag` is BELLWIRE_POLICY_ERROR_SETTINGS, _NOT_APPLICABLE or _FAILED. Always false: return bellwire_refuse(…). */
bool bellwire_refuse(bellwire_policy_error_t *error, uint8_t tag, const char *format, ...) BELLWIRE_PRINTF(3, 4);

/* Settings. What reads takes NULL for a setting that is not given, and notes what is wrong with its path, which is
 * such as `rules[2].above.error_rate`. */

void bellwire_problem(bellwire_problems_t *problems, bellwire_string_t path, const char *format, ...)
    BELLWIRE_PRINTF(3, 4);
/* `path.name`, or `name` where the path is empty; `path[index]`. */
bellwire_string_t bellwire_member(bellwire_string_t path, const char *name);
bellwire_string_t bellwire_element(bellwire_string_t path, size_t index);
/* A problem unless `value` is NULL, or an object with no other names than these; the last is NULL. */
void bellwire_expect_object(const bellwire_json_t *value, bellwire_string_t path, bellwire_problems_t *problems,
                            const char *const *names);
/* A target, or a list of at least one; `targets` stays as it is if there is none. */
void bellwire_read_targets(const bellwire_json_t *value, bellwire_string_t path, bellwire_list_target_t *targets,
                           bellwire_problems_t *problems);
/* Each once. */
void bellwire_want_targets(bellwire_wants_t *wants, bellwire_list_target_t targets);
void bellwire_want_window(bellwire_wants_t *wants, bellwire_string_t name);
void bellwire_want_zone(bellwire_wants_t *wants, bellwire_string_t name);
void bellwire_want_schedule(bellwire_wants_t *wants, bellwire_string_t name);

/* Zeroed, and never freed; ends the call if there is no memory left. */
void *bellwire_allocate(size_t bytes);

#endif
