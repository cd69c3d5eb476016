package hint

import (
	"fmt"
	"strings"
)

// Near is the known name that a word is most likely a misspelling of; "" if there is none.
func Near(word string, known []string) string {
	best, least := "", max(1, len(word)/3)+1
	lower := strings.ToLower(word)
	for _, name := range known {
		other := strings.ToLower(name)
		distance := edits(lower, other)
		if len(lower) >= 3 && strings.HasPrefix(other, lower) {
			distance = min(distance, 1) // its end was left out
		}
		if distance < least {
			best, least = name, distance
		}
	}
	return best
}

// DidYouMean is a question about a misspelt word, with a space before it; "" if no known name is
// similar.
func DidYouMean(word string, known []string) string {
	if near := Near(word, known); near != "" {
		return fmt.Sprintf(" did you mean %s?", near)
	}
	return ""
}

// List lists the known names; if there are many, only the first ones.
func List(known []string) string {
	const most = 16
	switch {
	case len(known) == 0:
		return "none"
	case len(known) > most+1:
		return fmt.Sprintf("%s and %d more", strings.Join(known[:most], ", "), len(known)-most)
	}
	return strings.Join(known, ", ")
}

// edits is how many characters must be inserted, removed, changed, or swapped with the next, to
// turn one word into another.
func edits(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
