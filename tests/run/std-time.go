// time: arithmetic, formats, zones of fixed offset; no clock.
package main

import (
	"encoding/json"
	"fmt"
	"time"
)

func durations() {
	for _, s := range []string{"1h2m3.5s", "-1.5ms", "300us", "1µs", "0", "1h", "2562047h47m16.854775807s", "", "1", "1x", "-", "9999999h"} {
		d, err := time.ParseDuration(s)
		fmt.Println(d, int64(d), err)
	}
	d := 3*time.Hour + 25*time.Minute + 45*time.Second + 500*time.Millisecond
	fmt.Println(d.Hours(), d.Minutes(), d.Seconds(), d.Milliseconds(), d.Microseconds(), d.Nanoseconds(), (-d).Abs())
	for _, m := range []time.Duration{time.Hour, time.Minute, 7 * time.Second, 0, -1} {
		fmt.Print(d.Round(m), " ", d.Truncate(m), "; ")
	}
	fmt.Println(time.Duration(1<<63-1), time.Duration(-1<<63))
}

func arithmetic() {
	utc := func(y int, m time.Month, d, h, mi, s, ns int) time.Time {
		return time.Date(y, m, d, h, mi, s, ns, time.UTC)
	}
	t := utc(2024, 2, 29, 23, 59, 59, 999_999_999)
	fmt.Println(t.Add(1), t.AddDate(1, 0, 0), t.AddDate(0, 1, 1), t.AddDate(0, -12, -29))
	fmt.Println(t.Weekday(), t.YearDay(), t.Unix(), t.UnixMilli(), t.UnixMicro(), t.UnixNano(), t.Nanosecond())
	y, w := t.ISOWeek()
	fmt.Println(y, w, t.Truncate(time.Hour), t.Round(time.Hour), t.Truncate(24*time.Hour))
	u := utc(1969, 12, 31, 23, 59, 58, 1)
	fmt.Println(u.Unix(), u.UnixNano(), t.Sub(u), u.Before(t), u.After(t), u.Compare(t), t.Equal(t.In(time.FixedZone("X", 3600))))
	fmt.Println(time.Unix(1e9, 5).UTC(), time.UnixMilli(-1).UTC(), time.UnixMicro(1_700_000_000_000_001).UTC())
	fmt.Println(utc(2023, 14, -3, 25, -1, 61, -1), utc(0, 1, 1, 0, 0, 0, 0), utc(-1, 3, 1, 0, 0, 0, 0).Unix(), utc(1<<20, 1, 1, 0, 0, 0, 0).Year())
	fmt.Println(utc(9999, 1, 1, 0, 0, 0, 0).Sub(utc(1, 1, 1, 0, 0, 0, 0)), time.Time{}.IsZero(), time.Time{}.Unix())
	for m := time.January; m <= time.December; m++ {
		fmt.Print(m.String()[:3], utc(2100, m+1, 0, 0, 0, 0, 0).Day(), " ")
	}
	fmt.Println(time.Month(13), time.Weekday(8))
}

func formats() {
	zone := time.FixedZone("ABC", -(3*3600 + 30*60))
	t := time.Date(2009, 11, 10, 3, 4, 5, 60_708_000, zone)
	for _, l := range []string{
		time.Layout, time.ANSIC, time.UnixDate, time.RubyDate, time.RFC822, time.RFC822Z, time.RFC850, time.RFC1123,
		time.RFC1123Z, time.RFC3339, time.RFC3339Nano, time.Kitchen, time.Stamp, time.StampMilli, time.StampMicro,
		time.StampNano, time.DateTime, time.DateOnly, time.TimeOnly,
		"Monday January __2 002 06 3:4:05.999 PM pm -07 -0700 -07:00 Z07 Z0700 Z07:00:00 MST .000000 ,999",
	} {
		s := t.Format(l)
		back, err := time.Parse(l, s)
		fmt.Println(s, "|", back.Format(time.RFC3339Nano), err)
	}
	for _, c := range [][2]string{
		{time.RFC3339, "2020-02-30T00:00:00Z"}, {time.RFC3339, "2020-02-28T24:00:00Z"}, {time.DateOnly, "2020-1-02"},
		{time.Kitchen, "13:00PM"}, {"2006-01-02 MST", "2020-01-02 XYZ"}, {"Jan _2 2006", "feb  3 2021"},
		{time.RFC3339, "2020-02-28T23:59:59+25:00"}, {"2006", "20"}, {"2006 002", "2020 366"}, {"2006 002", "2021 366"},
		{time.RFC1123, "Tue, 10 Nov 2009 23:00:00 UTC and more"}, {"05.000", "07,123"},
	} {
		t, err := time.Parse(c[0], c[1])
		fmt.Println(t, err)
	}
	fmt.Println(t, t.UTC(), t.String() == t.Round(0).String(), t.GoString())
	name, offset := t.Zone()
	fmt.Println(name, offset, t.Location(), string(t.AppendFormat([]byte("> "), time.Kitchen)))
}

func encodings() {
	t := time.Date(2001, 2, 3, 4, 5, 6, 7, time.FixedZone("", 5400))
	j, err := json.Marshal(map[string]any{"t": t, "d": time.Second, "m": time.March})
	fmt.Println(string(j), err)
	var back time.Time
	fmt.Println(json.Unmarshal([]byte(`"2001-02-03T04:05:06.000000007+01:30"`), &back), back.Equal(t), back)
	b, _ := t.MarshalBinary()
	g, _ := t.GobEncode()
	fmt.Println(len(b), string(b) == string(g), back.UnmarshalBinary(b), back.Equal(t))
	x, _ := t.MarshalText()
	fmt.Println(string(x), back.UnmarshalText([]byte("nonsense")))
	_, err = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC).MarshalJSON()
	fmt.Println(err)
}

func main() {
	durations()
	arithmetic()
	formats()
	encodings()
}
