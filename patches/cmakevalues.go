package patches

import (
	"strings"
)

// cmakeVar is a variable of CMake. Its items are what a list has; each knows where it is written.
type cmakeVar struct {
	items []cmakeItem
	known bool
	site  *Site // the command that decides, if any
}

// cmakeItem is an expanded word. Its position is that of its text in a file; an item that is made
// of others has none.
type cmakeItem struct {
	text   string
	file   string
	line   int
	start  int
	made   bool
	quoted bool
	known  bool
	// state, doubt and when are those of the line on which it is written.
	state truth
	doubt string
	when  string
}

func (v cmakeVar) text() string {
	texts := make([]string, len(v.items))
	for i, item := range v.items {
		texts[i] = item.text
	}
	return strings.Join(texts, ";")
}

func (r *cmakeRun) madeVar(text string, known bool) cmakeVar {
	return cmakeVar{items: []cmakeItem{{text: text, known: known, made: true,
		state: r.conds.active(), doubt: r.conds.doubt()}}, known: known}
}

// expandAll expands arguments: a list that is not quoted becomes several words. It returns false
// if any is not certain; the words are then as far as they are known.
func (r *cmakeRun) expandAll(args []cmakeArgument) (items []cmakeItem, ok bool) {
	ok = true
	for _, arg := range args {
		if name, whole := wholeReference(arg.text); whole && !arg.quoted {
			v, exists := r.set[name]
			known := exists && v.known || !exists && r.unset(name)
			for _, item := range v.items {
				items = append(items, item.split()...)
			}
			ok = ok && known
			continue
		}
		text, known := arg.text, true
		if !arg.raw {
			text, known = r.expand(arg.text)
		}
		ok = ok && known
		item := cmakeItem{text: text, file: r.here(), line: arg.line, start: arg.start,
			quoted: arg.quoted, known: known, made: text != arg.text,
			state: r.conds.active(), doubt: r.conds.doubt(), when: r.conds.when()}
		if arg.quoted {
			items = append(items, item)
		} else {
			items = append(items, item.split()...)
		}
	}
	return items, ok
}

// split are the words of an item that is not quoted: those of a list, without empty ones.
func (i cmakeItem) split() []cmakeItem {
	if i.text == "" {
		return nil
	}
	if !strings.Contains(i.text, ";") {
		return []cmakeItem{i}
	}
	var words []cmakeItem
	for _, word := range strings.Split(i.text, ";") {
		part := i
		part.text, part.made = word, true
		if word != "" {
			words = append(words, part)
		}
	}
	return words
}

// wholeReference is the name in an argument that is nothing but ${NAME}.
func wholeReference(text string) (name string, whole bool) {
	name, found := strings.CutPrefix(text, "${")
	name, ends := strings.CutSuffix(name, "}")
	return name, found && ends && isCMakeName(name)
}

// expand replaces ${NAME} and $ENV{NAME}. It returns false if a part is not certain.
func (r *cmakeRun) expand(text string) (string, bool) { return r.expandDeep(text, 0) }

func (r *cmakeRun) expandDeep(text string, depth int) (string, bool) {
	if !strings.Contains(text, "$") {
		return text, true
	}
	if depth > maxExpansion {
		return "", false
	}
	var b strings.Builder
	ok := true
	for i := 0; i < len(text); {
		rest := text[i:]
		environment := strings.HasPrefix(rest, "$ENV{")
		switch {
		case text[i] == '\\' && i+1 < len(text):
			b.WriteString(text[i : i+2])
			i += 2
		case strings.HasPrefix(rest, "${") || environment:
			open := strings.IndexByte(rest, '{')
			end := closingBrace(rest, open)
			if end < 0 {
				return "", false
			}
			name, known := r.expandDeep(rest[open+1:end], depth+1)
			value, is := r.value(name, environment)
			ok = ok && known && is
			b.WriteString(value)
			i += end + 1
		case strings.HasPrefix(rest, "$<"):
			return "", false
		default:
			b.WriteByte(text[i])
			i++
		}
	}
	return b.String(), ok
}

func closingBrace(text string, open int) int {
	depth := 0
	for i := open; i < len(text); i++ {
		switch text[i] {
		case '{':
			depth++
		case '}':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

func (r *cmakeRun) value(name string, environment bool) (string, bool) {
	if environment {
		v, is := r.vars[name] // make's, which exports those of its command line
		if is && (r.pinned[name] || v.environment) {
			return r.makeRun.expand("$(" + name + ")")
		}
		return "", true
	}
	v, exists := r.set[name]
	if !exists {
		return "", r.unset(name)
	}
	return v.text(), v.known
}
