package config

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/BurntSushi/toml"
)

// shape finds values of the wrong kind, and reports them in the file's terms: the decoder's
// messages name Go types. Invalid TOML is left to the decoder.
func shape(text []byte) *wrong {
	var file map[string]any
	if _, err := toml.Decode(string(text), &file); err != nil {
		return nil
	}
	for key, value := range file {
		if key == "target" {
			continue
		}
		if bad := kind(key, value); bad != "" {
			return &wrong{-1, key, bad}
		}
	}
	switch targets := file["target"].(type) {
	case nil:
	case map[string]any:
		return &wrong{-1, "target",
			"[target] must be [[target]], with two brackets: a file may have " +
				"several targets"}
	case []map[string]any:
		for i, target := range targets {
			for key, value := range target {
				if bad := kind(key, value); bad != "" {
					return &wrong{i, key, bad}
				}
			}
		}
	default:
		return &wrong{-1, "target",
			"a target is written as [[target]], with its keys in the lines below"}
	}
	return nil
}

// kind says that a key has a value of the wrong kind; "" for the right one, and for unknown keys.
func kind(key string, value any) string {
	switch {
	case key == "make":
		list, isList := value.([]any)
		isText := func(v any) bool { _, ok := v.(string); return ok }
		if !isList || slices.ContainsFunc(list, func(v any) bool { return !isText(v) }) {
			return `make must be a list of strings, such as ["DEBUG=1", "CFLAGS_EXTRA=-DX"]`
		}
	case key == "pristine" || key == "drop-in":
		if _, ok := value.(bool); !ok {
			return key + " must be true or false, without quotes"
		}
	case slices.Contains(sizeKeys, key):
		var size Size
		if err := size.UnmarshalTOML(value); err != nil {
			return key + " " + err.Error()
		}
	case slices.Contains(topKeys, key) || slices.Contains(targetKeys, key):
		text, ok := value.(string)
		if !ok {
			return fmt.Sprintf("%s must be a string in quotes, such as %s = %q", key,
				key, examples[key])
		}
		if text == "" && key != "port" { // which has no default
			return key + " is empty; leave it out for the default"
		}
	}
	return ""
}

// sizeKeys are the keys of a target that are sizes.
var sizeKeys = []string{"max-flash", "max-ram", "min-heap", "min-stack"}

var examples = map[string]string{
	"tree": "micropython", "micropython": "v1.26.1", "wolfssl": "5.9.2", "modules": "modules",
	"port": "unix", "board": "PYBV11", "variant": "standard", "user-settings": "user_settings.h",
}

// Size is a number of bytes, written as a number or as a string such as "512K".
type Size int64

// UnmarshalTOML accepts both.
func (s *Size) UnmarshalTOML(value any) error {
	switch v := value.(type) {
	case int64:
		*s = Size(v)
		if v < 0 {
			return fmt.Errorf("is %d; a limit is a number of bytes, 0 or more", v)
		}
		return nil
	case string:
		n, err := ParseSize(v)
		*s = Size(n)
		return err
	}
	return errors.New("must be a size, such as 524288 or \"512K\"")
}

// sizeUnits are the units of sizes. K and M are those of linker scripts. "KB" is not among them:
// for some it has 1024 bytes, for others 1000.
var sizeUnits = map[string]uint64{
	"": 1, "k": 1 << 10, "K": 1 << 10, "Ki": 1 << 10, "KiB": 1 << 10, "M": 1 << 20, "Mi": 1 << 20,
	"MiB": 1 << 20, "B": 1, "kB": 1000, "MB": 1000 * 1000,
}

// sizePattern is also in the schema. The lengths keep every size within 63 bits. Hexadecimal
// numbers have no unit: 0x5B would be one of two.
const sizePattern = `^(0[xX]0*[1-9a-fA-F][0-9a-fA-F]{0,8}` +
	`|0*[1-9][0-9]{0,11} *(k|K|Ki|KiB|M|Mi|MiB|B|kB|MB)?)$`

var sizeText = regexp.MustCompile(sizePattern)

// ParseSize reads a size such as 524288, 512K, 512KiB (of 1024 bytes), 1M, 512kB (of 1000 bytes)
// or 0x80000. A zero in front does not make a number octal.
func ParseSize(text string) (uint64, error) {
	m := sizeText.FindStringSubmatch(text)
	if m == nil {
		return 0, fmt.Errorf("%q is not a size; sizes are like 524288, 512K or 512KiB (of 1024 "+
			"bytes), 1M, 512kB (of 1000 bytes)", text)
	}
	digits, base := strings.TrimSpace(strings.TrimSuffix(text, m[2])), 10
	if len(digits) > 1 && strings.ContainsAny(digits[1:2], "xX") {
		digits, base = digits[2:], 16
	}
	n, err := strconv.ParseUint(digits, base, 64)
	if err != nil {
		return 0, fmt.Errorf("%q is not a size: %w", text, err)
	}
	return n * sizeUnits[m[2]], nil
}
