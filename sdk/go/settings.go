package bellwire

import (
	"encoding"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

// Targets is a setting that is written as one target or as a list of at least one.
type Targets []Target

// readSettings notes every problem, each with its path, where encoding/json stops at the first and does not say where.
func readSettings[Settings any](text string) (*Settings, []Problem) {
	if !json.Valid([]byte(text)) {
		return nil, []Problem{{Message: "the settings are not JSON"}}
	}
	settings := new(Settings)
	if defaults, has := any(settings).(interface{ SetDefaults() }); has {
		defaults.SetDefaults()
	}
	var reader settingsReader
	reader.read(json.RawMessage(text), "", reflect.ValueOf(settings).Elem())
	return settings, reader.problems
}

type settingsReader struct{ problems []Problem }

func (reader *settingsReader) problem(path, format string, arguments ...any) {
	reader.problems = append(reader.problems, Problem{path, fmt.Sprintf(format, arguments...)})
}

// read goes into structs, maps and lists, for their paths, and leaves all else to encoding/json.
func (reader *settingsReader) read(raw json.RawMessage, path string, into reflect.Value) {
	switch kind := into.Kind(); {
	case into.Type() == reflect.TypeFor[Targets]():
		reader.readTargets(raw, path, into)
	case readsItself(into):
		reader.readValue(raw, path, into)
	case kind == reflect.Pointer && string(raw) != "null":
		into.Set(reflect.New(into.Type().Elem()))
		reader.read(raw, path, into.Elem())
	case kind == reflect.Struct:
		reader.readStruct(raw, path, into)
	case kind == reflect.Map:
		reader.readMap(raw, path, into)
	case kind == reflect.Slice:
		reader.readSlice(raw, path, into)
	default:
		reader.readValue(raw, path, into)
	}
}

func readsItself(into reflect.Value) bool {
	switch into.Addr().Interface().(type) {
	case json.Unmarshaler, encoding.TextUnmarshaler:
		return true
	default:
		return false
	}
}

func (reader *settingsReader) readStruct(raw json.RawMessage, path string, into reflect.Value) {
	var members map[string]json.RawMessage
	if !reader.readInto(raw, path, &members, "an object") {
		return
	}
	var known []string
	for index := range into.NumField() {
		field := into.Type().Field(index)
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		if !field.IsExported() || name == "-" {
			continue
		}
		if name == "" {
			name = field.Name
		}
		known = append(known, name)
		if value, given := members[name]; given {
			reader.read(value, member(path, name), into.Field(index))
		} else if field.Tag.Get("required") == "true" {
			reader.problem(member(path, name), "is missing")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.Contains(known, name) {
			reader.problem(member(path, name), "unknown: expected %s", strings.Join(known, ", "))
		}
	}
}

func (reader *settingsReader) readMap(raw json.RawMessage, path string, into reflect.Value) {
	var members map[string]json.RawMessage
	if !reader.readInto(raw, path, &members, "an object") {
		return
	}
	into.Set(reflect.MakeMap(into.Type()))
	for _, name := range slices.Sorted(maps.Keys(members)) {
		value := reflect.New(into.Type().Elem()).Elem()
		reader.read(members[name], member(path, name), value)
		into.SetMapIndex(reflect.ValueOf(name).Convert(into.Type().Key()), value)
	}
}

func (reader *settingsReader) readSlice(raw json.RawMessage, path string, into reflect.Value) {
	var elements []json.RawMessage
	if !reader.readInto(raw, path, &elements, "a list") {
		return
	}
	into.Set(reflect.MakeSlice(into.Type(), len(elements), len(elements)))
	for index, element := range elements {
		reader.read(element, path+"["+strconv.Itoa(index)+"]", into.Index(index))
	}
}

func (reader *settingsReader) readTargets(raw json.RawMessage, path string, into reflect.Value) {
	switch raw[0] {
	case '"':
		into.Set(reflect.MakeSlice(into.Type(), 1, 1))
		reader.readValue(raw, path, into.Index(0))
	case '[':
		reader.readSlice(raw, path, into)
		if into.Len() == 0 {
			reader.problem(path, "needs at least one target")
		}
	default:
		reader.problem(path, "expected a target or a list of targets, not %s", whatIs(raw))
	}
}

func (reader *settingsReader) readValue(raw json.RawMessage, path string, into reflect.Value) {
	reader.readInto(raw, path, into.Addr().Interface(), expected(into))
}

// readInto notes a problem and returns false if it is something else than what is expected. encoding/json takes null
// for everything, and changes nothing then.
func (reader *settingsReader) readInto(raw json.RawMessage, path string, into any, expected string) bool {
	var wrongType *json.UnmarshalTypeError
	switch err := json.Unmarshal(raw, into); {
	case errors.As(err, &wrongType), string(raw) == "null" && expected != "":
		reader.problem(path, "expected %s, not %s", expected, whatIs(raw))
		return false
	case err != nil:
		reader.problem(path, "%v", err)
		return false
	default:
		return true
	}
}

// expected is empty if null will do.
func expected(into reflect.Value) string {
	switch into.Kind() {
	case reflect.Pointer, reflect.Interface:
		return ""
	case reflect.Bool:
		return "true or false"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number that is not negative"
	case reflect.Float32, reflect.Float64:
		return "a number"
	default:
		return "a text"
	}
}

func whatIs(raw json.RawMessage) string {
	switch raw[0] {
	case '{':
		return "an object"
	case '[':
		return "a list"
	default:
		return string(raw)
	}
}

func member(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
