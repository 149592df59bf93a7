package main

import (
	"os"
	"testing"
)

// go:embed cannot reach what all languages share, so this folder has a copy.
func TestTheSchemaIsEverybodys(t *testing.T) {
	if shared, err := os.ReadFile("../cases/ladder.schema.json"); err != nil || string(shared) != settingsSchema {
		t.Error("ladder.schema.json is not the one in ../cases", err)
	}
}
