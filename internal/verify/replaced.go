package verify

import (
	"fmt"
	"slices"
	"strings"

	"mpwolf/internal/build"
	"mpwolf/internal/lazyregexp"
)

// A macro with arguments that wolfSSL lets a port replace is not dangerous by itself: what it
// expands to decides.

// replaced is such a macro.
type replaced struct {
	macro     string
	arguments int
	// by, if not empty, are wolfSSL's own functions, one of which it must call with these
	// arguments; else it must call a function.
	by []string
	// status says that its value is only a status, or unused: another value may follow the call.
	status   bool
	why, fix string
}

var replaceable = []replaced{
	{"XVALIDATE_DATE", 4, []string{"wc_ValidateDate"}, false, whyDates, fixDates},
	{"XVALIDATE_DATE", 3, []string{"ValidateDate", "wc_ValidateDate"}, false, whyDates, fixDates},
	{"XTIME", 1, nil, false, "the time is always the same: certificates do not expire", fixTime},
	{"XGMTIME", 2, nil, false, "the date is always the same: certificates do not expire",
		"let it call gmtime_r, or a function of the port that does the same"},
	{"CUSTOM_RAND_GENERATE_SEED", 2, nil, true, whySeeds, entropy},
	{"CUSTOM_RAND_GENERATE_SEED_OS", 3, nil, true, whySeeds, entropy},
	{"CUSTOM_RAND_GENERATE_BLOCK", 2, nil, true, whySeeds, entropy},
	{"CUSTOM_RAND_GENERATE", 0, nil, false, whySeeds, entropy},
	{"XMEMCMP", 3, nil, false, whyCompare, "let it call memcmp"},
	{"XSTRCMP", 2, nil, false, whyCompare, "let it call strcmp"},
	{"XSTRNCMP", 3, nil, false, whyCompare, "let it call strncmp"},
	{"XSTRCASECMP", 2, nil, false, whyCompare, "let it call strcasecmp"},
	{"XSTRNCASECMP", 3, nil, false, whyCompare, "let it call strncasecmp"},
	{"XMEMCPY", 3, nil, true, "data and keys are not copied", "let it call memcpy"},
}

const (
	whyDates = "it is not wolfSSL's own function that decides which dates are valid"
	fixDates = "leave XVALIDATE_DATE and HAVE_VALIDATE_DATE out: wolfSSL's own check asks the " +
		"clock"
	fixTime    = "let it call a function that asks the clock"
	whySeeds   = "no function gives random numbers: all keys are known"
	whyCompare = "different data and names count as equal, or equal ones as different"
)

// call is the macro with arguments that can be recognized in what it expands to.
func (r replaced) call() string {
	return r.macro + "(" + strings.Join(r.names(), ", ") + ")"
}

func (r replaced) names() []string {
	var names []string
	for i := range r.arguments {
		names = append(names, fmt.Sprintf("mpwolf_%d", i+1))
	}
	return names
}

// verdict is what the expansion of a macro shows.
type verdict int

const (
	sound   verdict = iota // it calls one function, or cannot be expanded
	unclear                // it does more than to call a function
	unsound                // its value is not what a function returns
)

// judge reads what the macro expands to.
func (r replaced) judge(values map[string]build.Value) verdict {
	expanded := values[r.call()]
	text := expanded.Text
	if !expanded.Defined || strings.HasPrefix(text, r.macro) {
		return sound // such as one with another number of arguments
	}
	name, arguments := callIn(text)
	value := text
	if !r.status {
		value = lastValue(text)
	}
	switch {
	case len(r.by) > 0 && slices.Contains(r.by, name) &&
		slices.Equal(arguments, r.names()):
		return sound
	case len(r.by) > 0, !anyCall().MatchString(sizeOf().ReplaceAllString(value, "")):
		return unsound
	case name == "":
		return unclear
	}
	return sound
}

var (
	anyCall = lazyregexp.New(`\b[A-Za-z_]\w*\s*\(`)
	sizeOf  = lazyregexp.New(`\b(sizeof|__typeof__|typeof)\b`)
	oneCall = lazyregexp.New(`^([A-Za-z_]\w*)\s*\((.*)\)$`)
	// aCast is a type in parentheses before a value, such as "(time_t)".
	aCast = lazyregexp.New(`^\(\s*(?:const\s+|unsigned\s+|struct\s+)*[A-Za-z_]\w*[\s*]*\)` +
		`\s*([\w(])`)
)

// callIn takes apart an expression that is the call of one function, perhaps with a cast. The
// name is "" for others.
func callIn(text string) (name string, arguments []string) {
	text = bare(text)
	m := oneCall().FindStringSubmatch(text)
	if m == nil || !balanced(m[2]) || sizeOf().MatchString(m[1]) {
		return "", nil
	}
	for _, argument := range operands(m[2], ",") {
		arguments = append(arguments, bare(argument))
	}
	return m[1], arguments
}

// bare is an expression without the parentheses around it and without casts.
func bare(text string) string {
	for {
		text = strings.TrimSpace(text)
		if m := aCast().FindStringSubmatchIndex(text); m != nil {
			text = text[m[2]:]
		} else if strings.HasPrefix(text, "(") && strings.HasSuffix(text, ")") &&
			balanced(text[1:len(text)-1]) {
			text = text[1 : len(text)-1]
		} else {
			return text
		}
	}
}

// lastValue is the operand of commas, or the statement of a block, that gives an expression its
// value.
func lastValue(text string) string {
	for {
		text = bare(text)
		block := strings.TrimSpace(strings.TrimPrefix(text, "__extension__"))
		if inner, is := strings.CutPrefix(block, "{"); is {
			block = strings.TrimSuffix(inner, "}")
		}
		parts := operands(block, ",;")
		last := strings.TrimSpace(parts[len(parts)-1])
		for len(parts) > 1 && last == "" {
			parts = parts[:len(parts)-1]
			last = strings.TrimSpace(parts[len(parts)-1])
		}
		if last == text {
			return text
		}
		text = last
	}
}

// balanced reports whether each parenthesis that a text closes is one that it opened.
func balanced(text string) bool {
	depth := 0
	for _, r := range text {
		switch r {
		case '(':
			depth++
		case ')':
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// operands splits a text at separators that are in no parentheses.
func operands(text, separators string) []string {
	var found []string
	depth, start := 0, 0
	for i, r := range text {
		switch {
		case strings.ContainsRune("([{", r):
			depth++
		case strings.ContainsRune(")]}", r):
			depth--
		case depth == 0 && strings.ContainsRune(separators, r):
			found = append(found, text[start:i])
			start = i + 1
		}
	}
	return append(found, text[start:])
}

// replacedCheck looks at what the objects' macros that a port may replace expand to.
func (v settingsCheck) replacedCheck(c *check, seen []objectValues) {
	found := make(map[string]bool)
	for _, r := range replaceable {
		if found[r.macro] {
			continue // with another number of arguments
		}
		for _, worst := range []verdict{unsound, unclear} {
			var in []string
			var value build.Value
			expansion := ""
			for _, o := range seen {
				// wolfSSL's own definitions are those that it is tested with.
				if r.judge(o.values) != worst || worst == unclear &&
					v.inWolfSSL(o.values[r.macro]) {
					continue
				}
				if len(in) == 0 {
					value, expansion = o.values[r.macro], o.values[r.call()].Text
				}
				in = append(in, o.name)
			}
			if len(in) > 0 {
				found[r.macro] = true
				v.replacedFinding(c, r, worst, value, expansion, in, len(seen))
			}
		}
	}
}

func (v settingsCheck) replacedFinding(c *check, r replaced, how verdict, value build.Value,
	expansion string, in []string, of int) {
	f := Finding{File: value.File, Line: value.Line, Fix: r.fix,
		Message: fmt.Sprintf("%s is %s: %s", r.macro, expansion, r.why)}
	if expansion == "" {
		f.Message = r.macro + " is empty: " + r.why
	}
	if how == unclear {
		f.Message = fmt.Sprintf("%s is %s, which is more than the call of a function: mpwolf "+
			"does not know what it gives", r.macro, expansion)
	}
	if value.File == build.CommandLine {
		f.File = ""
		f.Message += "; make passes -D" + r.macro + " to the compiler"
	}
	if len(in) < of {
		f.Message += fmt.Sprintf("; so for %d of %d objects: %s", len(in), of, someOf(in))
	}
	if how == unclear {
		c.notes = append(c.notes, f)
		return
	}
	c.find(f)
}
