package main

import (
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"time"
)

type Address struct {
	Street string `json:"street"`
	Zip    *int   `json:"zip,omitempty"`
}
type Person struct {
	Name    string         `json:"name"`
	Age     int            `json:"age"`
	Emails  []string       `json:"emails"`
	Addr    Address        `json:"addr"`
	Extra   map[string]any `json:"extra,omitempty"`
	private int
	Skip    string            `json:"-"`
	When    time.Time         `json:"when"`
	Level   Level             `json:"level"`
	Raw     json.RawMessage   `json:"raw"`
	Labels  map[string]string `json:"labels"`
	F       float64           `json:"f,string"`
	B       []byte            `json:"b"`
	Any     any               `json:"any"`
	Address `json:"embedded"`
}
type Level int

func (l Level) MarshalText() ([]byte, error) { return []byte(fmt.Sprint("L", int(l))), nil }
func (l *Level) UnmarshalText(b []byte) error {
	_, err := fmt.Sscanf(string(b), "L%d", (*int)(l))
	return err
}

func main() {
	zip := 123
	p := Person{Name: "Ann <&>", Age: 30, Emails: []string{"a@b", "c\"d"}, Addr: Address{"s", &zip}, Extra: map[string]any{"z": 1, "a": []int{1}},
		When: time.Date(2026, 1, 2, 3, 4, 5, 6000, time.UTC), Level: 3, Raw: json.RawMessage(`{"x":1}`), F: 1.5, B: []byte("bin"), Any: 1e21}
	b, err := json.Marshal(p)
	fmt.Println(string(b), err)
	var q Person
	err = json.Unmarshal(b, &q)
	fmt.Println(err, q.Name, q.Age, *q.Addr.Zip, q.Extra, q.When.Equal(p.When), q.Level, string(q.Raw), q.F, string(q.B), q.Any)
	var v any
	json.Unmarshal([]byte(`{"a":[1,2.5,"x",null,true,{"b":"\u00e9\ud83d\ude00"}],"n":-0.0}`), &v)
	fmt.Println(v)
	out, _ := json.MarshalIndent(v, "", "  ")
	fmt.Println(string(out))
	for _, bad := range []string{`{`, `{"name":5}`, `[1,]`, `{"age":"x"}`, `nul`, `{"level":"bad"}`} {
		var p Person
		fmt.Println(json.Unmarshal([]byte(bad), &p))
	}
	dec := json.NewDecoder(strings.NewReader(`{"name":"x"} {"name":"y","unknown":1}`))
	dec.DisallowUnknownFields()
	for range 3 {
		var p Person
		err := dec.Decode(&p)
		fmt.Println(p.Name, err)
	}
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	enc.Encode(map[string]any{"html": "<b>", "nil": nil, "f": 0.1})
	_, err = json.Marshal(make(chan int))
	fmt.Println(err)
	fmt.Println(json.Valid([]byte(`{"a":1}`)), json.Valid([]byte(`{a:1}`)))
}
