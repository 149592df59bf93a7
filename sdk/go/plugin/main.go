// Plugin compiles the policy in the current folder to MODULE.wasm, or to the file that is its argument: `go tool plugin`.
//
// It is `go build` with the right flags. What the compiler makes does not say which types its exports have, so the
// component type, which is the contract in binary form, is appended as a custom section; the host does the rest.
package main

import (
	_ "embed"
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path"
	"strings"
)

//go:embed component-type.bin
var componentType []byte

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "plugin:", err)
		os.Exit(1)
	}
}

func run(arguments []string) error {
	var wasm string
	switch len(arguments) {
	case 0:
		module, err := exec.Command("go", "list", "-m").Output()
		if err != nil {
			return fmt.Errorf("cannot tell the name of the module here: %w", err)
		}
		wasm = path.Base(strings.TrimSpace(string(module))) + ".wasm"
	case 1:
		wasm = arguments[0]
	default:
		return fmt.Errorf("expected one file to write, not %d arguments", len(arguments))
	}
	// A file that is not whole shall not be taken for a plugin.
	partial := wasm + ".partial"
	defer os.Remove(partial)
	if err := compile(partial); err != nil {
		return err
	}
	if err := appendSection(partial, "component-type", componentType); err != nil {
		return err
	}
	return os.Rename(partial, wasm)
}

func compile(wasm string) error {
	build := exec.Command("go", "build", "-buildmode=c-shared", "-trimpath", "-buildvcs=false",
		"-ldflags=-s -w -buildid=", "-o", wasm, ".")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "GOFLAGS=", "CGO_ENABLED=0")
	build.Stdout, build.Stderr = os.Stdout, os.Stderr
	if err := build.Run(); err != nil {
		return fmt.Errorf("it does not compile: %w", err)
	}
	return nil
}

// appendSection writes a custom section: a zero, the length of all that follows, the length of the name, the name, the
// contents.
func appendSection(wasm, name string, contents []byte) error {
	body := append(binary.AppendUvarint(nil, uint64(len(name))), name...)
	body = append(body, contents...)
	section := append(binary.AppendUvarint([]byte{0}, uint64(len(body))), body...)
	file, err := os.OpenFile(wasm, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	if _, err := file.Write(section); err != nil {
		file.Close()
		return err
	}
	return file.Close()
}
