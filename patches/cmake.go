package patches

import (
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// cmakeRun reads CMake files as CMake would, as far as it can for certain: variables, conditions,
// includes, loops, and the definitions that targets are compiled with. All else is skipped.
type cmakeRun struct {
	*makeRun
	set map[string]cmakeVar
	// given are the variables that CMake's command line sets.
	given map[string]bool
	// defined are the functions and macros of the files.
	defined map[string]cmakeFunction
	// files are the files that are being read, the innermost last.
	files []string
	conds *conditions
	// parents are what the functions that are running give to their callers, the innermost last.
	parents []map[string]cmakeVar
	// modules is the micropython.cmake that USER_C_MODULES names; "" for mpwolf's own alone.
	modules string
	calls   int
	// foreign is set once a library's or CMake's own rules have run, which set variables that are
	// not followed.
	foreign bool
}

// cmakeFunction is a function or a macro.
type cmakeFunction struct {
	params []string
	body   []cmakeCommand
	file   string
	macro  bool
}

// maxCalls limits how many commands are read: loops and functions may go on forever.
const maxCalls = 100_000

func newCMakeRun(m *makeRun) *cmakeRun {
	return &cmakeRun{makeRun: m, set: map[string]cmakeVar{}, given: map[string]bool{},
		defined: map[string]cmakeFunction{}, conds: &conditions{}}
}

// give sets a variable as -DNAME=VALUE does: set() in a file hides it all the same.
func (r *cmakeRun) give(name, value string) {
	r.set[name] = cmakeVar{items: []cmakeItem{{text: value, known: true, made: true, state: yes}},
		known: true}
	r.given[name] = true
}

// arguments reads the -DNAME=VALUE among CMake's arguments.
func (r *cmakeRun) arguments(words string) {
	for _, word := range makeWords(words) {
		set, value, assigns := strings.Cut(strings.TrimPrefix(word, "-D"), "=")
		if name, _, _ := strings.Cut(set, ":"); assigns && strings.HasPrefix(word, "-D") {
			r.give(name, unquote(value))
		}
	}
}

// file reads a file by our name for it.
func (r *cmakeRun) file(rel string) {
	text, ok := r.src.file(rel)
	if !ok || len(r.files) >= maxIncludes || r.seen[rel] >= maxVisits {
		return
	}
	r.seen[rel]++
	list, hadList := r.set["CMAKE_CURRENT_LIST_DIR"]
	r.files = append(r.files, rel)
	r.give("CMAKE_CURRENT_LIST_DIR", r.absolute(path.Dir(rel)))
	outer := r.conds
	r.conds = &conditions{around: outer}
	r.run(parseCMake(text))
	r.conds = outer
	r.files = r.files[:len(r.files)-1]
	if hadList {
		r.set["CMAKE_CURRENT_LIST_DIR"] = list
	}
}

// absolute is the path of a file by our name for it.
func (r *cmakeRun) absolute(rel string) string {
	if path.IsAbs(rel) {
		return path.Clean(rel)
	}
	return path.Join(r.src.top, rel)
}

func (r *cmakeRun) here() string { return r.files[len(r.files)-1] }

// run reads commands in turn.
func (r *cmakeRun) run(commands []cmakeCommand) {
	for i := 0; i < len(commands); i++ {
		c := commands[i]
		if r.calls++; r.calls > maxCalls {
			return
		}
		end := ""
		switch c.name {
		case "if":
			r.conds.push(r.test(c), r.place(c))
			continue
		case "elseif":
			r.conds.turn(r.test(c), r.place(c))
			continue
		case "else":
			r.conds.turn(yes, r.place(c))
			continue
		case "endif":
			r.conds.pop()
			continue
		case "return":
			if r.conds.active() == yes {
				return
			}
			continue
		case "foreach", "while", "function", "macro", "block":
			end = "end" + c.name
		}
		if end == "" {
			r.command(c)
			continue
		}
		body, next := cmakeBody(commands, i, c.name, end)
		i = next
		switch c.name {
		case "function", "macro":
			r.define(c, body)
		case "foreach":
			r.foreach(c, body)
		default:
			r.perhaps(c, body)
		}
	}
}

// cmakeBody are the commands of a block that begins at i, and where it ends.
func cmakeBody(commands []cmakeCommand, i int, begin, end string) ([]cmakeCommand, int) {
	depth := 0
	for at := i; at < len(commands); at++ {
		switch commands[at].name {
		case begin:
			depth++
		case end:
			if depth--; depth == 0 {
				return commands[i+1 : at], at
			}
		}
	}
	return commands[i+1:], len(commands)
}

func (r *cmakeRun) place(c cmakeCommand) string { return place(r.here(), c.line, c.text) }

// perhaps reads a block of which it is not known whether, or how often, it is run.
func (r *cmakeRun) perhaps(c cmakeCommand, body []cmakeCommand) {
	r.conds.push(maybe, r.place(c))
	r.run(body)
	r.conds.pop()
}

func (r *cmakeRun) define(c cmakeCommand, body []cmakeCommand) {
	if len(c.args) == 0 || r.conds.active() == no {
		return
	}
	f := cmakeFunction{body: body, file: r.here(), macro: c.name == "macro"}
	for _, arg := range c.args[1:] {
		f.params = append(f.params, arg.text)
	}
	r.defined[strings.ToLower(c.args[0].text)] = f
}

// foreach runs the body for each word of a list that is known.
func (r *cmakeRun) foreach(c cmakeCommand, body []cmakeCommand) {
	if r.conds.active() == no || len(c.args) == 0 {
		return
	}
	name := c.args[0].text
	words, ok := r.foreachWords(c.args[1:])
	if !ok {
		r.set[name] = cmakeVar{}
		r.perhaps(c, body)
		return
	}
	old, had := r.set[name]
	for _, word := range words {
		r.set[name] = cmakeVar{items: []cmakeItem{word}, known: true}
		r.run(body)
	}
	// Before CMake 3.21 it is then empty, and not unset (CMP0124).
	if r.set[name] = (cmakeVar{}); had {
		r.set[name] = old
	}
}

func (r *cmakeRun) foreachWords(args []cmakeArgument) (words []cmakeItem, ok bool) {
	if len(args) == 0 || args[0].text == "RANGE" {
		return nil, false
	}
	if args[0].text != "IN" {
		return r.expandAll(args)
	}
	lists := false
	for _, arg := range args[1:] {
		switch {
		case arg.text == "LISTS" || arg.text == "ITEMS":
			lists = arg.text == "LISTS"
		case arg.text == "ZIP_LISTS":
			return nil, false
		case lists:
			v, exists := r.set[arg.text]
			if exists && !v.known || !exists && !r.unset(arg.text) {
				return nil, false
			}
			for _, item := range v.items {
				words = append(words, item.split()...)
			}
		default:
			items, known := r.expandAll([]cmakeArgument{arg})
			if !known {
				return nil, false
			}
			words = append(words, items...)
		}
	}
	return words, true
}

// call runs a function or a macro of the files.
func (r *cmakeRun) call(f cmakeFunction, c cmakeCommand) {
	if len(r.files) >= maxIncludes {
		return
	}
	args, ok := r.expandAll(c.args)
	before := maps.Clone(r.set)
	names := slices.Concat(f.params, []string{"ARGN", "ARGV", "ARGC"})
	for i, name := range f.params {
		v := cmakeVar{known: ok}
		if i < len(args) {
			v.items = args[i : i+1]
		}
		r.set[name] = v
	}
	r.set["ARGN"] = cmakeVar{items: args[min(len(f.params), len(args)):], known: ok}
	r.set["ARGV"] = cmakeVar{items: args, known: ok}
	r.set["ARGC"] = r.madeVar(strconv.Itoa(len(args)), ok)
	r.files = append(r.files, f.file)
	outer := r.conds
	r.conds = &conditions{around: outer}
	if !f.macro {
		r.parents = append(r.parents, map[string]cmakeVar{})
	}
	r.run(f.body)
	r.conds = outer
	r.files = r.files[:len(r.files)-1]
	if f.macro {
		for _, name := range names {
			if delete(r.set, name); before[name].known {
				r.set[name] = before[name]
			}
		}
		return
	}
	given := r.parents[len(r.parents)-1]
	r.parents = r.parents[:len(r.parents)-1]
	r.set = before
	for name, v := range given {
		r.assignVar(name, v)
	}
}

// The files at which user modules and the SDK's own rules begin.
const (
	userModFile    = "py/usermod.cmake"
	librariesBegin = "lib/"
)

func (r *cmakeRun) include(c cmakeCommand) {
	if len(c.args) == 0 {
		return
	}
	text, ok := r.expand(c.args[0].text)
	if !ok {
		r.unread = append(r.unread, Unread{r.here(), c.line, c.text})
		return
	}
	if !strings.Contains(text, "/") && !strings.HasSuffix(text, ".cmake") {
		r.foreign = true // one of CMake's own modules
		return
	}
	rel := r.src.name(r.dir, text)
	switch {
	case rel == userModFile:
		r.userModules()
	case strings.HasPrefix(rel, librariesBegin):
		r.foreign = true // none of MicroPython's variables is among what it sets, see unset
	case path.Base(rel) == cmakeFragmentName && path.Base(path.Dir(rel)) == ownModule:
		r.own()
	default:
		r.file(rel)
	}
}

// cmakeFragmentName is the file of a user module that CMake includes.
const cmakeFragmentName = "micropython.cmake"

// userModules reads what USER_C_MODULES names: of mpwolf's own module, only what takes the place
// of changes to the tree.
func (r *cmakeRun) userModules() {
	if r.modules != "" {
		r.file(r.modules)
		return
	}
	r.own()
}

func (r *cmakeRun) own() {
	if r.fragment == "" {
		return
	}
	r.file(r.fragment)
	v := r.set[moduleDefinitions]
	for _, item := range v.items {
		r.definition(item, "usermod", false)
	}
}

// moduleDefinitions is the list of our micropython.cmake that a pristine fragment adds to.
const moduleDefinitions = "WOLFSSL_DEFINITIONS"
