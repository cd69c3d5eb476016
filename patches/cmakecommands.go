package patches

import (
	"path"
	"slices"
	"strings"

	"mpwolf/internal/lazyregexp"
)

// command reads a command that is not part of a block.
func (r *cmakeRun) command(c cmakeCommand) {
	if r.conds.active() == no {
		r.inactive(c)
		return
	}
	if f, is := r.defined[c.name]; is {
		r.call(f, c)
		return
	}
	switch c.name {
	case "set":
		r.setCommand(c)
	case "unset":
		r.unsetCommand(c)
	case "option":
		r.option(c)
	case "list":
		r.list(c)
	case "string":
		r.text(c)
	case "get_filename_component":
		r.fileName(c)
	case "include":
		r.include(c)
	case "target_compile_definitions":
		r.targetDefinitions(c)
	case "add_compile_definitions", "add_definitions":
		r.definitions(c, c.args, "the directory", c.name == "add_definitions")
	case "target_compile_options", "add_compile_options":
		r.definitions(c, c.args, "options", true)
	case "project", "find_package", "enable_language", "add_subdirectory":
		r.foreign = true
	default:
		if !slices.Contains(cmakeHarmless, c.name) {
			r.unknown(c, c.args)
		}
	}
}

// cmakeHarmless are the commands that set no variable of their arguments' names.
var cmakeHarmless = []string{"add_custom_command", "add_custom_target", "add_dependencies",
	"add_executable", "add_library", "add_link_options", "cmake_minimum_required",
	"cmake_policy", "endblock", "export", "install", "link_libraries", "mark_as_advanced",
	"message", "set_property",
	"set_source_files_properties", "set_target_properties", "target_include_directories",
	"target_link_libraries", "target_link_options", "target_sources", "target_compile_features",
	"include_directories", "include_guard"}

// inactive records what a command that takes no effect would set.
func (r *cmakeRun) inactive(c cmakeCommand) {
	switch {
	case c.name == "set" && len(c.args) > 1, c.name == "option" && len(c.args) > 2:
		r.variableSite(c, c.args[len(c.args)-1])
	case c.name == "target_compile_definitions":
		r.targetDefinitions(c)
	}
}

// unknown marks the variables that a command may set: those whose names are its arguments.
func (r *cmakeRun) unknown(c cmakeCommand, args []cmakeArgument) {
	for _, arg := range args {
		if v, is := r.set[arg.text]; is && !arg.quoted && !r.isKeyword(arg.text) {
			v.known = false
			r.set[arg.text] = v
		} else if !is && isCMakeName(arg.text) && !arg.quoted && c.name != "include" {
			if ours(arg.text) {
				r.set[arg.text] = cmakeVar{}
			}
		}
	}
}

func (r *cmakeRun) isKeyword(text string) bool { return strings.HasPrefix(text, "CMAKE_CURRENT_") }

func isCMakeName(text string) bool {
	return text != "" && strings.Trim(text,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// setCommand is set(NAME VALUE…), with CACHE or PARENT_SCOPE at its end.
func (r *cmakeRun) setCommand(c cmakeCommand) {
	if len(c.args) == 0 {
		return
	}
	name, ok := r.expand(c.args[0].text)
	if !ok || strings.HasPrefix(name, "ENV{") {
		return
	}
	values, cached, forced, outside := c.args[1:], false, false, false
	for i, arg := range values {
		if arg.quoted {
			continue
		}
		if arg.text == "CACHE" || arg.text == "PARENT_SCOPE" {
			cached, outside = arg.text == "CACHE", arg.text == "PARENT_SCOPE"
			forced = values[len(values)-1].text == "FORCE"
			values = values[:i]
			break
		}
	}
	_, exists := r.set[name]
	if cached && exists && !forced {
		r.overruledSite(c, values)
		return
	}
	if len(values) == 0 && !outside {
		r.forget(c, name)
		return
	}
	items, known := r.expandAll(values)
	if known && len(items) == 0 && !outside {
		r.forget(c, name)
		return
	}
	v := cmakeVar{items: items, known: known}
	if len(values) > 0 {
		v.site = r.variableSite(c, values[0])
	}
	if outside {
		r.outside(name, v)
		return
	}
	if strings.HasPrefix(name, "CMAKE_C_FLAGS") {
		r.definitions(c, values, "flags", true)
	}
	if len(values) > 1 && v.site != nil {
		v.site.made = true // a list: its items are edited, not the whole
		v.site.Text = v.text()
	}
	r.assignVar(name, v)
}

// outside gives a variable of a function's caller a value; outside of functions it has no effect.
func (r *cmakeRun) outside(name string, v cmakeVar) {
	if len(r.parents) == 0 {
		return
	}
	given := r.parents[len(r.parents)-1]
	if old, is := given[name]; r.conds.active() == maybe {
		v.known = is && old.known && v.known && old.text() == v.text()
	}
	given[name] = v
}

// forget is a set without a value, or unset.
func (r *cmakeRun) forget(_ cmakeCommand, name string) {
	if r.conds.active() == yes {
		delete(r.set, name)
		return
	}
	if v, exists := r.set[name]; exists {
		v.known = false
		r.set[name] = v
	}
}

func (r *cmakeRun) unsetCommand(c cmakeCommand) {
	if len(c.args) > 0 {
		if name, ok := r.expand(c.args[0].text); ok {
			r.forget(c, name)
		}
	}
}

// assignVar gives a variable a value on a line that may be uncertain.
func (r *cmakeRun) assignVar(name string, v cmakeVar) {
	old, exists := r.set[name]
	if r.conds.active() == maybe {
		same := exists && old.known && v.known && old.text() == v.text()
		v.known = same
	}
	r.set[name] = v
}

// option is option(NAME "text" [value]): it has no effect on a variable that is set.
func (r *cmakeRun) option(c cmakeCommand) {
	if len(c.args) < 2 {
		return
	}
	name := c.args[0].text
	value := cmakeArgument{text: "OFF", line: c.line}
	if len(c.args) > 2 {
		value = c.args[2]
	}
	if _, exists := r.set[name]; exists {
		r.overruledSite(c, []cmakeArgument{value})
		return
	}
	items, known := r.expandAll([]cmakeArgument{value})
	site := r.variableSite(c, value)
	if site != nil && len(c.args) < 3 {
		site.made = true
	}
	r.assignVar(name, cmakeVar{items: items, known: known, site: site})
}

// variableSite records that a command sets a variable; value is the argument that an edit changes.
func (r *cmakeRun) variableSite(c cmakeCommand, value cmakeArgument) *Site {
	if !isCMakeName(c.args[0].text) {
		return nil
	}
	site := &Site{File: r.here(), Line: value.line, Kind: CMakeVariable, Macro: c.args[0].text,
		Text: value.text, Op: c.name, raw: value.text, active: r.conds.active(),
		Maybe: r.conds.doubt(), When: r.conds.when(), cmake: true, start: value.start,
		end: value.start + len(value.text)}
	site.made = strings.ContainsAny(value.text, "$\\\n")
	site.Line = c.line
	r.sites = append(r.sites, site)
	return site
}

// overruledSite records a value for the cache where the variable has one already.
func (r *cmakeRun) overruledSite(c cmakeCommand, values []cmakeArgument) {
	if len(values) == 0 {
		return
	}
	if site := r.variableSite(c, values[0]); site != nil {
		site.overruled = true
	}
}

// list is list(APPEND NAME …) and its like; another operation makes its variables unknown.
func (r *cmakeRun) list(c cmakeCommand) {
	if len(c.args) < 2 {
		return
	}
	name, ok := r.expand(c.args[1].text)
	if !ok {
		return
	}
	items, known := r.expandAll(c.args[2:])
	v := r.set[name]
	v.items = slices.Clone(v.items)
	_, exists := r.set[name]
	known = known && (v.known || !exists)
	switch c.args[0].text {
	case "APPEND":
		if known && len(items) == 0 && !exists {
			return
		}
		if v.text() == "" {
			v.items = nil
		}
		v.items = append(v.items, items...)
	case "PREPEND":
		known = known && v.text() != "" // what CMake makes of an empty one depends
		v.items = append(items, v.items...)
	case "REMOVE_ITEM":
		if !exists {
			return
		}
		var left []cmakeItem
		for _, item := range v.items {
			known = known && !strings.Contains(";"+item.text+";", ";;") // empty words stay
			left = append(left, item.split()...)
		}
		for _, item := range items {
			known = known && !strings.Contains(item.text, ";")
		}
		v.items = slices.DeleteFunc(left, func(item cmakeItem) bool {
			return slices.ContainsFunc(items, func(i cmakeItem) bool {
				return i.text == item.text
			})
		})
	case "LENGTH", "GET", "FIND", "JOIN", "SUBLIST":
		if out := c.args[len(c.args)-1]; isCMakeName(out.text) {
			r.set[out.text] = cmakeVar{}
		}
		return
	default:
		r.unknown(c, c.args[1:])
		return
	}
	v.known = known
	if r.conds.active() == maybe {
		v.known = false // its items know that they are uncertain
	}
	r.set[name] = v
}

// text is string(…): what MicroPython's files use.
func (r *cmakeRun) text(c cmakeCommand) {
	if len(c.args) < 3 {
		r.unknown(c, c.args)
		return
	}
	switch c.args[0].text {
	case "TOLOWER", "TOUPPER":
		value, known := r.expand(c.args[1].text)
		change := strings.ToLower
		if c.args[0].text == "TOUPPER" {
			change = strings.ToUpper
		}
		r.assignVar(c.args[2].text, r.madeVar(change(value), known))
	case "APPEND":
		name := c.args[1].text
		old, exists := r.set[name]
		items, known := r.expandAll(c.args[2:])
		value := old.text()
		for _, item := range items {
			value += item.text
		}
		r.assignVar(name, r.madeVar(value, known && (old.known || !exists)))
		if strings.HasSuffix(name, "FLAGS") {
			r.definitions(c, c.args[2:], "flags", true)
		}
	case "REPLACE":
		if len(c.args) > 3 {
			words, known := r.expandAll(append(slices.Clone(c.args[1:3]), c.args[4:]...))
			if known && len(words) == 3 {
				r.assignVar(c.args[3].text, r.madeVar(
					strings.ReplaceAll(words[2].text, words[0].text, words[1].text), true))
				return
			}
			r.set[c.args[3].text] = cmakeVar{}
		}
	default:
		for _, arg := range c.args[1:] {
			if isCMakeName(arg.text) {
				r.set[arg.text] = cmakeVar{}
			}
		}
	}
}

// fileName is get_filename_component(NAME path MODE).
func (r *cmakeRun) fileName(c cmakeCommand) {
	if len(c.args) < 3 {
		return
	}
	file, known := r.expand(c.args[1].text)
	switch c.args[2].text {
	case "ABSOLUTE", "REALPATH":
		if !path.IsAbs(file) {
			file = path.Join(r.src.top, r.dir, file)
		}
		file = path.Clean(file)
	case "NAME":
		file = path.Base(file)
	case "DIRECTORY", "PATH":
		if file = path.Dir(file); file == "." {
			file = ""
		}
	default:
		known = false
	}
	r.assignVar(c.args[0].text, r.madeVar(file, known))
}

// targetDefinitions is target_compile_definitions(TARGET PRIVATE NAME=VALUE …).
func (r *cmakeRun) targetDefinitions(c cmakeCommand) {
	if len(c.args) < 2 {
		return
	}
	target, ok := r.expand(c.args[0].text)
	firmware := r.set["MICROPY_TARGET"]
	own := !ok || !firmware.known || target == firmware.text()
	scope := "PUBLIC"
	for _, arg := range c.args[1:] {
		if !arg.quoted && slices.Contains([]string{"PRIVATE", "PUBLIC", "INTERFACE"}, arg.text) {
			scope = arg.text
			continue
		}
		if own || scope != "PRIVATE" { // another target's own definitions are for its own sources
			r.definitions(c, []cmakeArgument{arg}, target, false)
		}
	}
}

// definitions records what words define; options says that only -DNAME does.
func (r *cmakeRun) definitions(
	c cmakeCommand, args []cmakeArgument, holder string, options bool,
) {
	for _, arg := range args {
		r.generated(c, arg, holder)
	}
	items, _ := r.expandAll(args)
	for _, item := range items {
		if options {
			for _, word := range strings.Fields(item.text) {
				if strings.HasPrefix(word, "-D") || strings.HasPrefix(word, "-U") {
					part := item
					if word != item.text {
						part.made, part.text = true, word
					}
					r.definition(part, holder, true)
				}
			}
			continue
		}
		if !item.known && strings.Contains(item.text, "$") &&
			!slices.Contains(r.unread, Unread{r.here(), c.line, c.text}) {
			r.unread = append(r.unread, Unread{r.here(), c.line, c.text})
		}
		r.definition(item, holder, false)
	}
}

// generatedName is a definition in a generator expression: $<CONDITION:NAME=VALUE>.
var generatedName = lazyregexp.New(`[:;](?:-D)?([A-Za-z_]\w*)(?:=([^>;]*))?[>;]`)

// generated records what a generator expression may define: CMake evaluates it when all is read.
func (r *cmakeRun) generated(c cmakeCommand, arg cmakeArgument, holder string) {
	if !strings.Contains(arg.text, "$<") {
		return
	}
	for _, m := range generatedName().FindAllStringSubmatch(arg.text, -1) {
		site := &Site{File: r.here(), Line: arg.line, Kind: CompilerFlag, Macro: m[1], Text: m[2],
			active: maybe, Maybe: place(r.here(), c.line, c.text), When: r.conds.when(),
			holder: holder, cmake: true, made: true, start: arg.start, end: arg.start}
		r.sites, r.flags = append(r.sites, site), append(r.flags, site)
	}
}

var cmakeDefinition = lazyregexp.New(`^(-D|-U)?([A-Za-z_]\w*)(?:=((?s:.*)))?$`)

// definition records one NAME=VALUE.
func (r *cmakeRun) definition(item cmakeItem, holder string, options bool) {
	m := cmakeDefinition().FindStringSubmatchIndex(item.text)
	if m == nil || options && m[2] < 0 {
		return
	}
	site := &Site{File: item.file, Line: item.line, Kind: CompilerFlag,
		Macro: item.text[m[4]:m[5]], Text: "1", active: r.conds.active().and(item.state),
		Maybe: r.conds.doubt(), When: r.conds.when(), holder: holder, cmake: true,
		made: item.made, start: item.start + m[5], end: item.start + m[5]}
	if site.Maybe == "" {
		site.Maybe = item.doubt
	}
	if site.When == "" || item.when != "" {
		site.When = item.when
	}
	if m[6] >= 0 {
		site.Text = cmakeUnescape(item.text[m[6]:m[7]])
		site.start, site.end = item.start+m[6], item.start+m[7]
	}
	if m[2] >= 0 && item.text[m[2]:m[3]] == "-U" {
		site.Kind, site.Text = CompilerUndef, ""
	}
	if item.file == "" {
		site.File, site.Line, site.made = r.here(), 0, true
	}
	if !item.known {
		site.active = site.active.and(maybe)
		if site.Maybe == "" {
			site.Maybe = place(site.File, site.Line, site.Written())
		}
	}
	r.sites = append(r.sites, site)
	if site.active != no {
		r.flags = append(r.flags, site)
	}
}

// cmakeUnescape takes the backslashes off.
func cmakeUnescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '\\' && i+1 < len(text) {
			i++
		}
		b.WriteByte(text[i])
	}
	return b.String()
}
