// net/http/pprof: all its pages.
package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	_ "net/http/pprof"
	"regexp"
	"strings"
	"time"
)

var sink int

func main() {
	server := httptest.NewServer(http.DefaultServeMux)
	defer server.Close()
	get := func(path string) (int, string, []byte) {
		resp, err := http.Get(server.URL + path)
		if err != nil {
			panic(err)
		}
		defer resp.Body.Close()
		b, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, resp.Header.Get("Content-Type"), b
	}
	gz := []byte{0x1f, 0x8b}
	for _, name := range []string{"allocs", "block", "goroutine", "heap", "mutex", "threadcreate"} {
		code, kind, body := get("/debug/pprof/" + name)
		_, _, text := get("/debug/pprof/" + name + "?debug=1")
		line, _, _ := strings.Cut(string(text), "\n")
		fmt.Println(name, code, kind, bytes.HasPrefix(body, gz), regexp.MustCompile(`[0-9]+`).ReplaceAllString(line, "N"))
	}
	_, _, two := get("/debug/pprof/goroutine?debug=2")
	fmt.Println(strings.HasPrefix(string(two), "goroutine "), bytes.Contains(two, []byte("net/http.(*conn).serve(")))
	code, kind, cmd := get("/debug/pprof/cmdline")
	fmt.Println(code, kind, len(cmd) > 0)
	code, kind, _ = get("/debug/pprof/symbol")
	fmt.Println(code, kind)
	stop := make(chan bool)
	go func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
				sink += i
			}
		}
	}()
	begin := time.Now()
	code, kind, body := get("/debug/pprof/profile?seconds=1")
	took := time.Since(begin)
	close(stop)
	fmt.Println(code, kind, bytes.HasPrefix(body, gz), took >= time.Second && took < 10*time.Second)
	code, _, body = get("/debug/pprof/heap?seconds=1")
	fmt.Println(code, bytes.HasPrefix(body, gz))
	code, _, body = get("/debug/pprof/nothing")
	fmt.Println(code, string(body))
	_, kind, body = get("/debug/pprof/")
	fmt.Println(kind, bytes.Contains(body, []byte("goroutine?debug=1")), bytes.Contains(body, []byte("full goroutine stack dump")))
}
