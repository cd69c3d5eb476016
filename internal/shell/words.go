// Package shell writes and reads command lines as a POSIX shell does, and paths as a person types
// them there. It runs nothing.
package shell

import (
	"fmt"
	"strings"
)

// Split splits a command line as a POSIX shell does: spaces, quotes and backslashes. What a
// shell would expand ($, backquote) is an error: the result cannot be known without running it.
func Split(line string) ([]string, error) {
	s := wordSplitter{rest: line}
	for s.rest != "" {
		if err := s.next(); err != nil {
			return nil, fmt.Errorf("split %q: %w", line, err)
		}
	}
	s.end()
	return s.words, nil
}

type wordSplitter struct {
	rest   string
	word   strings.Builder
	inWord bool // also for an empty word, such as ""
	words  []string
}

func (s *wordSplitter) end() {
	if s.inWord {
		s.words = append(s.words, s.word.String())
		s.word.Reset()
		s.inWord = false
	}
}

func (s *wordSplitter) next() error {
	c := s.rest[0]
	s.rest = s.rest[1:]
	switch c {
	case ' ', '\t', '\n':
		s.end()
		return nil
	case '\'':
		return s.single()
	case '"':
		return s.double()
	case '\\':
		if s.rest == "" {
			return fmt.Errorf("a backslash at the end")
		}
		c = s.rest[0]
		s.rest = s.rest[1:]
	case '$', '`':
		return fmt.Errorf("a shell would expand %q", c)
	}
	s.inWord = true
	s.word.WriteByte(c)
	return nil
}

func (s *wordSplitter) single() error {
	text, rest, found := strings.Cut(s.rest, "'")
	if !found {
		return fmt.Errorf("a ' is not closed")
	}
	s.inWord = true
	s.word.WriteString(text)
	s.rest = rest
	return nil
}

func (s *wordSplitter) double() error {
	s.inWord = true
	for i := 0; i < len(s.rest); i++ {
		switch c := s.rest[i]; c {
		case '"':
			s.rest = s.rest[i+1:]
			return nil
		case '$', '`':
			return fmt.Errorf("a shell would expand %q", c)
		case '\\':
			if i+1 < len(s.rest) && strings.IndexByte("\"\\$`", s.rest[i+1]) >= 0 {
				i++
			}
			s.word.WriteByte(s.rest[i])
		default:
			s.word.WriteByte(c)
		}
	}
	return fmt.Errorf("a \" is not closed")
}

// Join writes a command so that a shell reads the same words.
func Join(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = Quote(word)
	}
	return strings.Join(quoted, " ")
}

const plainBytes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_=+:,./@%"

// Quote writes one word for a shell.
func Quote(word string) string {
	if word != "" && strings.Trim(word, plainBytes) == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
