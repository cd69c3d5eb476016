package build

import (
	"path/filepath"
	"slices"
	"strings"
)

// LinkOption is one word or option of a link as the linker gets it, whichever way the compiler
// was told to pass it on (-Wl, and -Xlinker). The Name of an input file is "".
type LinkOption struct {
	// Name has no dashes before it: "l", "wrap", "allow-multiple-definition".
	Name string
	// Value is what follows "=", or the next word; of an input it is the file.
	Value string
}

// Options are all options and inputs of the link, in their order.
func (l *Link) Options() []LinkOption {
	words := l.words()
	var options []LinkOption
	for i := 0; i < len(words); i++ {
		option, used := readOption(words[i:])
		options = append(options, option)
		i += used
	}
	return options
}

// linkWord is a word of a link: one of the compiler's command, or one that is passed on to the
// linker.
type linkWord struct {
	text     string
	toLinker bool
}

// words splits what -Wl, and -Xlinker pass on, in order.
func (l *Link) words() []linkWord {
	var words []linkWord
	plain := len(l.Argv) > 0 && isLinker(l.Argv[0])
	for i := 1; i < len(l.Argv); i++ {
		inside, used := handedOn(l.Argv[i:])
		if inside == nil {
			words = append(words, linkWord{l.Argv[i], plain})
		}
		for _, word := range inside {
			words = append(words, linkWord{word, true})
		}
		i += used
	}
	return words
}

// handedOn are the words that the option at the start of argv hands on to the linker, nil for
// another option, and how many words after it belong to it.
func handedOn(argv []string) (words []string, used int) {
	if inside, found := strings.CutPrefix(argv[0], "-Wl,"); found {
		return strings.Split(inside, ","), 0
	}
	const long = "--for-linker" // gcc's long form of -Xlinker
	if word, found := strings.CutPrefix(argv[0], long+"="); found {
		return []string{word}, 0
	}
	if (argv[0] == "-Xlinker" || argv[0] == long) && len(argv) > 1 {
		return []string{argv[1]}, 1
	}
	return nil, 0
}

// isLinker reports whether a program is a linker itself, as in the stm32 port, and not a
// compiler.
func isLinker(program string) bool {
	name := strings.TrimSuffix(filepath.Base(program), ".exe")
	for _, linker := range []string{"ld", "ld.bfd", "ld.gold", "ld.lld",
		"ld64.lld", "lld", "mold"} {
		if name == linker || strings.HasSuffix(name, "-"+linker) {
			return true
		}
	}
	return false
}

// joined are the options of one letter whose value may follow in the same word. "-T" is not one
// of them in "-Ttext" and the like, which are options of their own.
var joined = []string{"l", "L", "T", "u", "z"}

// The options that take the next word as their value if they contain none themselves.
var (
	compilerValued = strings.Fields("o x I isystem include iquote idirafter imacros isysroot MF " +
		"MT MQ D U arch target param " +
		"Xassembler Xpreprocessor framework aux-info B T L l u z e R wrapper specs prefix " +
		"library-directory entry force-link output for-assembler for-preprocessor dumpdir " +
		"dumpbase ld-path")
	linkerValued = strings.Fields("o T L l u z e m A a b c dT dynamic-linker F f G h soname Map " +
		"R rpath rpath-link y Y plugin " +
		"plugin-opt entry script library library-path undefined wrap defsym version-script " +
		"dynamic-list just-symbols init fini " +
		"oformat format section-start Tldata-segment mri-script architecture auxiliary filter " +
		"gpsize dependency-file out-implib output trace-symbol assert audit depaudit P c I " +
		"error-handling-script spare-dynamic-tags task-link version-exports-section " +
		"export-dynamic-symbol ignore-unresolved-symbol unresolved-symbols sort-section " +
		"hash-style exclude-libs package-metadata remap-inputs remap-inputs-file soname " +
		"Tbss Tdata Ttext Ttext-segment Trodata-segment " +
		"retain-symbols-file require-defined " +
		"default-script multiply_defined install_name export-dynamic-symbol-list arch")
)

// readOption reads the option at the start of words, and returns how many words after it are its
// value.
func readOption(words []linkWord) (option LinkOption, used int) {
	word := words[0]
	if !strings.HasPrefix(word.text, "-") || word.text == "-" {
		return LinkOption{Value: word.text}, 0
	}
	name := strings.TrimLeft(word.text, "-")
	name, value, given := strings.Cut(name, "=")
	if !strings.HasPrefix(word.text, "--") && len(name) > 1 && slices.Contains(joined, name[:1]) &&
		!isSection(name) {
		return LinkOption{name[:1], word.text[2:]}, 0
	}
	if !word.toLinker && strings.HasPrefix(word.text, "-B") && len(word.text) > 2 {
		return LinkOption{"B", word.text[2:]}, 0
	}
	valued := slices.Contains(compilerValued, name)
	if long, is := compilerLong[name]; is && !word.toLinker {
		name = long
	}
	if word.toLinker {
		name, valued = linkerName(name)
	}
	if !given && valued && len(words) > 1 {
		return LinkOption{name, words[1].text}, 1
	}
	return LinkOption{name, value}, 0
}

// compilerLong are gcc's long forms of options that matter for a link.
var compilerLong = map[string]string{"library-directory": "L", "entry": "e", "force-link": "u",
	"output": "o", "prefix": "B"}

// linkerPlain are the linker's options without a value that begin like one with a value.
var linkerPlain = []string{"export-dynamic", "version", "trace"}

// linkerName is the full name of a linker's option, and reports whether it has a value. GNU ld
// accepts any beginning of a name that is not ambiguous.
func linkerName(name string) (full string, valued bool) {
	if slices.Contains(linkerValued, name) {
		return name, true
	}
	if len(name) < 2 || slices.Contains(linkerPlain, name) {
		return name, false
	}
	full = name
	for _, long := range linkerValued {
		// Of two that fit, such as rpath and rpath-link, the linker takes none.
		if strings.HasPrefix(long, name) && (full == name || len(long) < len(full)) {
			full = long
		}
	}
	return full, full != name
}

// isSection reports whether an option with a T is the address of a section, or a whole word that
// begins like another letter's option, such as Apple's "-undefined".
func isSection(name string) bool {
	for _, word := range []string{"Tbss", "Tdata", "Ttext", "Trodata", "Tldata",
		"undefined", "unresolved"} {
		if strings.HasPrefix(name, word) {
			return true
		}
	}
	return false
}

// Is reports whether the option is this long option of the linker. GNU ld also accepts it
// shortened, as long as it is unambiguous: shortest is the shortest form.
func (o LinkOption) Is(name, shortest string) bool {
	return strings.HasPrefix(name, o.Name) && strings.HasPrefix(o.Name, shortest)
}
