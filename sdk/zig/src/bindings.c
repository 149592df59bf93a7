/* The generated bindings, but what the host has read is not given back: an instance lives for one call, and literals
 * and slices of an arena can be handed out. */
#include <stdlib.h>
#include <string.h>

#define free(pointer) ((void)(pointer))
#include "../../c/generated/bindings.c"
