package main

import (
	"fmt"
	"sort"
	"time"
)

type byMod []int

func (b byMod) Len() int           { return len(b) }
func (b byMod) Less(i, j int) bool { return b[i]%10 < b[j]%10 }
func (b byMod) Swap(i, j int)      { b[i], b[j] = b[j], b[i] }

func main() {
	s := []int{35, 11, 42, 23, 51, 12}
	sort.Stable(byMod(s))
	fmt.Println(s)
	sort.Sort(sort.Reverse(sort.IntSlice(s)))
	fmt.Println(s, sort.SearchInts([]int{1, 3, 5}, 4), sort.IsSorted(sort.IntSlice(s)))
	big := make([]int, 10000)
	for i := range big {
		big[i] = (i * 7919) % 10007
	}
	sort.Ints(big)
	fmt.Println(sort.IntsAreSorted(big), big[0], big[9999])
	t := time.Date(2026, time.February, 28, 23, 59, 59, 123456789, time.UTC)
	fmt.Println(t, t.Weekday(), t.YearDay(), t.Unix(), t.AddDate(0, 0, 1).Format(time.RFC3339Nano), t.Format("Mon Jan _2 15:04:05.000 2006"))
	u := t.Add(36*time.Hour + 30*time.Minute)
	fmt.Println(u.Sub(t), u.After(t), t.Truncate(time.Hour).Format(time.Kitchen), t.Round(time.Minute).Format(time.TimeOnly))
	p, err := time.Parse("2006-01-02 15:04 -0700", "2024-02-29 12:30 +0530")
	fmt.Println(p, err, p.UTC())
	_, err = time.Parse(time.DateOnly, "2023-02-29")
	fmt.Println(err)
	d, err := time.ParseDuration("1h15m30.918273645s")
	fmt.Println(d, err, d.Round(time.Second), d.Hours(), time.Duration(1500)*time.Microsecond, time.Duration(0))
	y, w := t.ISOWeek()
	fmt.Println(y, w, t.IsZero(), time.Time{}, time.Unix(0, 0).UTC(), t.Month(), time.FixedZone("X", 3600))
	b, _ := t.MarshalText()
	fmt.Println(string(b), t.Equal(t.In(time.FixedZone("Y", -7200))), t.In(time.FixedZone("Y", -7200)))
}
