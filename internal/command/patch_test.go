package command

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/state"
	"mpwolf/patches"
)

// boardsJob is a patch of boards, of which those whose name begins with WEAK lack what a board is refused for.
func boardsJob(stderr *bytes.Buffer, boards ...string) *job {
	j := &job{session: &session{stderr: stderr}, plan: &patches.Plan{}}
	for _, board := range boards {
		target := micropython.Target{Port: "stm32", Board: board}
		var lacks []patches.Lack
		if strings.HasPrefix(board, "WEAK") {
			lacks = []patches.Lack{
				{Need: patches.Need{Macro: "NETWORK", Why: "none"}},
				{Need: patches.Need{Macro: "RNG", Why: "keys can be guessed", Unless: "RISK", Advice: "set RISK"}, Refused: true},
			}
		}
		j.targets = append(j.targets, target)
		j.entries = append(j.entries, state.Target{Port: "stm32", Board: board})
		j.plan.Targets = append(j.plan.Targets, patches.TargetPlan{Target: target, Lacks: lacks})
	}
	return j
}

func TestRefusedBoards(t *testing.T) {
	var stderr bytes.Buffer
	if err := boardsJob(&stderr, "A", "B").checkLacks(); err != nil {
		t.Error(err)
	}
	err := boardsJob(&stderr, "A", "WEAK1", "WEAK2").checkLacks()
	const message = "patch stm32 (WEAK1): RNG is 0: keys can be guessed\npatch stm32 (WEAK2): RNG is 0: keys can be guessed"
	var h hint.Hinter
	if err == nil || err.Error() != message || !errors.As(err, &h) || h.Hint() != "set RISK" {
		t.Errorf("got %v", err)
	}
}

// TestLeftOut: --all-boards goes on without those that are refused, but not without any.
func TestLeftOut(t *testing.T) {
	var stderr bytes.Buffer
	j := boardsJob(&stderr, "WEAK1", "A", "WEAK2", "B")
	if !j.leaveOut() || len(j.targets) != 2 || j.targets[0].Board != "A" || j.entries[1].Board != "B" {
		t.Errorf("left: %v", j.targets)
	}
	const said = "mpwolf: stm32 (WEAK2) is left out: RNG is 0: keys can be guessed\n" +
		"mpwolf: stm32 (WEAK1) is left out: RNG is 0: keys can be guessed\n"
	if stderr.String() != said {
		t.Errorf("said:\n%s", &stderr)
	}
	if j := boardsJob(&stderr, "WEAK1"); j.leaveOut() || len(j.targets) != 1 {
		t.Errorf("left: %v", j.targets)
	}
	if boardsJob(&stderr, "A", "B").leaveOut() {
		t.Error("nothing is refused, and yet something was left out")
	}
}
