package bellwire

import (
	"fmt"

	log "bellwire/internal/generated/bellwire_policy_log"
)

// For the author: at most 100 lines of 1 KiB a call are kept.

func Debugf(format string, arguments ...any) {
	log.Log(log.LevelDebug, fmt.Sprintf(format, arguments...))
}

func Infof(format string, arguments ...any) {
	log.Log(log.LevelInfo, fmt.Sprintf(format, arguments...))
}

func Warnf(format string, arguments ...any) {
	log.Log(log.LevelWarn, fmt.Sprintf(format, arguments...))
}

func Errorf(format string, arguments ...any) {
	log.Log(log.LevelError, fmt.Sprintf(format, arguments...))
}
