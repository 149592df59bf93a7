/* Critical alerts page, all others inform. A policy touches nothing but its arguments. */
#include <bellwire.h>

static const char settings_schema[] = {
#embed "settings.schema.json"
    , 0};

bellwire_description_t policy_describe(void) {
    return (bellwire_description_t){
        .name = bellwire_text("{{name}}"),
        .version = bellwire_text("0.1.0"),
        .summary = bellwire_text("Critical alerts page, all others inform."),
        .settings_schema = bellwire_text(settings_schema),
    };
}

/* What the routes file may say under `settings`; settings.schema.json says the same to editors. */
static bellwire_list_target_t read_settings(const bellwire_json_t *settings, bellwire_problems_t *problems) {
    static const char *const names[] = {"to", NULL};
    bellwire_list_target_t to = {0};
    bellwire_expect_object(settings, bellwire_text(""), problems, names);
    bellwire_read_targets(bellwire_json_get(settings, "to"), bellwire_text("to"), &to, problems);
    return to;
}

/* Every target that a decision may ever name; or every problem of the settings at once. */
void policy_check(const bellwire_json_t *settings, bellwire_wants_t *wants, bellwire_problems_t *problems) {
    if (bellwire_json_get(settings, "to") == NULL) bellwire_problem(problems, bellwire_text("to"), "is missing");
    bellwire_want_targets(wants, read_settings(settings, problems));
}

/* Every notice that is due by facts->now, whether sent before or not: the host sends a key once. */
bool policy_evaluate(const bellwire_json_t *settings, const bellwire_facts_t *facts, bellwire_decision_t *decision,
                     bellwire_policy_error_t *) {
    bellwire_problems_t none = {0};
    bellwire_list_target_t to = read_settings(settings, &none);
    const bellwire_list_alert_t *alerts = &facts->incident.alerts;
    for (size_t i = 0; i < alerts->len; i++) {
        const bellwire_string_t *severity = bellwire_label(&alerts->ptr[i], "severity");
        if (bellwire_is_firing(&alerts->ptr[i]) && severity != NULL && bellwire_is(*severity, "critical")) {
            decision->priority = BELLWIRE_PRIORITY_P1;
            decision->reason = bellwire_text("P1 because severity is critical");
            bellwire_page(decision, "told", to);
            return true;
        }
    }
    decision->priority = BELLWIRE_PRIORITY_P3;
    decision->reason = bellwire_text("P3 by default");
    bellwire_inform(decision, "told", to);
    return true;
}
