package change

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"mpwolf/internal/hint"
	"mpwolf/internal/micropython"
	"mpwolf/internal/project"
	"mpwolf/patches"
)

// boardsJob is a patch of boards. Those whose name begins with WEAK lack something for which a
// board is refused.
func boardsJob(said *strings.Builder, boards ...string) *job {
	j := &job{plan: &patches.Plan{}}
	j.Project = &project.Project{}
	j.Log = func(format string, args ...any) { fmt.Fprintf(said, format+"\n", args...) }
	for _, board := range boards {
		target := micropython.Target{Port: "stm32", Board: board}
		var lacks []patches.Lack
		if strings.HasPrefix(board, "WEAK") {
			lacks = []patches.Lack{
				{Need: patches.Need{Macro: "NETWORK", Why: "none"}},
				{Need: patches.Need{Macro: "RNG", Why: "keys can be guessed", Unless: "RISK",
					Hint: "set RISK"}, Refused: true},
			}
		}
		j.Targets = append(j.Targets, project.Target{Target: target})
		j.plan.Targets = append(j.plan.Targets, patches.TargetPlan{Target: target, Lacks: lacks})
	}
	return j
}

func TestRefusedBoards(t *testing.T) {
	var said strings.Builder
	if err := boardsJob(&said, "A", "B").checkLacks(t.Context()); err != nil {
		t.Error(err)
	}
	err := boardsJob(&said, "A", "WEAK1", "WEAK2").checkLacks(t.Context())
	const message = "patch stm32 (WEAK1): RNG is 0: keys can be guessed\n" +
		"patch stm32 (WEAK2): RNG is 0: keys can be guessed"
	var h hint.Hinter
	if err == nil || err.Error() != message || !errors.As(err, &h) || h.Hint() != "set RISK" {
		t.Errorf("got %v", err)
	}
}

// TestLeftOut: --all-boards continues without the refused boards, unless none is left.
func TestLeftOut(t *testing.T) {
	var said strings.Builder
	j := boardsJob(&said, "WEAK1", "A", "WEAK2", "B")
	if !j.leaveOut() || len(j.Targets) != 2 || j.Targets[0].Board != "A" ||
		j.Targets[1].Board != "B" {
		t.Errorf("left: %v", j.Targets)
	}
	const want = "stm32 (WEAK2) is left out: RNG is 0: keys can be guessed\n" +
		"stm32 (WEAK1) is left out: RNG is 0: keys can be guessed\n"
	if said.String() != want {
		t.Errorf("said:\n%s", &said)
	}
	if j := boardsJob(&said, "WEAK1"); j.leaveOut() || len(j.Targets) != 1 {
		t.Errorf("left: %v", j.Targets)
	}
	if boardsJob(&said, "A", "B").leaveOut() {
		t.Error("nothing is refused, and yet something was left out")
	}
}
