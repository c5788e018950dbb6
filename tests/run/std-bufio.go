package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	sc := bufio.NewScanner(strings.NewReader("one two\nthree\n\nfour"))
	for sc.Scan() {
		fmt.Printf("%q ", sc.Text())
	}
	sc = bufio.NewScanner(strings.NewReader("a bb  ccc"))
	sc.Split(bufio.ScanWords)
	for sc.Scan() {
		fmt.Print(len(sc.Bytes()), " ")
	}
	fmt.Println(sc.Err())
	r := bufio.NewReaderSize(strings.NewReader("line 1\nline 2 without end"), 16)
	for {
		line, err := r.ReadString('\n')
		fmt.Printf("%q %v\n", line, err)
		if err == io.EOF {
			break
		}
	}
	w := bufio.NewWriter(os.Stdout)
	fmt.Fprintf(w, "buffered %d\n", w.Buffered())
	w.WriteRune('世')
	w.WriteByte('\n')
	w.Flush()
	p := bufio.NewReader(strings.NewReader("peek"))
	b, err := p.Peek(2)
	fmt.Println(string(b), err)
	c, size, _ := p.ReadRune()
	fmt.Println(string(c), size, p.UnreadRune(), p.Buffered())
}
