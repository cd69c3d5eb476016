package verify

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/lazyregexp"
)

// The compiler may have found other headers than it finds by the command that make prints: CPATH
// and the like can be exported for one object. The dependency file has those that it read.

var defineLine = lazyregexp.New(`(?m)^[ \t]*#[ \t]*define[ \t]+(\w+)`)

// hiddenHeaders looks for dangerous settings in headers that an object was compiled with, although
// its command does not lead to them.
func (v settingsCheck) hiddenHeaders(
	ctx context.Context, c *check, seen []objectValues,
) error {
	defines := make(map[string][]danger) // by header
	found := make(map[string]bool)
	plain := make(map[string]bool) // headers that a command leads to
	for _, o := range seen {
		var included []string
		for _, header := range o.deps {
			if v.WolfSSL != "" && relative(v.WolfSSL, header) != header {
				continue
			}
			if _, known := defines[header]; !known {
				defines[header] = dangersIn(header)
				v.levels(c, header)
			}
			for _, d := range defines[header] {
				if o.values[d.macro].Defined || o.values[build.Watched(d.macro)].Defined ||
					found[header+d.macro] || plain[header] {
					continue
				}
				if included == nil {
					var err error
					if included, err = v.flags.IncludedAt(ctx, o.command); err != nil {
						return err
					}
				}
				if len(included) == 0 || slices.ContainsFunc(included, func(file string) bool {
					return sameFile(file, header)
				}) {
					plain[header] = true
					continue // the define is in an #if that is not met
				}
				found[header+d.macro] = true
				c.find(Finding{File: header, Message: fmt.Sprintf("%s was compiled with this "+
					"header, which defines %s: %s; the command that make prints does not lead "+
					"to it", o.name, d.macro, d.why),
					Fix: "see what exports CPATH or C_INCLUDE_PATH, or what wraps the compiler"})
			}
		}
	}
	return nil
}

var levelCondition = lazyregexp.New(`(?m)^[ \t]*#[ \t]*(?:if|elif)\b.*__INCLUDE_LEVEL__`)

// levels finds what the compiler sees otherwise when it is asked than when it compiles: only then
// is a source itself included.
func (v settingsCheck) levels(c *check, header string) {
	text, err := os.ReadFile(header)
	if err != nil {
		return
	}
	if at := levelCondition().FindIndex(text); at != nil {
		c.find(Finding{File: header, Line: 1 + bytes.Count(text[:at[0]], []byte("\n")),
			Message: "what this header defines depends on how deep it is included, so mpwolf " +
				"cannot show what wolfSSL was compiled with",
			Fix: "remove that condition"})
	}
}

// dangersIn are the dangerous macros that a header defines, in whatever #if.
func dangersIn(header string) []danger {
	text, err := os.ReadFile(header)
	if err != nil {
		return nil
	}
	var found []danger
	for _, m := range defineLine().FindAllStringSubmatch(string(text), -1) {
		if strings.HasPrefix(m[1], "wolfSSL_") || strings.HasPrefix(m[1], "wc_") {
			found = append(found, danger{macro: m[1], why: "it takes the place of a function"})
		}
		for _, d := range dangers {
			if d.macro == m[1] && !d.unset && d.below == 0 && d.above == 0 {
				found = append(found, d)
			}
		}
	}
	return found
}
