package patches

import (
	"slices"
	"strconv"
	"strings"

	"mpwolf/internal/lazyregexp"
)

var cToken = lazyregexp.New(
	`^\s*(?:([A-Za-z_]\w*)|(0[xX][0-9a-fA-F]+|[0-9]+)[uUlL]*|('(?:\\.|[^'])')|` +
		`(<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%<>!~&|^?:(),]))`)

// eval evaluates a preprocessor expression. It returns false if a part that matters is not
// certain: a macro of the compiler's, or one that is set only under a condition that could not
// be read.
func (h *headerRun) eval(expr string) (int64, bool) {
	p := &parser{run: h}
	if !p.tokenize(expr, nil, 0) {
		return 0, false
	}
	v := p.ternary()
	if p.bad || p.pos != len(p.tokens) {
		return 0, false
	}
	return v.n, v.ok
}

type token struct {
	kind byte // 'n' number, 'o' operator, '?' a number that is not known
	text string
	n    int64
}

// parser is a recursive-descent parser of #if expressions, over tokens whose macros are already
// expanded.
type parser struct {
	run    *headerRun
	tokens []token
	pos    int
	bad    bool
	steps  int
}

// number is the value of a part of the expression, if it is known.
type number struct {
	n  int64
	ok bool
}

// tokenize appends the tokens of s with macros expanded; busy are the macros in expansion, which C
// does not expand again.
func (p *parser) tokenize(s string, busy []string, depth int) bool {
	p.steps++
	if depth > maxExpansion || len(p.tokens) > maxSteps || p.steps > maxSteps {
		return false
	}
	if strings.Contains(strings.TrimRight(s, "\r"), "\r") {
		return false // GCC ends a line at a carriage return by itself, other compilers do not
	}
	for strings.TrimSpace(s) != "" {
		m := cToken().FindStringSubmatch(s)
		if m == nil {
			return false
		}
		s = s[len(m[0]):]
		switch {
		case m[1] == "defined":
			rest, ok := p.definedOperator(s)
			if !ok {
				return false
			}
			s = rest
		case m[1] != "":
			rest, ok := p.identifier(m[1], s, busy, depth)
			if !ok {
				return false
			}
			s = rest
		case m[2] != "":
			n, err := strconv.ParseInt(m[2], 0, 64)
			p.push(number{n, err == nil})
		case m[3] != "":
			p.push(number{int64(m[3][1]), m[3][1] != '\\'})
		default:
			p.tokens = append(p.tokens, token{kind: 'o', text: m[4]})
		}
	}
	return true
}

func (p *parser) push(v number) {
	kind := byte('n')
	if !v.ok {
		kind = '?'
	}
	p.tokens = append(p.tokens, token{kind: kind, n: v.n})
}

var definedArg = lazyregexp.New(`^\s*(?:\(\s*([A-Za-z_]\w*)\s*\)|([A-Za-z_]\w*))`)

func (p *parser) definedOperator(s string) (string, bool) {
	m := definedArg().FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	t := p.run.defined(m[1] + m[2])
	p.push(number{int64(t) / 2, t.isKnown()})
	return s[len(m[0]):], true
}

// identifier expands a macro, or pushes 0 for a name that is not one, as C does.
func (p *parser) identifier(name, rest string, busy []string, depth int) (string, bool) {
	macro, exists := p.run.macros[name]
	switch {
	case slices.Contains(busy, name):
		p.push(number{0, true})
	case !exists && !ours(name) && p.run.known != nil:
		body, defined := p.run.known[name]
		if !defined {
			p.push(number{0, true})
			break
		}
		return rest, p.tokenize(body, append(busy, name), depth+1)
	case !exists:
		p.push(number{0, ours(name)})
		if strings.HasPrefix(strings.TrimSpace(rest), "(") && !ours(name) {
			// __has_include(…) and the like: the arguments are not an expression.
			_, after, ok := callArguments(rest)
			return after, ok
		}
	case macro.state == maybe:
		p.push(number{0, false})
	case macro.params == nil:
		return rest, p.tokenize(macro.body, append(busy, name), depth+1)
	default:
		args, after, ok := callArguments(rest)
		if !ok || len(args) != len(macro.params) {
			return "", false
		}
		return after, p.tokenize(substitute(macro, args), append(busy, name), depth+1)
	}
	return rest, true
}

// callArguments takes "(a, b)" off the front of s.
func callArguments(s string) (args []string, rest string, ok bool) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "(") {
		return nil, "", false
	}
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '(':
			depth++
		case ')':
			depth--
			if depth == 0 {
				return splitArgs(s[1:i]), s[i+1:], true
			}
		}
	}
	return nil, "", false
}

var identifier = lazyregexp.New(`[A-Za-z_]\w*`)

func substitute(m cMacro, args []string) string {
	return identifier().ReplaceAllStringFunc(m.body, func(name string) string {
		if i := slices.Index(m.params, name); i >= 0 {
			return "(" + args[i] + ")"
		}
		return name
	})
}

func (p *parser) peek() string {
	if p.pos < len(p.tokens) && p.tokens[p.pos].kind == 'o' {
		return p.tokens[p.pos].text
	}
	return ""
}

func (p *parser) accept(op string) bool {
	if p.peek() == op {
		p.pos++
		return true
	}
	return false
}

func (p *parser) ternary() number {
	cond := p.binary(0)
	if !p.accept("?") {
		return cond
	}
	then := p.ternary()
	if !p.accept(":") {
		p.bad = true
	}
	otherwise := p.ternary()
	switch {
	case !cond.ok && then == otherwise:
		return then
	case !cond.ok:
		return number{}
	case cond.n != 0:
		return then
	}
	return otherwise
}

// precedence holds C's binary operators, the loosest first.
var precedence = [][]string{
	{"||"},
	{"&&"},
	{"|"},
	{"^"},
	{"&"},
	{"==", "!="},
	{"<", ">", "<=", ">="},
	{"<<", ">>"},
	{"+", "-"},
	{"*", "/", "%"},
}

func (p *parser) binary(level int) number {
	if level == len(precedence) {
		return p.unary()
	}
	left := p.binary(level + 1)
	for slices.Contains(precedence[level], p.peek()) && !p.bad {
		op := p.peek()
		p.pos++
		left = apply(op, left, p.binary(level+1))
	}
	return left
}

// apply computes a op b. && and || are decided by one side if that side is known to decide.
func apply(op string, a, b number) number {
	switch op {
	case "&&":
		if (a.ok && a.n == 0) || (b.ok && b.n == 0) {
			return number{0, true}
		}
		return number{boolean(a.n != 0 && b.n != 0), a.ok && b.ok}
	case "||":
		if (a.ok && a.n != 0) || (b.ok && b.n != 0) {
			return number{1, true}
		}
		return number{boolean(a.n != 0 || b.n != 0), a.ok && b.ok}
	}
	if (op == "/" || op == "%") && b.n == 0 {
		return number{}
	}
	if !a.ok || !b.ok {
		return number{}
	}
	return number{arithmetic(op, a.n, b.n), true}
}

func arithmetic(op string, a, b int64) int64 {
	switch op {
	case "|":
		return a | b
	case "^":
		return a ^ b
	case "&":
		return a & b
	case "==":
		return boolean(a == b)
	case "!=":
		return boolean(a != b)
	case "<":
		return boolean(a < b)
	case ">":
		return boolean(a > b)
	case "<=":
		return boolean(a <= b)
	case ">=":
		return boolean(a >= b)
	case "<<":
		return a << (uint64(b) & 63)
	case ">>":
		return a >> (uint64(b) & 63)
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	case "/":
		return a / b
	}
	return a % b
}

func boolean(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

func (p *parser) unary() number {
	switch {
	case p.accept("!"):
		v := p.unary()
		return number{boolean(v.n == 0), v.ok}
	case p.accept("-"):
		v := p.unary()
		return number{-v.n, v.ok}
	case p.accept("+"):
		return p.unary()
	case p.accept("~"):
		v := p.unary()
		return number{^v.n, v.ok}
	case p.accept("("):
		v := p.ternary()
		if !p.accept(")") {
			p.bad = true
		}
		return v
	}
	if p.pos >= len(p.tokens) || p.tokens[p.pos].kind == 'o' {
		p.bad = true
		return number{}
	}
	t := p.tokens[p.pos]
	p.pos++
	return number{t.n, t.kind == 'n'}
}
