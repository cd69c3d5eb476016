package verify

// Audit is what the known advisories about wolfSSL mean for a target. internal/audit makes it; a
// result has it so that it can be read where the firmware is not.
type Audit struct {
	// Unmade is why there is no audit; "" if there is one.
	Unmade string `json:"unmade,omitempty"`
	// Until is the date of the newest advisory that is known.
	Until string `json:"until,omitempty"`
	// Version is wolfSSL's.
	Version string `json:"wolfssl_version,omitempty"`
	// Note says that the list may lack advisories about this version.
	Note string `json:"note,omitempty"`
	// Advisories are those about the version, the worst first.
	Advisories []Advisory `json:"advisories,omitempty"`
}

// Advisory is one, with what it means and why.
type Advisory struct {
	ID       string `json:"id"`
	Severity string `json:"severity"`
	Summary  string `json:"summary"`
	State    string `json:"state"`
	Evidence string `json:"evidence"`
	Affects  bool   `json:"affects"`
}

// Affected is how many advisories affect the target.
func (a Audit) Affected() int {
	n := 0
	for _, advisory := range a.Advisories {
		if advisory.Affects {
			n++
		}
	}
	return n
}
