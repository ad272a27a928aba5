// Package docs carries those documents that the program itself shows.
package docs

import _ "embed"

// Errors is errors.md: what each error code means and what to do.
//
//go:embed errors.md
var Errors string
