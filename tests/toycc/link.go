package toycc

import (
	"debug/elf"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

const failed = "collect2: error: ld returned 1 exit status"

// link joins objects. Two strong definitions of a symbol, and a symbol without one, are errors, in
// GNU ld's words.
func (o *options) link() error {
	whole := &object{source: filepath.Base(o.output)}
	from := make(map[string]string) // symbols, and the object that defines each
	strong := make(map[string]bool)
	needed := make(map[string]string)
	var order, problems []string
	for _, input := range o.inputs {
		file, err := elf.Open(input)
		if err != nil {
			return fmt.Errorf("/usr/bin/ld: cannot find %s: %w\n%s", input, err, failed)
		}
		symbols, err := file.Symbols()
		data, dataErr := file.Section(".data").Data()
		if err := errors.Join(err, dataErr, file.Close()); err != nil {
			return fmt.Errorf("%s: %w", input, err)
		}
		whole.data = append(whole.data, data...)
		for _, s := range symbols {
			isWeak := elf.ST_BIND(s.Info) == elf.STB_WEAK
			switch {
			case elf.ST_TYPE(s.Info) == elf.STT_FILE:
			case s.Section == elf.SHN_UNDEF:
				if !isWeak && needed[s.Name] == "" {
					needed[s.Name] = input
					order = append(order, s.Name)
				}
			case !isWeak && strong[s.Name]:
				const text = "/usr/bin/ld: %s: in function `%s':\n" +
					"%s: multiple definition of `%s'; %s: first defined here"
				problems = append(problems,
					fmt.Sprintf(text, input, s.Name, input, s.Name, from[s.Name]))
			default:
				if from[s.Name] == "" {
					function := elf.ST_TYPE(s.Info) == elf.STT_FUNC
					whole.symbols = append(whole.symbols,
						symbol{name: s.Name, function: function,
							variable: !function, weak: isWeak})
				}
				from[s.Name], strong[s.Name] = input, !isWeak
			}
		}
	}
	for _, name := range order {
		if from[name] == "" {
			const text = "/usr/bin/ld: %s: in function `main':\n" +
				"(.text+0x0): undefined reference to `%s'"
			problems = append(problems, fmt.Sprintf(text, needed[name], name))
		}
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s\n%s", strings.Join(problems, "\n"), failed)
	}
	if o.mapFile != "" {
		if err := os.WriteFile(o.mapFile, nil, 0o666); err != nil {
			return err
		}
	}
	return os.WriteFile(o.output, whole.elf(true), 0o777)
}
