package host

import (
	"fmt"
	"slices"
	"strings"
)

// diffContext is how many lines around a difference a diff shows; mostCompared bounds the
// lines that are compared with each other: beyond it, all between the first and the last
// difference is told as changed.
const (
	diffContext  = 3
	mostCompared = 2000
)

// Diff is a unified diff of a file; "" when equal. It is shortened where it is too long
// to be read.
func Diff(name, before, after string) string {
	const most = 128 << 10
	return cut(diff(name, before, after), most)
}

// diff is a unified diff; "" when equal. A file that is not there and an empty one are the
// same here.
func diff(name, before, after string) string {
	if before == after {
		return ""
	}
	from, to := "a/"+name, "b/"+name
	if before == "" {
		from = "/dev/null"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "--- %s\n+++ %s\n", from, to)
	write(&b, script(linesOf(before), linesOf(after)))
	return b.String()
}

// linesOf are the lines of a text, each with its end.
func linesOf(text string) []string { return slices.Collect(strings.Lines(text)) }

// piece is one line of a diff: ' ' stays, '-' goes, '+' comes.
type piece struct {
	sign byte
	text string
}

// script is all lines of both texts in order: those that stay, go and come.
func script(before, after []string) []piece {
	var all []piece
	head := 0
	for head < len(before) && head < len(after) && before[head] == after[head] {
		all = append(all, piece{' ', before[head]})
		head++
	}
	tail := 0
	for tail < len(before)-head && tail < len(after)-head && before[len(before)-1-tail] == after[len(after)-1-tail] {
		tail++
	}
	all = append(all, middle(before[head:len(before)-tail], after[head:len(after)-tail])...)
	for _, text := range before[len(before)-tail:] {
		all = append(all, piece{' ', text})
	}
	return all
}

// middle is the shortest script for what begins and ends differently.
func middle(before, after []string) []piece {
	var all []piece
	i, j := 0, 0
	if len(before) <= mostCompared && len(after) <= mostCompared {
		for common := commonLengths(before, after); i < len(before) && j < len(after); {
			switch {
			case before[i] == after[j]:
				all = append(all, piece{' ', before[i]})
				i, j = i+1, j+1
			case common[i+1][j] >= common[i][j+1]:
				all = append(all, piece{'-', before[i]})
				i++
			default:
				all = append(all, piece{'+', after[j]})
				j++
			}
		}
	}
	for _, text := range before[i:] {
		all = append(all, piece{'-', text})
	}
	for _, text := range after[j:] {
		all = append(all, piece{'+', text})
	}
	return all
}

// commonLengths[i][j] is how many lines before[i:] and after[j:] have in common, in order.
func commonLengths(before, after []string) [][]uint16 {
	all := make([][]uint16, len(before)+1)
	for i := range all {
		all[i] = make([]uint16, len(after)+1)
	}
	for i, was := range slices.Backward(before) {
		for j, is := range slices.Backward(after) {
			if was == is {
				all[i][j] = all[i+1][j+1] + 1
			} else {
				all[i][j] = max(all[i+1][j], all[i][j+1])
			}
		}
	}
	return all
}

// write writes the parts of a script that differ, each with some lines around it.
func write(b *strings.Builder, all []piece) {
	from, to, next := 0, 0, 0 // lines of both texts before all[next]
	for _, part := range parts(all) {
		for ; next < part[0]; next++ {
			from, to = from+1, to+1 // between parts everything stays
		}
		gone, come := counted(all[part[0]:part[1]])
		fmt.Fprintf(b, "@@ -%s +%s @@\n", span(from, gone), span(to, come))
		for _, p := range all[part[0]:part[1]] {
			b.WriteByte(p.sign)
			b.WriteString(strings.TrimSuffix(p.text, "\n") + "\n")
			if !strings.HasSuffix(p.text, "\n") {
				b.WriteString("\\ No newline at end of file\n")
			}
		}
		from, to, next = from+gone, to+come, part[1]
	}
}

// parts are the [from, to) of what differs with the lines around it; what is near each
// other is one part.
func parts(all []piece) [][2]int {
	var found [][2]int
	for i, p := range all {
		if p.sign == ' ' {
			continue
		}
		from, to := max(i-diffContext, 0), min(i+1+diffContext, len(all))
		if last := len(found) - 1; last >= 0 && from <= found[last][1] {
			found[last][1] = to
		} else {
			found = append(found, [2]int{from, to})
		}
	}
	return found
}

// counted is how many lines of both texts a part covers.
func counted(part []piece) (before, after int) {
	for _, p := range part {
		if p.sign != '+' {
			before++
		}
		if p.sign != '-' {
			after++
		}
	}
	return before, after
}

// span is the "start,count" of a part that begins behind so many lines.
func span(behind, count int) string {
	if count == 0 {
		return fmt.Sprintf("%d,0", behind)
	}
	return fmt.Sprintf("%d,%d", behind+1, count)
}
