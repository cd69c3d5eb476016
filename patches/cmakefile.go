package patches

import "strings"

// cmakeCommand is one command of a CMake file: name(argument …). CMake has nothing else.
type cmakeCommand struct {
	name string // in lower case
	line int    // from 1
	text string // as written, on one line
	args []cmakeArgument
}

// cmakeArgument is an argument as written: quoted "…", in brackets [[…]], or neither.
type cmakeArgument struct {
	text   string // without the quotes, with the escapes
	quoted bool   // also for brackets
	raw    bool   // in brackets, where nothing is expanded
	line   int
	start  int // where the text is in the file, in bytes
}

// parseCMake splits a file into its commands. What is not CMake is left out: CMake itself will
// report it.
func parseCMake(text []byte) []cmakeCommand {
	p := &cmakeParser{text: string(text), line: 1}
	var commands []cmakeCommand
	for p.skip(); p.at < len(p.text); p.skip() {
		from, line := p.at, p.line
		name := p.word()
		if name == "" {
			p.next()
			continue
		}
		p.skip()
		if p.peek() != '(' {
			continue
		}
		args, ok := p.arguments()
		if !ok {
			return commands
		}
		commands = append(commands, cmakeCommand{name: strings.ToLower(name), line: line,
			text: oneLine(p.text[from:p.at]), args: args})
	}
	return commands
}

// oneLine is a command without its comments' line ends, shortened.
func oneLine(text string) string {
	const most = 100
	text = strings.Join(strings.Fields(text), " ")
	if len(text) > most {
		text = text[:most] + "…"
	}
	return text
}

type cmakeParser struct {
	text string
	at   int
	line int
}

// peek is the next byte; 0 at the end.
func (p *cmakeParser) peek() byte {
	if p.at >= len(p.text) {
		return 0
	}
	return p.text[p.at]
}

func (p *cmakeParser) next() {
	if p.peek() == '\n' {
		p.line++
	}
	p.at++
}

// take moves n bytes on.
func (p *cmakeParser) take(n int) {
	p.line += strings.Count(p.text[p.at:p.at+n], "\n")
	p.at += n
}

// skip leaves out spaces and comments.
func (p *cmakeParser) skip() {
	for p.at < len(p.text) {
		switch c := p.peek(); {
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == ';':
			p.next()
		case c == '#':
			p.comment()
		default:
			return
		}
	}
}

func (p *cmakeParser) comment() {
	p.at++
	if open, width := p.bracket(); open {
		p.take(width)
		return
	}
	for p.at < len(p.text) && p.peek() != '\n' {
		p.at++
	}
}

// bracket is the width of a bracket argument here, [[…]] or [=[…]=]; one without an end has none.
func (p *cmakeParser) bracket() (open bool, width int) {
	rest := p.text[p.at:]
	if !strings.HasPrefix(rest, "[") {
		return false, 0
	}
	equals := len(rest[1:]) - len(strings.TrimLeft(rest[1:], "="))
	if !strings.HasPrefix(rest[1+equals:], "[") {
		return false, 0
	}
	end := "]" + strings.Repeat("=", equals) + "]"
	i := strings.Index(rest[equals+2:], end)
	if i < 0 {
		return false, 0
	}
	return true, equals + 2 + i + len(end)
}

func (p *cmakeParser) word() string {
	from := p.at
	for p.at < len(p.text) && isWordByte(p.text[p.at]) {
		p.at++
	}
	return p.text[from:p.at]
}

func isWordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// arguments reads from one bracket to the other. Brackets inside are arguments of their own: only
// conditions have them.
func (p *cmakeParser) arguments() (args []cmakeArgument, ok bool) {
	depth := 0
	for {
		p.skip()
		at := cmakeArgument{line: p.line, start: p.at}
		switch c := p.peek(); {
		case p.at >= len(p.text):
			return nil, false
		case c == '(':
			if depth++; depth > 1 {
				at.text = "("
				args = append(args, at)
			}
			p.next()
		case c == ')':
			p.next()
			if depth--; depth == 0 {
				return args, true
			}
			at.text = ")"
			args = append(args, at)
		case c == '"':
			if at, ok = p.quoted(); !ok {
				return nil, false
			}
			args = append(args, at)
		default:
			if open, width := p.bracket(); open {
				inside := p.text[p.at : p.at+width]
				equals := strings.Index(inside[1:], "[") + 2
				at.text, at.quoted, at.raw = inside[equals:len(inside)-equals], true, true
				at.start += equals
				p.take(width)
			} else {
				at.text = p.unquoted()
			}
			args = append(args, at)
		}
	}
}

func (p *cmakeParser) quoted() (cmakeArgument, bool) {
	p.next()
	a := cmakeArgument{quoted: true, line: p.line, start: p.at}
	for p.at < len(p.text) {
		switch p.peek() {
		case '\\':
			p.next()
		case '"':
			a.text = p.text[a.start:p.at]
			p.next()
			return a, true
		}
		p.next()
	}
	return a, false
}

// unquoted reads up to a space, a bracket or a comment. A quoted part inside, as in NAME="a b",
// belongs to it.
func (p *cmakeParser) unquoted() string {
	from := p.at
	for p.at < len(p.text) {
		switch c := p.peek(); {
		case c == '\\' && p.at+1 < len(p.text):
			p.next()
		case c == '"':
			for p.next(); p.at < len(p.text) && p.peek() != '"'; p.next() {
				if p.peek() == '\\' {
					p.next()
				}
			}
		case c == '$' && strings.HasPrefix(p.text[p.at:], "$("): // make's reference
			p.next()
			for p.at < len(p.text) && p.peek() != ')' {
				p.next()
			}
		case strings.IndexByte(" \t\r\n()#", c) >= 0:
			return p.text[from:p.at]
		}
		if p.at < len(p.text) {
			p.next()
		}
	}
	return p.text[min(from, len(p.text)):]
}
