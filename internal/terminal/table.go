package terminal

import (
	"bufio"
	"io"
	"strings"
	"unicode/utf8"
)

// Cell is one field of a table: its text, made harmless when it is written, and
// how it is painted (nil = plain).
type Cell struct {
	Text  string
	Paint func(string) string
}

// Text is a plain cell.
func Text(s string) Cell { return Cell{Text: s} }

// Table writes rows in columns under a heading on a terminal; elsewhere as fields
// separated by tabs without a heading, for other programs.
func Table(w io.Writer, style Style, heading []string, rows [][]Cell) error {
	if !Is(w) {
		return tabbed(w, rows)
	}
	return columns(w, style, heading, rows)
}

func tabbed(w io.Writer, rows [][]Cell) error {
	out := bufio.NewWriter(w)
	for _, row := range rows {
		for i, c := range row {
			if i > 0 {
				_ = out.WriteByte('\t') // the error comes with Flush
			}
			_, _ = out.WriteString(Printable(c.Text)) // the error comes with Flush
		}
		_ = out.WriteByte('\n') // the error comes with Flush
	}
	return out.Flush()
}

func columns(w io.Writer, style Style, heading []string, rows [][]Cell) error {
	head := make([]Cell, len(heading))
	for i, h := range heading {
		head[i] = Cell{Text: h, Paint: style.Bold}
	}
	all := append([][]Cell{head}, rows...)
	widths := make([]int, len(heading))
	for _, row := range all {
		for i := range row {
			row[i].Text = Printable(row[i].Text)
			widths[i] = max(widths[i], utf8.RuneCountInString(row[i].Text))
		}
	}
	out := bufio.NewWriter(w)
	for _, row := range all {
		_, _ = out.WriteString(line(row, widths)) // the error comes with Flush
	}
	return out.Flush()
}

func line(row []Cell, widths []int) string {
	var b strings.Builder
	for i, c := range row {
		text := c.Text
		if c.Paint != nil {
			text = c.Paint(text)
		}
		b.WriteString(text)
		if i < len(row)-1 {
			b.WriteString(strings.Repeat(" ", widths[i]-utf8.RuneCountInString(c.Text)+2))
		}
	}
	return b.String() + "\n"
}
