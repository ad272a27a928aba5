package config

import (
	"fmt"
	"strings"
)

// Print is what --print-config shows: one line per setting with its value and
// where the value came from.
func Print(c Config, origins Origins) string {
	var b strings.Builder
	for _, s := range Settings() {
		fmt.Fprintf(&b, "%-19s = %-44s # %s\n", s.Name, s.Show(c), origins[s.Name])
	}
	return b.String()
}

// Markdown is docs/settings.md; a test keeps the file equal to it.
func Markdown() string {
	var b strings.Builder
	b.WriteString(`# Settings

Generated from internal/config by ` + "`make generate`" + `; a test keeps it equal.

A setting has one name: as a flag (` + "`--log-level debug`" + `), in the environment (` + "`BANGUI_LOG_LEVEL=debug`" + `) and in a YAML file
given by ` + "`--config FILE`" + ` or BANGUI_CONFIG (` + "`log-level: debug`" + `). The flag wins over the environment, the environment over the file.
An unknown name or a value that can't be taken stops the start with exit status 2 and says what is allowed.
` + "`bangui serve --print-config`" + ` shows each value and where it came from, and ends.

| name | default | allowed | meaning |
| --- | --- | --- | --- |
`)
	for _, s := range Settings() {
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", s.Name, cell(s.Default), cell(s.Allowed), cell(s.Meaning))
	}
	return b.String()
}

// cell keeps a placeholder such as <data-dir> from becoming a tag.
func cell(s string) string {
	return strings.NewReplacer("<", "&lt;", ">", "&gt;", "|", "\\|").Replace(s)
}
