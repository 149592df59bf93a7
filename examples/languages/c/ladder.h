/* What the two files of the ladder share. */
#ifndef LADDER_H
#define LADDER_H

#include <bellwire.h>

/* Whom each step tells. */
typedef struct {
    bellwire_list_target_t team, manager, director, vp;
} recipients_t;

/* With the default of every key that is not given; what is wrong goes to `problems`. */
recipients_t read_settings(const bellwire_json_t *settings, bellwire_problems_t *problems);

#endif
