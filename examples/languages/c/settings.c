/* Whom each step tells, and every way in which that can be wrong. */
#include "ladder.h"

recipients_t read_settings(const bellwire_json_t *settings, bellwire_problems_t *problems) {
    static const char *const parts[] = {"to", NULL}, *const roles[] = {"team", "manager", "director", "vp", NULL};
    const bellwire_json_t *to = bellwire_json_get(settings, "to");
    bellwire_expect_object(settings, bellwire_text(""), problems, parts);
    bellwire_expect_object(to, bellwire_text("to"), problems, roles);

    recipients_t recipients = {0};
    bellwire_list_target_t *const places[] = {
        &recipients.team, &recipients.manager, &recipients.director, &recipients.vp,
    };
    for (size_t i = 0; i < 4; i++) bellwire_add_target(places[i], bellwire_receiver(roles[i]));
    bellwire_add_target(&recipients.vp, bellwire_receiver("war-room"));
    for (size_t i = 0; i < 4; i++) {
        bellwire_string_t path = bellwire_member(bellwire_text("to"), roles[i]);
        bellwire_read_targets(bellwire_json_get(to, roles[i]), path, places[i], problems);
    }
    return recipients;
}
