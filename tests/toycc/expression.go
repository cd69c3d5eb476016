package toycc

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// expression evaluates an #if by precedence climbing.
type expression struct {
	tokens []string
	err    error
}

var (
	definedOperator = regexp.MustCompile(`\bdefined\s*(?:\(\s*(\w+)\s*\)|(\w+))`)
	operator        = regexp.MustCompile(
		`[A-Za-z_]\w*|[0-9]\w*|'(?:[^'\\]|\\.)'|&&|\|\||[<>=!]=|<<|>>|\S`)
)

var precedence = map[string]int{
	"?": 1, "||": 2, "&&": 3, "|": 4, "^": 5, "&": 6, "==": 7, "!=": 7,
	"<": 8, ">": 8, "<=": 8, ">=": 8, "<<": 9, ">>": 9, "+": 10, "-": 10,
	"*": 11, "/": 11, "%": 11,
}

func (p *preprocessor) evaluate(text string) (int64, error) {
	text = definedOperator.ReplaceAllStringFunc(text, func(found string) string {
		m := definedOperator.FindStringSubmatch(found)
		if _, defined := p.bodies[m[1]+m[2]]; defined {
			return " 1 "
		}
		return " 0 "
	})
	e := &expression{tokens: operator.FindAllString(p.expand(text, nil), -1)}
	if len(e.tokens) == 0 {
		return 0, fmt.Errorf("#if with no expression")
	}
	value := e.binary(0)
	if e.err == nil && len(e.tokens) > 0 {
		e.err = fmt.Errorf("missing binary operator before token %q", e.tokens[0])
	}
	return value, e.err
}

func (e *expression) next() string {
	if len(e.tokens) == 0 {
		if e.err == nil {
			e.err = fmt.Errorf("operator has no right operand")
		}
		return ""
	}
	first := e.tokens[0]
	e.tokens = e.tokens[1:]
	return first
}

func (e *expression) unary() int64 {
	switch t := e.next(); t {
	case "!":
		return number(e.unary() == 0)
	case "-":
		return -e.unary()
	case "+":
		return e.unary()
	case "~":
		return ^e.unary()
	case "(":
		value := e.binary(0)
		if e.next() != ")" && e.err == nil {
			e.err = fmt.Errorf("missing ')' in expression")
		}
		return value
	default:
		if t == "" {
			return 0
		}
		if t[0] >= '0' && t[0] <= '9' {
			value, err := strconv.ParseInt(strings.TrimRight(t, "uUlL"), 0, 64)
			if err != nil && e.err == nil {
				e.err = fmt.Errorf("invalid suffix on integer constant %q", t)
			}
			return value
		}
		if t[0] != '_' && !(t[0]|0x20 >= 'a' && t[0]|0x20 <= 'z') && e.err == nil {
			e.err = fmt.Errorf("token %q is not valid in preprocessor expressions", t)
		}
		return 0 // an identifier that is not a macro
	}
}

func (e *expression) binary(least int) int64 {
	left := e.unary()
	for e.err == nil && len(e.tokens) > 0 {
		op := e.tokens[0]
		level, known := precedence[op]
		if !known || level < least {
			break
		}
		e.next()
		if op == "?" {
			yes := e.binary(0)
			if e.next() != ":" && e.err == nil {
				e.err = fmt.Errorf("'?' without following ':'")
			}
			if no := e.binary(1); left == 0 {
				yes = no
			}
			left = yes
			continue
		}
		left = e.apply(op, left, e.binary(level+1))
	}
	return left
}

func (e *expression) apply(op string, a, b int64) int64 {
	switch op {
	case "||":
		return number(a != 0 || b != 0)
	case "&&":
		return number(a != 0 && b != 0)
	case "|":
		return a | b
	case "^":
		return a ^ b
	case "&":
		return a & b
	case "==":
		return number(a == b)
	case "!=":
		return number(a != b)
	case "<":
		return number(a < b)
	case ">":
		return number(a > b)
	case "<=":
		return number(a <= b)
	case ">=":
		return number(a >= b)
	case "<<":
		return a << uint64(b)
	case ">>":
		return a >> uint64(b)
	case "+":
		return a + b
	case "-":
		return a - b
	case "*":
		return a * b
	}
	if b == 0 {
		if e.err == nil {
			e.err = fmt.Errorf("division by zero in #if")
		}
		return 0
	}
	if op == "/" {
		return a / b
	}
	return a % b
}

func number(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
