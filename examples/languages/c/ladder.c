/* Team, manager, director, then VP and war room. It touches nothing but its arguments.
 *
 * The same policy is in every folder beside this one, and ../cases says what all of them decide. */
#include "ladder.h"

static const char settings_schema[] = {
#embed <ladder.schema.json>
    , 0};

bellwire_description_t policy_describe(void) {
    return (bellwire_description_t){
        .name = bellwire_text("ladder"),
        .version = bellwire_text("0.1.0"),
        .summary = bellwire_text("Team, manager, director, then VP and war room."),
        .settings_schema = bellwire_text(settings_schema),
    };
}

void policy_check(const bellwire_json_t *settings, bellwire_wants_t *wants, bellwire_problems_t *problems) {
    recipients_t to = read_settings(settings, problems);
    bellwire_want_targets(wants, to.team);
    bellwire_want_targets(wants, to.manager);
    bellwire_want_targets(wants, to.director);
    bellwire_want_targets(wants, to.vp);
}

enum { STEPS = 4, MINUTE = 60 * 1000 };

typedef struct {
    const char *key;
    bellwire_instant_t due_at;
    bellwire_list_target_t to;
} step_t;

typedef struct {
    bellwire_priority_t priority;
    bellwire_string_t reason;
} verdict_t;

static verdict_t judge_alert(const bellwire_alert_t *alert) {
    static const struct {
        const char *severity;
        bellwire_priority_t priority;
    } table[] = {
        {"critical", BELLWIRE_PRIORITY_P1}, {"page", BELLWIRE_PRIORITY_P1},    {"error", BELLWIRE_PRIORITY_P2},
        {"high", BELLWIRE_PRIORITY_P2},     {"warning", BELLWIRE_PRIORITY_P3}, {"info", BELLWIRE_PRIORITY_P4},
        {"low", BELLWIRE_PRIORITY_P4},
    };
    const bellwire_string_t *severity = bellwire_label(alert, "severity");
    for (size_t i = 0; severity != NULL && i < sizeof table / sizeof *table; i++) {
        if (!bellwire_is(*severity, table[i].severity)) continue;
        bellwire_priority_t priority = table[i].priority;
        const char *name = bellwire_priority_name(priority);
        return (verdict_t){priority, bellwire_format("%s because severity is %s", name, table[i].severity)};
    }
    return (verdict_t){BELLWIRE_PRIORITY_P3, bellwire_text("P3 by default")};
}

/* The most urgent firing alert decides, the first of them if there are several. */
static verdict_t judge(const bellwire_incident_t *incident) {
    const bellwire_list_alert_t *alerts = &incident->alerts;
    verdict_t verdict = {0};
    for (size_t i = 0; i < alerts->len; i++) {
        if (!bellwire_is_firing(&alerts->ptr[i])) continue;
        verdict_t other = judge_alert(&alerts->ptr[i]);
        if (verdict.reason.ptr == NULL || other.priority < verdict.priority) verdict = other;
    }
    if (verdict.reason.ptr != NULL) return verdict;
    bellwire_priority_t kept = incident->priority.is_some ? incident->priority.val : BELLWIRE_PRIORITY_P3;
    return (verdict_t){kept, bellwire_format("%s kept", bellwire_priority_name(kept))};
}

static bellwire_string_t progress(const bellwire_incident_t *incident, size_t listed, size_t steps) {
    switch (incident->state) {
    case BELLWIRE_INCIDENT_STATE_ACKNOWLEDGED:
        if (!incident->acknowledged.is_some) return bellwire_text("acknowledged");
        return bellwire_format("acknowledged by %.*s", BELLWIRE_TEXT(incident->acknowledged.val.by));
    case BELLWIRE_INCIDENT_STATE_SNOOZED:
        return bellwire_text("snoozed");
    case BELLWIRE_INCIDENT_STATE_RESOLVED:
        return bellwire_text("resolved");
    default:
        return listed == 0 ? bellwire_text("no step") : bellwire_format("step %zu of %zu", listed, steps);
    }
}

bool policy_evaluate(const bellwire_json_t *settings, const bellwire_facts_t *facts, bellwire_decision_t *decision,
                     bellwire_policy_error_t *) {
    bellwire_problems_t none = {0};
    recipients_t to = read_settings(settings, &none);
    const bellwire_incident_t *incident = &facts->incident;
    bellwire_instant_t opened_at = incident->opened_at;
    const step_t ladder[STEPS] = {
        {"team", opened_at, to.team},
        {"manager", opened_at + 5 * MINUTE, to.manager},
        {"director", opened_at + 15 * MINUTE, to.director},
        {"war-room", opened_at + 30 * MINUTE, to.vp},
    };
    verdict_t verdict = judge(incident);
    bool pages = verdict.priority <= BELLWIRE_PRIORITY_P2;
    /* P3 and P4 stay on the first step. */
    size_t steps = pages ? STEPS : 1;
    bool open = incident->state == BELLWIRE_INCIDENT_STATE_OPEN;

    for (size_t i = 0; i < steps; i++) {
        const step_t *step = &ladder[i];
        /* Once somebody has it there is nothing new, but what was sent stays listed. */
        bool due = open ? step->due_at <= facts->now : bellwire_sent(incident, step->key) != NULL;
        if (due && pages) bellwire_page(decision, step->key, step->to);
        else if (due) bellwire_inform(decision, step->key, step->to);
        else if (open) bellwire_check_at(decision, step->due_at);
    }
    bellwire_string_t where = progress(incident, decision->notices.len, steps);
    decision->priority = verdict.priority;
    decision->reason = bellwire_format("%.*s; %.*s", BELLWIRE_TEXT(verdict.reason), BELLWIRE_TEXT(where));
    return true;
}
