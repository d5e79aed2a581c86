package main

import (
	"fmt"
	"io"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// table is text in columns. A column whose cells are all empty is not shown.
type table struct {
	heads []string // one that begins with ">" is for numbers: its cells end in line
	rows  [][]string
}

// add adds a row with a cell for each head. Cells may come from anywhere: what a
// terminal would obey is left out.
func (t *table) add(cells ...string) {
	for i := range cells {
		cells[i] = printable(cells[i])
	}
	t.rows = append(t.rows, cells)
}

// print writes the table; nothing where it has no rows. A column is as wide as its
// widest cell, and two blanks stand between columns.
func (t *table) print(w io.Writer) {
	if len(t.rows) == 0 {
		return
	}
	widths := make([]int, len(t.heads))
	for _, row := range t.rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	heads := make([]string, len(t.heads))
	for i, head := range t.heads {
		heads[i] = strings.TrimPrefix(head, ">")
		if widths[i] > 0 {
			widths[i] = max(widths[i], len(heads[i]))
		}
	}
	for _, row := range append([][]string{heads}, t.rows...) {
		var line strings.Builder
		for i, cell := range row {
			if widths[i] == 0 {
				continue
			}
			pad := strings.Repeat(" ", widths[i]-utf8.RuneCountInString(cell))
			if strings.HasPrefix(t.heads[i], ">") {
				cell = pad + cell
			} else {
				cell += pad
			}
			line.WriteString(cell + "  ")
		}
		fmt.Fprintln(w, strings.TrimRight(line.String(), " "))
	}
}

// printable leaves out what a terminal would obey.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return -1
		}
		return r
	}, s)
}

// shortBytes is a size in three digits.
func shortBytes(n uint64) string {
	if n < 1<<10 {
		return fmt.Sprintf("%d B", n)
	}
	size, unit := float64(n)/(1<<10), 0
	for ; size >= 1000 && unit < 4; unit++ {
		size /= 1 << 10
	}
	name := "KMGTP"[unit : unit+1]
	if size < 10 {
		return fmt.Sprintf("%.1f %siB", size, name)
	}
	return fmt.Sprintf("%.0f %siB", size, name)
}

// shortTime is a time span in its two largest units.
func shortTime(d time.Duration) string {
	d = d.Truncate(time.Second)
	switch {
	case d >= 24*time.Hour:
		return fmt.Sprintf("%dd%dh", d/(24*time.Hour), d%(24*time.Hour)/time.Hour)
	case d >= time.Hour:
		return fmt.Sprintf("%dh%dm", d/time.Hour, d%time.Hour/time.Minute)
	case d >= time.Minute:
		return fmt.Sprintf("%dm%ds", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%ds", d/time.Second)
}
