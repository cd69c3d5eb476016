package report

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
)

// SARIF writes the log in version 2.1.0 of the OASIS standard, with what GitHub's code scanning
// also requires: help for each rule, a place for each result, and fingerprints that do not
// change when a line is added above.
func (l *Log) SARIF(w io.Writer) error {
	run := sarifRun{Results: []sarifResult{}}
	run.Tool.Driver = sarifDriver{Name: l.Tool, Version: l.Version, Rules: []sarifRule{}}
	for _, r := range l.Rules {
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, sarifRuleOf(r))
	}
	seen := make(map[string]int)
	for _, f := range l.Findings {
		index := slices.IndexFunc(l.Rules, func(r Rule) bool { return r.ID == f.ID })
		if index < 0 {
			return fmt.Errorf("write SARIF: a finding of %q, which is no rule: %s", f.ID,
				f.Message)
		}
		file, line, inside := l.place(f)
		if file == "" {
			return fmt.Errorf("write SARIF: no place inside %s for the finding: %s",
				l.Root, f.Message)
		}
		result := sarifResult{RuleID: f.ID, RuleIndex: index, Level: f.level(),
			Message: sarifText{Text: f.text(inside)}}
		result.Locations = []sarifLocation{sarifPlace(file, line)}
		hash := fingerprint(f, file)
		seen[hash]++
		result.Fingerprints = map[string]string{
			"primaryLocationLineHash": fmt.Sprintf("%s:%d", hash, seen[hash]),
		}
		run.Results = append(run.Results, result)
	}
	return JSON(w, sarifLog{
		Schema: "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/" +
			"sarif-schema-2.1.0.json",
		Version: "2.1.0", Runs: []sarifRun{run},
	}, "  ")
}

func sarifRuleOf(r Rule) sarifRule {
	rule := sarifRule{ID: r.ID, Name: r.ID, Short: sarifText{Text: r.Summary},
		Full: sarifText{Text: r.Summary},
		Help: sarifHelp{Text: r.Help, Markdown: r.Help}}
	rule.Configuration.Level = Error
	rule.Properties.Severity = Error
	rule.Properties.Precision = "very-high"
	rule.Properties.Tags = []string{"security", "firmware"}
	return rule
}

func sarifPlace(file string, line int) sarifLocation {
	var place sarifLocation
	place.Physical.Artifact.URI = (&url.URL{Path: file}).String()
	place.Physical.Artifact.BaseID = "%SRCROOT%"
	place.Physical.Region.StartLine = line
	return place
}

var number = regexp.MustCompile(`\d+`)

// fingerprint stays the same for a finding in the next build, whose sizes and counts may differ.
func fingerprint(f Finding, file string) string {
	sum := sha256.Sum256(
		[]byte(f.ID + "\x00" + file + "\x00" + number.ReplaceAllString(f.Message, "0")))
	return hex.EncodeToString(sum[:8])
}

// The names below are the standard's.

type sarifLog struct {
	Schema  string     `json:"$schema"`
	Version string     `json:"version"`
	Runs    []sarifRun `json:"runs"`
}

type sarifRun struct {
	Tool struct {
		Driver sarifDriver `json:"driver"`
	} `json:"tool"`
	Results []sarifResult `json:"results"`
}

type sarifDriver struct {
	Name    string      `json:"name"`
	Version string      `json:"version,omitempty"`
	Rules   []sarifRule `json:"rules"`
}

type sarifText struct {
	Text string `json:"text"`
}

type sarifHelp struct {
	Text     string `json:"text"`
	Markdown string `json:"markdown"`
}

type sarifRule struct {
	ID            string    `json:"id"`
	Name          string    `json:"name"`
	Short         sarifText `json:"shortDescription"`
	Full          sarifText `json:"fullDescription"`
	Help          sarifHelp `json:"help"`
	Configuration struct {
		Level Level `json:"level"`
	} `json:"defaultConfiguration"`
	Properties struct {
		Tags      []string `json:"tags"`
		Precision string   `json:"precision"`
		Severity  Level    `json:"problem.severity"`
	} `json:"properties"`
}

type sarifResult struct {
	RuleID       string            `json:"ruleId"`
	RuleIndex    int               `json:"ruleIndex"`
	Level        Level             `json:"level"`
	Message      sarifText         `json:"message"`
	Locations    []sarifLocation   `json:"locations"`
	Fingerprints map[string]string `json:"partialFingerprints"`
}

type sarifLocation struct {
	Physical struct {
		Artifact struct {
			URI    string `json:"uri"`
			BaseID string `json:"uriBaseId"`
		} `json:"artifactLocation"`
		Region struct {
			StartLine int `json:"startLine"`
		} `json:"region"`
	} `json:"physicalLocation"`
}
